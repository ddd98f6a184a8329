// Tells a person when a run they saw alive has ended by itself. Nothing else notifies.
import * as vscode from 'vscode';
import type { RunStatus } from '../../experiment/view';
import { COMMANDS } from '../contributions';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import { inWords, t } from '../words';
import { AwaitedEnds } from './awaited';
import { formatMetric, runLabel } from './presentation';
import { RunNode } from './tree';
import type { RunsWatch } from './watch';

export class Endings extends Lifetime {
  private readonly awaited = new AwaitedEnds();

  constructor(private readonly runs: RunsWatch) {
    super();
    this.own(
      runs.onDidChange(() => {
        for (const run of this.awaited.look(runs.all)) this.announce(run);
      }),
    );
  }

  /** To be called just before a run is started here. */
  expect(directory: string): void {
    this.awaited.expect(directory, this.runs.status(directory));
  }

  /** It could not be started, which whoever tried has said already. */
  forget(directory: string): void {
    this.awaited.forget(directory);
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
