// One quiet item while something trains: how far it is, its loss, how long it will take; it opens what trains.
import * as vscode from 'vscode';
import { COMMANDS, RUNS_VIEW } from '../contributions';
import { Lifetime } from '../lifetime';
import { t } from '../words';
import { Pace } from './pace';
import { isAlive, progressWords, runDescription, runLabel } from './presentation';
import { RunNode } from './tree';
import type { RunsWatch } from './watch';

/** Low: to the right of what the editor itself shows on this side. */
const PRIORITY = -100;

export class RunsStatusBar extends Lifetime {
  private item: vscode.StatusBarItem | undefined;
  private readonly pace = new Pace();

  constructor(private readonly runs: RunsWatch) {
    super();
    this.own(runs.onDidChange(() => this.show()));
  }

  private show(): void {
    this.pace.look(this.runs.all, performance.now());
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
      const icon = run.state === 'paused' ? 'debug-pause' : run.record?.alert ? 'warning' : 'pulse';
      this.item.text = `$(${icon}) ${[runLabel(run), progressWords(run, this.pace.secondsLeft(run), t)].join(' ').trim()}`;
      this.item.tooltip = runDescription(run, t);
      this.item.command = { command: COMMANDS.openDashboard, title: t('Open Dashboard'), arguments: [new RunNode(run.directory)] };
    }
    this.item.show();
  }
}
