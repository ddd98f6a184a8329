// The Devices view: what this machine can train on, which engine `auto` takes and why, and what to do about one
// that cannot be used. The terminal tool looks, in a process of its own, once the view is shown.
import * as vscode from 'vscode';
import { COMMANDS, DEVICES_VIEW } from '../contributions';
import { failureWords, registerCommand } from '../failures';
import type { NodeRuntimes } from '../launch/nodeRuntime';
import { Lifetime } from '../lifetime';
import { callTool } from '../tool';
import { inWords, t } from '../words';
import { type DeviceLine, type DeviceLines, deviceLines } from './report';

interface Group {
  readonly title: string;
  readonly lines: readonly DeviceLine[];
}

type Node = Group | DeviceLine;

export interface DevicesParts {
  readonly nodes: NodeRuntimes;
  readonly log: vscode.LogOutputChannel;
  /** The terminal tool's script. */
  readonly tool: string;
}

export class DevicesTree extends Lifetime implements vscode.TreeDataProvider<Node> {
  private readonly changed = this.own(new vscode.EventEmitter<undefined>());
  readonly onDidChangeTreeData = this.changed.event;

  private readonly view: vscode.TreeView<Node>;
  private readonly ending = new AbortController();

  constructor(private readonly parts: DevicesParts) {
    super();
    this.view = this.own(vscode.window.createTreeView<Node>(DEVICES_VIEW, { treeDataProvider: this }));
    this.own(registerCommand(COMMANDS.refreshDevices, parts.log, () => this.changed.fire(undefined)));
    this.own(vscode.workspace.onDidGrantWorkspaceTrust(() => this.changed.fire(undefined)));
    this.own({ dispose: () => this.ending.abort() });
  }

  async getChildren(parent?: Node): Promise<Node[]> {
    if (parent) return 'lines' in parent ? [...parent.lines] : [];
    // The view's welcome says why it is empty: looking means starting a program.
    if (!vscode.workspace.isTrusted) return [];
    const found = await this.look();
    if (!found) return [];
    return [
      { title: t('Engines'), lines: found.engines },
      { title: t('This Machine'), lines: found.machine },
    ];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    if ('lines' in node) return new vscode.TreeItem(node.title, vscode.TreeItemCollapsibleState.Expanded);
    const item = new vscode.TreeItem(node.label);
    item.description = node.description;
    item.tooltip = node.tooltip;
    item.iconPath = new vscode.ThemeIcon(node.icon, node.broken ? new vscode.ThemeColor('list.errorForeground') : undefined);
    item.accessibilityInformation = { label: [node.label, node.description, node.tooltip].join(', ') };
    return item;
  }

  /** Undefined where the person has been told why nothing can be found out. */
  private async look(): Promise<DeviceLines | undefined> {
    const node = await this.parts.nodes.find();
    if (!node) return undefined;
    try {
      const call = { node: node.executable, script: this.parts.tool, args: ['devices', '--json'] };
      const text = await callTool(call, {}, this.ending.signal);
      this.view.message = '';
      return text === undefined ? undefined : deviceLines(text, t, inWords);
    } catch (error) {
      this.parts.log.error(`devices: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      this.view.message = t('What this machine can train on could not be found out: {why}', { why: failureWords(error) });
      return undefined;
    }
  }
}
