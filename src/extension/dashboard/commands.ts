// `Fathom: Open Dashboard`, from the palette, the tree, the status bar and notifications.
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
  }
}
