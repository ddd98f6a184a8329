// `Fathom: Open Dashboard`, from the palette, the tree, the status bar and notifications, and `Compare
// Runs` and `Overlay in Dashboard`, from the palette, a dashboard, or several runs selected in the tree.
import path from 'node:path';
import * as vscode from 'vscode';
import { COMMANDS } from '../contributions';
import { registerCommand } from '../failures';
import { Lifetime } from '../lifetime';
import type { RunChoice } from '../runs/choice';
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
        const chosen = choice.called(argument, selected);
        const directories = chosen.length > 1 ? chosen : await this.pick(choice, chosen[0] ?? dashboards.shown);
        if (directories.length > 0) dashboards.compare(directories);
      }),
    );
    this.own(
      registerCommand(COMMANDS.overlay, log, async (argument, selected) => {
        const chosen = choice.called(argument, selected);
        const directories = chosen.length > 0 ? chosen : await this.pick(choice, dashboards.shown);
        const under = await this.chooseDashboard(dashboards, directories);
        if (under !== undefined) dashboards.overlay(under, directories);
      }),
    );
  }

  /** The open dashboard that runs are laid over: the one a person looks at, the only one, or the one they pick; else that of the first run. */
  private async chooseDashboard(dashboards: Dashboards, directories: readonly string[]): Promise<string | undefined> {
    const visible = dashboards.shown;
    if (visible !== undefined) return visible;
    const [only = directories[0], ...others] = dashboards.directories;
    if (others.length === 0) return only;
    const items = dashboards.directories.map((directory) => ({ label: path.basename(directory), directory }));
    return (await vscode.window.showQuickPick(items, { title: t('Overlay in Which Dashboard?') }))?.directory;
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
