// Commands to a trainer that lives: pause, resume, stop, save a checkpoint. They are files that the
// trainer takes away; what came of them shows in the run's state.
import type * as vscode from 'vscode';
import type { ControlCommand } from '../../experiment/control';
import { sendCommand } from '../../experiment/controlFiles';
import { readRun } from '../../experiment/runDirectory';
import type { RunSummary } from '../../observe/runView';
import { COMMANDS } from '../contributions';
import { registerCommand } from '../failures';
import { Lifetime } from '../lifetime';
import type { RunChoice } from '../runs/choice';
import { isAlive } from '../runs/presentation';
import { trusted } from '../trust';
import { t } from '../words';

type Steering = Exclude<ControlCommand['command'], 'set'>;

export class SteerCommands extends Lifetime {
  constructor(
    private readonly choice: RunChoice,
    log: vscode.LogOutputChannel,
  ) {
    super();
    const register = (command: Steering, title: string, fits: (run: RunSummary) => boolean, none: string) =>
      this.own(
        registerCommand(COMMANDS[command], log, async (argument) => {
          if (!trusted()) return;
          const directory = await this.choice.choose(argument, { fits, none, title });
          if (directory !== undefined) await steer(directory, command);
        }),
      );
    const alive = (run: RunSummary) => isAlive(run.state);
    register('pause', t('Pause Run'), (run) => run.state === 'running', t('No run is training.'));
    register('resume', t('Resume Paused Run'), (run) => run.state === 'paused', t('No run is paused.'));
    register('stop', t('Stop Run'), alive, t('No run is training.'));
    register('checkpoint', t('Save Checkpoint Now'), alive, t('No run is training.'));
  }
}

/** Drops the command where the run's trainer finds it. Throws where there is no trainer yet, or the disk refuses. */
export async function steer(directory: string, command: Steering): Promise<void> {
  const record = await readRun(directory);
  if (!record.process) throw new Error(t('This run has no trainer yet. Try again in a moment.'));
  await sendCommand(directory, { command }, record.process);
}
