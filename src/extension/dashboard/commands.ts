// `Fathom: Open Dashboard`, from the palette, the tree, the status bar and notifications, and `Compare
// Runs`, from the palette, a dashboard, or several runs selected in the tree.
import * as vscode from 'vscode';
import { COMMANDS } from '../contributions';
import { registerCommand } from '../failures';
import { Lifetime } from '../lifetime';
import type { RunChoice } from '../runs/choice';
import { RunNode } from '../runs/tree';
import { t } from '../words';
import type { Dashboards } from './panels';

export class DashboardCommands extends Lifetime {
  constructor(dashboards: Dashboards, choice: RunChoice, log: vscode.LogOutputChannel) {
    super();
    this.own(
      registerCommand(COMMANDS.openDashboard, log, async (argument) => {
        const directory = await choice.choose(argument, {
          fits: () => true,
          none: t('There are no runs yet. Start training first.'),
          title: t('Open Dashboard'),
        });
        // Beside what is being edited, if anything is; otherwise in its place.
        if (directory !== undefined) dashboards.open(directory, vscode.window.activeTextEditor !== undefined);
      }),
    );
    this.own(
      registerCommand(COMMANDS.compare, log, async (argument, selected) => {
        const chosen = selectedRuns(argument, selected);
        const directories = chosen.length > 1 ? chosen : await this.pick(choice, chosen[0] ?? dashboards.shown);
        if (directories.length > 0) dashboards.compare(directories);
      }),
    );
  }

  /** The first run and those that a person picks to lay beside it; none where nothing was picked. */
  private async pick(choice: RunChoice, first: string | undefined): Promise<readonly string[]> {
    const others = await choice.chooseSeveral({
      fits: (run) => run.directory !== first,
      none: t('There is no other run to compare with.'),
      title: first === undefined ? t('Compare Runs') : t('Compare With'),
    });
    return first === undefined || others.length === 0 ? others : [first, ...others];
  }
}

/** What the tree hands to a command: the item it was called on, and all that are selected. */
function selectedRuns(argument: unknown, selected: unknown): readonly string[] {
  const nodes: readonly unknown[] = Array.isArray(selected) && selected.length > 0 ? selected : [argument];
  return nodes.filter((node) => node instanceof RunNode).map(({ directory }) => directory);
}
