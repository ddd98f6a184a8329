// The Experiments view: every configuration and study of the workspace with what it is on one line, or what is
// wrong with it. Looked for when the view is first shown; from then on the files themselves tell.
import path from 'node:path';
import * as vscode from 'vscode';
import { isConfiguration, isStudy } from '../config/checks';
import { CONFIGURATION_SUFFIX, EXPERIMENT_CONTEXT, EXPERIMENTS_VIEW, STUDY_SUFFIX } from '../contributions';
import { Lifetime } from '../lifetime';
import { t } from '../words';
import { ExperimentNode } from './node';
import type { ExperimentSummaries } from './summaries';

const FILES = `**/*{${CONFIGURATION_SUFFIX},${STUDY_SUFFIX}}`;
const ELSEWHERE = '**/{node_modules,.fathom}/**';
const MOST = 1000;

/** Long enough that a word can be typed. */
const TYPING_MS = 400;

export class ExperimentsTree extends Lifetime implements vscode.TreeDataProvider<ExperimentNode> {
  private readonly changed = this.own(new vscode.EventEmitter<ExperimentNode | undefined>());
  readonly onDidChangeTreeData = this.changed.event;

  private readonly nodes = new Map<string, ExperimentNode>();
  private watching = false;
  private typing: NodeJS.Timeout | undefined;

  constructor(private readonly summaries: ExperimentSummaries) {
    super();
    this.own(vscode.window.createTreeView(EXPERIMENTS_VIEW, { treeDataProvider: this }));
    this.own(
      summaries.onDidChange((uri) => {
        const node = this.nodes.get(uri.toString());
        if (node) this.changed.fire(node);
      }),
    );
    this.own({ dispose: () => clearTimeout(this.typing) });
  }

  async getChildren(parent?: ExperimentNode): Promise<ExperimentNode[]> {
    if (parent) return [];
    this.watch();
    const found = await vscode.workspace.findFiles(FILES, ELSEWHERE, MOST);
    const files = found.filter((uri) => uri.scheme === 'file');
    const keys = new Set(files.map(String));
    for (const [key, node] of this.nodes) {
      if (keys.has(key)) continue;
      this.nodes.delete(key);
      this.summaries.forget(node.uri);
    }
    return files
      .map((uri) => this.node(uri))
      .sort((a, b) => stem(a.uri).localeCompare(stem(b.uri), undefined, { numeric: true }) || (a.uri.path < b.uri.path ? -1 : 1));
  }

  getTreeItem(node: ExperimentNode): vscode.TreeItem {
    const { uri } = node;
    const study = isStudy(uri);
    const summary = this.summaries.of(uri);
    const folder = path.dirname(vscode.workspace.asRelativePath(uri));
    const item = new vscode.TreeItem(stem(uri));
    item.id = uri.toString();
    item.description = [summary?.words, ...(folder === '.' ? [] : [folder])].filter((words) => words !== undefined).join(' · ');
    const broken = summary !== undefined && summary.problems.length > 0;
    item.iconPath = broken
      ? new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'))
      : new vscode.ThemeIcon(study ? 'table' : 'beaker');
    item.contextValue = study ? EXPERIMENT_CONTEXT.study : EXPERIMENT_CONTEXT.configuration;
    item.tooltip = [vscode.workspace.asRelativePath(uri), ...(summary ? [summary.words, ...summary.problems] : [])].join('\n');
    item.accessibilityInformation = { label: [item.label, study ? t('study') : t('configuration'), item.description].join(', ') };
    item.command = { command: 'vscode.open', title: t('Open'), arguments: [uri] };
    return item;
  }

  private node(uri: vscode.Uri): ExperimentNode {
    const key = uri.toString();
    const known = this.nodes.get(key) ?? new ExperimentNode(uri);
    this.nodes.set(key, known);
    return known;
  }

  private watch(): void {
    if (this.watching) return;
    this.watching = true;
    const files = this.own(vscode.workspace.createFileSystemWatcher(FILES));
    this.own(files.onDidCreate(() => this.changed.fire(undefined)));
    this.own(files.onDidDelete(() => this.changed.fire(undefined)));
    this.own(files.onDidChange((uri) => this.renew(uri)));
    this.own(vscode.workspace.onDidChangeWorkspaceFolders(() => this.changed.fire(undefined)));
    this.own(
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (!isConfiguration(document)) return;
        clearTimeout(this.typing);
        this.typing = setTimeout(() => this.renew(document.uri), TYPING_MS);
      }),
    );
    this.own(vscode.workspace.onDidCloseTextDocument(({ uri }) => this.renew(uri)));
  }

  /** A study is about a configuration, so it is looked at again with any. */
  private renew(uri: vscode.Uri): void {
    if (!this.nodes.has(uri.toString())) return;
    this.summaries.renew(uri);
    for (const node of this.nodes.values()) if (isStudy(node.uri) && node.uri !== uri) this.summaries.renew(node.uri);
  }
}

function stem(uri: vscode.Uri): string {
  return path.basename(uri.path).replace(CONFIGURATION_SUFFIX, '').replace(STUDY_SUFFIX, '');
}
