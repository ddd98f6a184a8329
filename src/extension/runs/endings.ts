// Tells a person when a run they saw alive has ended by itself, or diverges. Nothing else notifies.
import * as vscode from 'vscode';
import type { RunSummary } from '../../observe/runView';
import { COMMANDS } from '../contributions';
import { Lifetime } from '../lifetime';
import { tell } from '../messages';
import { inWords, t } from '../words';
import { AwaitedAlerts, AwaitedEnds } from './awaited';
import { canContinue, formatMetric, runLabel } from './presentation';
import { RunNode } from './tree';
import type { RunsWatch } from './watch';

export class Endings extends Lifetime {
  private readonly awaited = new AwaitedEnds();
  private readonly alerts = new AwaitedAlerts();

  constructor(private readonly runs: RunsWatch) {
    super();
    this.own(
      runs.onDidChange(() => {
        const { all } = runs;
        for (const run of this.awaited.look(all)) this.announce(run);
        for (const run of this.alerts.look(all)) this.warn(run);
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

  private warn(run: RunSummary): void {
    const { alert } = run.record ?? {};
    if (!alert) return;
    tell('warning', t('{name} diverges. {why}', { name: runLabel(run), why: inWords(alert.code, alert.args) }), {
      [t('Show Dashboard')]: on(run, COMMANDS.openDashboard),
      [t('Stop Run')]: on(run, COMMANDS.stop),
    });
  }

  private announce(run: RunSummary): void {
    const name = runLabel(run);
    const dashboard = { [t('Show Dashboard')]: on(run, COMMANDS.openDashboard) };
    if (run.state === 'finished' && run.record?.kind === 'run') {
      const loss = formatMetric(run.record.metrics['loss/validation'] ?? run.record.metrics['loss/train']);
      const words =
        loss === undefined ? t('{name} has finished training.', { name }) : t('{name} has finished training. Loss {loss}.', { name, loss });
      tell('information', words, dashboard);
    } else if (run.state === 'failed' || run.state === 'lost') {
      const error = run.record?.error;
      const why = error ? inWords(error.code, error.args) : t('Its process ended without saying why.');
      tell('error', t('{name} has failed. {why}', { name, why }), {
        // What was lost did nothing wrong: it goes on from its last checkpoint.
        ...(run.state === 'lost' && canContinue(run) && { [t('Continue Run')]: on(run, COMMANDS.resumeFromCheckpoint) }),
        [t('Show Log')]: on(run, COMMANDS.showLog),
        ...dashboard,
      });
    }
  }
}

function on(run: RunSummary, command: string): () => unknown {
  return () => vscode.commands.executeCommand(command, new RunNode(run.directory));
}
