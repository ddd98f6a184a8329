// The Runs view: groups by age, live items. Only what a person could see change is refreshed, so that
// a thousand runs beside one that trains cost nothing.
import * as vscode from 'vscode';
import type { RunStatus } from '../../experiment/view';
import { COMMANDS, RUNS_VIEW } from '../contributions';
import { Lifetime } from '../lifetime';
import { inWords, t } from '../words';
import { type GroupId, groupRuns, groupTitle, type RunGroup } from './groups';
import { runContext, runDescription, runFacts, runIcon, runLabel, stateWord } from './presentation';
import type { RunsWatch } from './watch';

export class GroupNode {
  constructor(readonly id: GroupId) {}
}

/** What tree menus hand to commands. */
export class RunNode {
  constructor(readonly directory: string) {}
}

type Node = GroupNode | RunNode;

export class RunsTree extends Lifetime implements vscode.TreeDataProvider<Node> {
  private readonly changed = this.own(new vscode.EventEmitter<Node[] | undefined>());
  readonly onDidChangeTreeData = this.changed.event;

  private readonly groupNodes = new Map<GroupId, GroupNode>();
  private readonly runNodes = new Map<string, RunNode>();
  private groups: readonly RunGroup[] = [];
  private byDirectory = new Map<string, RunStatus>();
  private readonly view: vscode.TreeView<Node>;

  constructor(private readonly runs: RunsWatch) {
    super();
    this.view = this.own(
      vscode.window.createTreeView<Node>(RUNS_VIEW, {
        treeDataProvider: this,
        showCollapseAll: true,
        canSelectMany: true,
      }),
    );
    this.own(runs.onDidChange(() => this.refresh()));
    this.own(
      this.view.onDidChangeVisibility(({ visible }) => {
        if (visible) void runs.listed();
      }),
    );
  }

  async getChildren(parent?: Node): Promise<Node[]> {
    if (parent instanceof RunNode) return [];
    if (parent) return (this.groups.find((group) => group.id === parent.id)?.runs ?? []).map((run) => this.runNode(run.directory));
    // Asked only once the view is shown, which is when the runs are first needed.
    await this.runs.listed();
    this.arrange();
    return this.groups.map((group) => this.groupNode(group.id));
  }

  getParent(node: Node): Node | undefined {
    if (node instanceof GroupNode) return undefined;
    const group = this.groups.find(({ runs }) => runs.some((run) => run.directory === node.directory));
    return group && this.groupNode(group.id);
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (node instanceof GroupNode) return this.groupItem(node);
    const item = new vscode.TreeItem(node.directory);
    item.id = node.directory;
    const run = this.byDirectory.get(node.directory);
    if (!run) return item;
    const icon = runIcon(run);
    item.label = runLabel(run);
    item.description = runDescription(run, t);
    item.iconPath = new vscode.ThemeIcon(icon.id, icon.colour === undefined ? undefined : new vscode.ThemeColor(icon.colour));
    item.contextValue = runContext(run);
    item.tooltip = tooltip(run);
    item.accessibilityInformation = { label: `${item.label}, ${stateWord(run.state, t)}, ${item.description}` };
    item.command = { command: COMMANDS.openDashboard, title: t('Open Dashboard'), arguments: [node] };
    return item;
  }

  private groupItem(node: GroupNode): vscode.TreeItem {
    const first = this.groups.slice(0, 2).some((group) => group.id === node.id);
    const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(groupTitle(node.id, t), node.id === 'older' && !first ? Collapsed : Expanded);
    item.id = `group:${node.id}`;
    item.contextValue = 'group';
    return item;
  }

  private refresh(): void {
    const before = this.byDirectory;
    const shape = JSON.stringify(this.groups.map(({ id, runs }) => [id, runs.map((run) => run.directory)]));
    this.arrange();
    if (shape !== JSON.stringify(this.groups.map(({ id, runs }) => [id, runs.map((run) => run.directory)]))) {
      this.changed.fire(undefined);
      return;
    }
    const touched = [...this.byDirectory.values()].filter((run) => before.get(run.directory) !== run);
    if (touched.length > 0) this.changed.fire(touched.map((run) => this.runNode(run.directory)));
  }

  private arrange(): void {
    const runs = this.runs.all;
    this.groups = groupRuns(runs, Date.now());
    this.byDirectory = new Map(runs.map((run) => [run.directory, run]));
    for (const directory of this.runNodes.keys()) if (!this.byDirectory.has(directory)) this.runNodes.delete(directory);
  }

  private groupNode(id: GroupId): GroupNode {
    return remembered(this.groupNodes, id, () => new GroupNode(id));
  }

  private runNode(directory: string): RunNode {
    return remembered(this.runNodes, directory, () => new RunNode(directory));
  }
}

/** A tree knows its elements by identity, so each is made once. */
function remembered<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function tooltip(run: RunStatus): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendMarkdown('**').appendText(runLabel(run)).appendMarkdown('**\n\n');
  for (const [name, value] of runFacts(run, t, inWords)) text.appendText(`${name}: ${value}`).appendMarkdown('  \n');
  return text;
}
