// One quiet item while something trains; it opens what trains.
import * as vscode from 'vscode';
import { COMMANDS, RUNS_VIEW } from '../contributions';
import { Lifetime } from '../lifetime';
import { t } from '../words';
import { isAlive, runDescription, runLabel } from './presentation';
import { RunNode } from './tree';
import type { RunsWatch } from './watch';

/** Low: to the right of what the editor itself shows on this side. */
const PRIORITY = -100;

export class RunsStatusBar extends Lifetime {
  private item: vscode.StatusBarItem | undefined;

  constructor(private readonly runs: RunsWatch) {
    super();
    this.own(runs.onDidChange(() => this.show()));
  }

  private show(): void {
    const alive = this.runs.all.filter((run) => isAlive(run.state));
    const [run] = alive;
    if (!run) {
      this.item?.hide();
      return;
    }
    this.item ??= this.own(vscode.window.createStatusBarItem('fathom.training', vscode.StatusBarAlignment.Left, PRIORITY));
    this.item.name = t('Fathom Training');
    if (alive.length > 1) {
      this.item.text = `$(pulse) ${t('{count} runs training', { count: alive.length })}`;
      this.item.tooltip = alive.map((each) => `${runLabel(each)}: ${runDescription(each, t)}`).join('\n');
      this.item.command = `${RUNS_VIEW}.focus`;
    } else {
      const record = run.record;
      const progress = record && record.steps > 0 ? ` ${record.step}/${record.steps}` : '';
      this.item.text = `$(${run.state === 'paused' ? 'debug-pause' : 'pulse'}) ${runLabel(run)}${progress}`;
      this.item.tooltip = runDescription(run, t);
      this.item.command = { command: COMMANDS.openDashboard, title: t('Open Dashboard'), arguments: [new RunNode(run.directory)] };
    }
    this.item.show();
  }
}
