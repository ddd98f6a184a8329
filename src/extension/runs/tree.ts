// The Runs view: groups as a person chose, filtered as they type, live items. Only what they could see
// change is refreshed, long groups come in pages, and tooltips are made when they are looked at, so that thousands of
// runs beside one that trains cost nothing.
import * as vscode from 'vscode';
import { diskUse } from '../../experiment/diskUse';
import type { RunSummary } from '../../observe/runView';
import { formatBytes } from '../bytes';
import { COMMANDS, RUNS_VIEW } from '../contributions';
import { Lifetime } from '../lifetime';
import { inWords, t } from '../words';
import { type Arrangement, arrange, type Page, pageOf } from './arrange';
import { parseFilter, type RunFilter } from './filter';
import { type Grouping, groupTitle } from './groups';
import { isAlive, runContext, runDescription, runFacts, runIcon, runLabel, stateWord } from './presentation';
import type { RunsWatch } from './watch';

export class GroupNode {
  constructor(readonly id: string) {}
}

/** The rest of a long group. */
export class PageNode {
  constructor(readonly page: Page) {}
}

/** What tree menus hand to commands. */
export class RunNode {
  /** @param group in which it stands; a run of two tags is there twice */
  constructor(
    readonly directory: string,
    readonly group = '',
  ) {}
}

type Node = GroupNode | PageNode | RunNode;

export interface Arranged {
  readonly grouping: Grouping;
  /** As typed; empty shows all. */
  readonly filter: string;
}

export class RunsTree extends Lifetime implements vscode.TreeDataProvider<Node> {
  private readonly changed = this.own(new vscode.EventEmitter<Node[] | undefined>());
  readonly onDidChangeTreeData = this.changed.event;

  private readonly nodes = new Map<string, Node>();
  private readonly nodesOf = new Map<string, RunNode[]>();
  private arrangement: Arrangement = { groups: [], shown: 0, total: 0, shape: '' };
  private byDirectory: ReadonlyMap<string, RunSummary> = new Map();
  private arranged: Arranged;
  private filter: RunFilter | undefined;
  private readonly view: vscode.TreeView<Node>;

  constructor(
    private readonly runs: RunsWatch,
    grouping: Grouping,
  ) {
    super();
    this.arranged = { grouping, filter: '' };
    this.view = this.own(
      vscode.window.createTreeView<Node>(RUNS_VIEW, { treeDataProvider: this, showCollapseAll: true, canSelectMany: true }),
    );
    this.own(runs.onDidChange(() => this.refresh()));
    this.own(
      this.view.onDidChangeVisibility(({ visible }) => {
        if (visible) void runs.listed();
      }),
    );
  }

  get how(): Arranged {
    return this.arranged;
  }

  /** Runs selected in the view, each once. */
  get selected(): readonly string[] {
    const directories = this.view.selection.filter((node) => node instanceof RunNode).map(({ directory }) => directory);
    return [...new Set(directories)];
  }

  /** Groups or filters anew. */
  show(how: Partial<Arranged>): void {
    this.arranged = { ...this.arranged, ...how };
    this.filter = parseFilter(this.arranged.filter);
    this.arrange();
    this.changed.fire(undefined);
  }

  async getChildren(parent?: Node): Promise<Node[]> {
    if (parent instanceof RunNode) return [];
    if (parent instanceof PageNode) return this.pageNodes(parent.page);
    if (parent) return this.pageNodes({ group: parent.id, from: 0 });
    // Asked only once the view is shown, which is when the runs are first needed.
    await this.runs.listed();
    this.arrange();
    const { groups } = this.arrangement;
    if (this.arranged.grouping === 'none') return groups.flatMap(({ id }) => this.pageNodes({ group: id, from: 0 }));
    return groups.map(({ id }) => this.groupNode(id));
  }

  getParent(node: Node): Node | undefined {
    if (this.arranged.grouping === 'none' || node instanceof GroupNode) return undefined;
    return this.groupNode(node instanceof PageNode ? node.page.group : node.group);
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if (node instanceof GroupNode) return this.groupItem(node);
    if (node instanceof PageNode) return this.pageItem(node);
    const item = new vscode.TreeItem(node.directory);
    item.id = `${node.group}|${node.directory}`;
    const run = this.byDirectory.get(node.directory);
    if (!run) return item;
    const icon = runIcon(run);
    item.label = runLabel(run);
    item.description = runDescription(run, t);
    item.iconPath = new vscode.ThemeIcon(icon.id, icon.colour === undefined ? undefined : new vscode.ThemeColor(icon.colour));
    item.contextValue = runContext(run);
    item.accessibilityInformation = { label: `${item.label}, ${stateWord(run.state, t)}, ${item.description}` };
    item.command = { command: COMMANDS.openDashboard, title: t('Open Dashboard'), arguments: [node] };
    return item;
  }

