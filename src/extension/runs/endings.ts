// Tells a person when a run they saw alive has ended by itself. Nothing else notifies.
import * as vscode from 'vscode';
import type { RunStatus } from '../../experiment/view';
import { COMMANDS } from '../contributions';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import { inWords, t } from '../words';
import { formatMetric, isAlive, runLabel } from './presentation';
import { RunNode } from './tree';
import type { RunsWatch } from './watch';

export class Endings extends Lifetime {
  /** Runs whose end is news, with what was known when they were started anew: that is old news. */
  private readonly awaited = new Map<string, RunStatus | undefined>();

  constructor(private readonly runs: RunsWatch) {
    super();
    this.own(runs.onDidChange(() => this.look()));
  }

  /** A run is being started here: its end is news even if it comes before the first look at it. */
  expect(directory: string): void {
    this.awaited.set(directory, this.runs.status(directory));
  }

  /** It could not be started, which whoever tried has said already. */
  forget(directory: string): void {
    this.awaited.delete(directory);
  }

  private look(): void {
    for (const run of this.runs.all) {
      if (isAlive(run.state)) this.awaited.set(run.directory, undefined);
      else if (this.awaited.has(run.directory) && this.awaited.get(run.directory) !== run) {
        this.awaited.delete(run.directory);
        this.announce(run);
      }
    }
  }

  private announce(run: RunStatus): void {
    const name = runLabel(run);
    const open = (command: string) => () => vscode.commands.executeCommand(command, new RunNode(run.directory));
    const dashboard = { [t('Show Dashboard')]: open(COMMANDS.openDashboard) };
    if (run.state === 'finished' && run.record?.kind === 'run') {
      const loss = formatMetric(run.record.metrics['loss/validation'] ?? run.record.metrics['loss/train']);
      const words =
        loss === undefined ? t('{name} has finished training.', { name }) : t('{name} has finished training. Loss {loss}.', { name, loss });
      tell('information', words, dashboard);
    } else if (run.state === 'failed' || run.state === 'lost') {
      const error = run.record?.error;
      const why = error ? inWords(error.code, error.args) : t('Its process ended without saying why.');
      tell('error', t('{name} has failed. {why}', { name, why }), { [t('Show Log')]: open(COMMANDS.showLog), ...dashboard });
    }
  }
}
