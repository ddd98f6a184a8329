// How a person arranges the Runs view: a filter that acts while they type, and groups. The grouping is
// remembered with the workspace; a filter is for the moment.
import * as vscode from 'vscode';
import { COMMANDS, CONTEXT_KEYS, RUNS_VIEW } from '../contributions';
import { registerCommand } from '../failures';
import { Lifetime } from '../lifetime';
import { t } from '../words';
import { GROUPINGS, type Grouping, groupingTitle } from './groups';
import type { RunsTree } from './tree';

const REMEMBERED = 'fathom.runGrouping';

export function rememberedGrouping(memory: vscode.Memento): Grouping {
  const known = memory.get<string>(REMEMBERED);
  return GROUPINGS.find((grouping) => grouping === known) ?? 'day';
}

export class RunsViewCommands extends Lifetime {
  constructor(
    private readonly tree: RunsTree,
    private readonly memory: vscode.Memento,
    log: vscode.LogOutputChannel,
  ) {
    super();
    this.own(registerCommand(COMMANDS.filterRuns, log, () => this.filter()));
    this.own(registerCommand(COMMANDS.clearRunFilter, log, () => this.apply('')));
    this.own(registerCommand(COMMANDS.groupRuns, log, () => this.group()));
  }

  /** Enter keeps the filter, Escape goes back to the one before. */
  private async filter(): Promise<void> {
    await vscode.commands.executeCommand(`${RUNS_VIEW}.focus`, { preserveFocus: true });
    const before = this.tree.how.filter;
    const input = vscode.window.createInputBox();
    input.title = t('Filter Runs');
    input.placeholder = t('Words of name, tags, note or configuration; @starred, @failed, @tag:name, -word');
    input.value = before;
    let kept = false;
    input.onDidChangeValue((text) => this.apply(text.trim()));
    input.onDidAccept(() => {
      kept = true;
      input.hide();
    });
    input.onDidHide(() => {
      if (!kept) this.apply(before);
      input.dispose();
    });
    input.show();
  }

  private apply(filter: string): void {
    if (filter === this.tree.how.filter) return;
    this.tree.show({ filter });
    void vscode.commands.executeCommand('setContext', CONTEXT_KEYS.runsFiltered, filter !== '');
  }

  private async group(): Promise<void> {
    const current = this.tree.how.grouping;
    const items = GROUPINGS.map((grouping) => ({
      label: groupingTitle(grouping, t),
      ...(grouping === current && { description: t('now') }),
      grouping,
    }));
    const picked = await vscode.window.showQuickPick(items, { title: t('Group Runs By') });
    if (!picked) return;
    await this.memory.update(REMEMBERED, picked.grouping);
    this.tree.show({ grouping: picked.grouping });
  }
}