  /** Only what the mouse rests on is asked how much disk it takes. */
  async resolveTreeItem(item: vscode.TreeItem, node: Node): Promise<vscode.TreeItem> {
    const run = node instanceof RunNode ? this.byDirectory.get(node.directory) : undefined;
    if (!run) return item;
    const use = await diskUse(run.directory);
    const text = new vscode.MarkdownString();
    text.appendMarkdown('**').appendText(runLabel(run)).appendMarkdown('**\n\n');
    const disk = t('{bytes}, of which {checkpoints} in checkpoints', {
      bytes: formatBytes(use.bytes),
      checkpoints: formatBytes(use.checkpoints),
    });
    const facts = [...runFacts(run, t, inWords), [t('Disk use'), disk] as const];
    for (const [name, value] of facts) text.appendText(`${name}: ${value}`).appendMarkdown('  \n');
    item.tooltip = text;
    return item;
  }

  private groupItem(node: GroupNode): vscode.TreeItem {
    const { grouping } = this.arranged;
    const index = this.arrangement.groups.findIndex(({ id }) => id === node.id);
    const group = this.arrangement.groups[index];
    const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    const folded = group?.key === 'older' && grouping === 'day' && index > 1 && this.filter === undefined;
    const item = new vscode.TreeItem(groupTitle(grouping, group?.key ?? '', t), folded ? Collapsed : Expanded);
    item.id = `group:${node.id}`;
    item.description = String(group?.runs.length ?? 0);
    item.contextValue = 'group';
    return item;
  }

  private pageItem({ page }: PageNode): vscode.TreeItem {
    const { rest } = pageOf(this.arrangement, page);
    const item = new vscode.TreeItem(t('{count} more', { count: rest.toLocaleString('en') }), vscode.TreeItemCollapsibleState.Collapsed);
    item.id = `page:${page.group}:${page.from}`;
    item.iconPath = new vscode.ThemeIcon('ellipsis');
    return item;
  }

  private refresh(): void {
    const before = this.byDirectory;
    const { shape } = this.arrangement;
    this.arrange();
    if (shape !== this.arrangement.shape) {
      this.changed.fire(undefined);
      return;
    }
    const touched = [...this.byDirectory.values()].filter((run) => before.get(run.directory) !== run);
    const nodes = touched.flatMap(({ directory }) => this.nodesOf.get(directory) ?? []);
    if (nodes.length > 0) this.changed.fire(nodes);
  }

  private arrange(): void {
    const runs = this.runs.all;
    this.arrangement = arrange(runs, this.arranged.grouping, this.filter, Date.now());
    this.byDirectory = new Map(runs.map((run) => [run.directory, run]));
    for (const [directory, nodes] of this.nodesOf) {
      if (this.byDirectory.has(directory)) continue;
      for (const node of nodes) this.nodes.delete(`run:${node.group}|${directory}`);
      this.nodesOf.delete(directory);
    }
    this.tell(runs.filter((run) => isAlive(run.state)).length);
  }

  /** What stands around the rows; every change of it is a message to the window. */
  private tell(training: number): void {
    const { shown, total } = this.arrangement;
    const { filter } = this.arranged;
    const description = filter === '' ? '' : t('{filter}: {shown} of {total}', { filter, shown, total });
    if (this.view.description !== description) this.view.description = description;
    const nothing = filter !== '' && shown === 0 && total > 0;
    const message = nothing ? t('No run matches the filter "{filter}".', { filter }) : '';
    if (this.view.message !== message) this.view.message = message;
    if (training === (this.view.badge?.value ?? 0)) return;
    this.view.badge = training === 0 ? undefined : { value: training, tooltip: t('{count} training', { count: training }) };
  }

  private pageNodes(page: Page): Node[] {
    const { runs, next } = pageOf(this.arrangement, page);
    const nodes = runs.map(({ directory }) => this.runNode(directory, page.group));
    return next ? [...nodes, this.remembered(`page:${next.from}:${next.group}`, () => new PageNode(next))] : nodes;
  }

  private groupNode(id: string): Node {
    return this.remembered(`group:${id}`, () => new GroupNode(id));
  }

  private runNode(directory: string, group: string): Node {
    return this.remembered(`run:${group}|${directory}`, () => {
      const node = new RunNode(directory, group);
      this.nodesOf.set(directory, [...(this.nodesOf.get(directory) ?? []), node]);
      return node;
    });
  }

  /** A tree knows its elements by identity, so each is made once. */
  private remembered(key: string, make: () => Node): Node {
    const known = this.nodes.get(key) ?? make();
    this.nodes.set(key, known);
    return known;
  }
}
