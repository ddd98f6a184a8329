// The file that a run was started from, as it is now: in the editor where it is open there, else on disk.
// Anybody may change, move or delete it while the run trains; whoever shows it is told.
import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import type { ExperimentConfig } from '../../experiment/config';
import { errnoOf, readText } from '../../experiment/files';
import { changesBetween } from '../../experiment/values';
import type { ConfigFile } from '../../protocol/configuration';
import type { ConfigurationChecks } from '../config/checks';
import { Lifetime } from '../lifetime';

/** A person types faster than anybody reads differences. */
const QUIET_MS = 250;

export class ConfigurationFile extends Lifetime {
  readonly uri: vscode.Uri | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** @param path as the run names it, where it does. @param changed it may be another one now */
  constructor(
    readonly path: string | undefined,
    private readonly checks: ConfigurationChecks,
    changed: () => void,
  ) {
    super();
    if (path === undefined) return;
    const uri = vscode.Uri.file(path);
    this.uri = uri;
    const soon = (): void => {
      clearTimeout(this.timer);
      this.timer = setTimeout(changed, QUIET_MS);
    };
    const about = (document: vscode.TextDocument): void => {
      if (document.uri.fsPath === uri.fsPath) soon();
    };
    this.own({ dispose: () => clearTimeout(this.timer) });
    this.own(vscode.workspace.onDidChangeTextDocument(({ document }) => about(document)));
    this.own(vscode.workspace.onDidSaveTextDocument(about));
    this.own(vscode.workspace.onDidCloseTextDocument(about));
    const pattern = new vscode.RelativePattern(vscode.Uri.file(dirname(path)), basename(path));
    const watcher = this.own(vscode.workspace.createFileSystemWatcher(pattern));
    this.own(watcher.onDidChange(soon));
    this.own(watcher.onDidCreate(soon));
    this.own(watcher.onDidDelete(soon));
  }

  /** How it stands, and where it differs from what the run trains with. */
  async told(config: ExperimentConfig): Promise<ConfigFile> {
    const { uri } = this;
    if (!uri) return { state: 'none', unsaved: false, changes: [] };
    const about = { name: basename(uri.fsPath), changes: [] };
    const open = vscode.workspace.textDocuments.find((document) => !document.isClosed && document.uri.fsPath === uri.fsPath);
    const unsaved = open?.isDirty ?? false;
    let text: string;
    try {
      text = open?.getText() ?? (await readText(uri.fsPath));
    } catch (error) {
      return { ...about, state: errnoOf(error) === 'ENOENT' ? 'missing' : 'unreadable', unsaved };
    }
    const { config: written, findings } = await this.checks.lookAtFile(uri, text);
    if (!written) {
      const first = findings.find(({ severity }) => severity === 'error');
      const why = first && { why: { code: first.code, args: first.args } };
      const isBroken = first?.code.startsWith('syntax-') || first?.code === 'empty-file' || first?.code === 'not-an-object';
      return { ...about, state: isBroken ? 'broken' : 'unsound', ...why, unsaved };
    }
    const { resolveSources } = await import('../../experiment/sources');
    const changes = changesBetween(config, resolveSources(written, dirname(uri.fsPath)));
    return { ...about, state: 'sound', unsaved, changes };
  }
}
