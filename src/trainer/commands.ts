// What people ask of a running trainer: control files and signals, looked at between steps.

import type { CommandOutcome, ControlFile } from '../experiment/control';
import { takeCommands } from '../experiment/controlFiles';
import { identify } from '../experiment/processes';
import type { Recorder } from './recorder';

const POLL_MS = 100;
/** Commands are looked for this often at most while steps are fast. */
const LOOK_MS = 50;

export class Commands {
  private readonly own = identify();
  private stopping = false;
  private looked = Number.NEGATIVE_INFINITY;

  /** SIGINT and SIGTERM end the run after the step at work, with a checkpoint. */
  listen(): void {
    const stop = (): void => {
      this.stopping = true;
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  }

  /** Obeys what has come since the last look; returns only when not paused. @returns whether to stop. */
  async obey(recorder: Recorder, step: number, checkpoint: () => Promise<void>): Promise<boolean> {
    if (!this.stopping && performance.now() - this.looked < LOOK_MS) return false;
    let paused = false;
    for (;;) {
      this.looked = performance.now();
      for (const command of this.take(recorder, step)) {
        if (command.command === 'stop') this.stopping = true;
        else if (command.command === 'checkpoint') await checkpoint();
        else paused = command.command === 'pause';
        report(recorder, step, { id: command.id, command: command.command, outcome: 'obeyed' });
      }
      const state = recorder.current.state;
      if (this.stopping) return true;
      if (paused && state !== 'paused') await recorder.enter('paused');
      if (!paused && state === 'paused') await recorder.enter('running');
      if (!paused) return false;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  private take(recorder: Recorder, step: number): readonly ControlFile[] {
    const { obey, discard } = takeCommands(recorder.directory, this.own);
    for (const { file, id, command, why } of discard)
      report(recorder, step, { id: id ?? file, command: command ?? '', outcome: 'refused', why });
    return obey;
  }
}

function report(recorder: Recorder, step: number, outcome: CommandOutcome): void {
  recorder.text(step, 'command', outcome);
}
