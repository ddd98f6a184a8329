// What people ask of a running trainer: control files and signals, looked at between steps.

import type { CommandOutcome, ControlFile } from '../experiment/control';
import { type TakenCommands, takeCommands } from '../experiment/controlFiles';
import { Failure } from '../experiment/failure';
import { identify } from '../experiment/processes';
import type { Recorder } from './recorder';

const POLL_MS = 100;
/** Commands are looked for this often at most while steps are fast. */
const LOOK_MS = 50;

/** What commands are about. */
export interface Obliging {
  checkpoint(): Promise<void>;
  /** Throws a `Failure` where the values are not taken. */
  set(id: string, values: Readonly<Record<string, unknown>>): Promise<void>;
}

export class Commands {
  private readonly own = identify();
  private stopping = false;
  /** It has been said that commands cannot be read. */
  private isDeaf = false;
  /** Milliseconds of the last look, for who must not wait for the next. */
  protected looked = Number.NEGATIVE_INFINITY;

  /** SIGINT and SIGTERM end the run after the step at work, with a checkpoint. */
  listen(): void {
    const stop = (): void => {
      this.stopping = true;
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  }

  /** Obeys what has come since the last look; returns only when not paused. @returns whether to stop. */
  async obey(recorder: Recorder, step: number, does: Obliging): Promise<boolean> {
    if (!this.stopping && performance.now() - this.looked < LOOK_MS) return false;
    let paused = false;
    for (;;) {
      this.looked = performance.now();
      recorder.checkThere();
      for (const command of this.take(recorder, step)) {
        let refusal: Failure | undefined;
        if (command.command === 'stop') this.stopping = true;
        else if (command.command === 'checkpoint') await does.checkpoint();
        else if (command.command === 'set') refusal = await refusalOf(does.set(command.id, command.values));
        else paused = command.command === 'pause';
        const about = { id: command.id, command: command.command };
        if (refusal) report(recorder, step, { ...about, outcome: 'refused', why: refusal.code, args: refusal.args });
        else report(recorder, step, { ...about, outcome: 'obeyed' });
      }
      const state = recorder.current.state;
      if (this.stopping) return true;
      if (paused && state !== 'paused') await recorder.enter('paused');
      if (!paused && state === 'paused') await recorder.enter('running');
      if (!paused) return false;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** A folder that cannot be read just now, as happens on network disks, is no reason to end a run that nobody asks for anything. */
  private lookIntoFolder(directory: string): TakenCommands {
    try {
      const found = takeCommands(directory, this.own);
      this.isDeaf = false;
      return found;
    } catch (error) {
      if (!this.isDeaf) console.log(`commands cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      this.isDeaf = true;
      return { obey: [], discard: [] };
    }
  }

  private take(recorder: Recorder, step: number): readonly ControlFile[] {
    const { obey, discard } = this.lookIntoFolder(recorder.directory);
    for (const { file, id, command, why } of discard)
      report(recorder, step, { id: id ?? file, command: command ?? '', outcome: 'refused', why });
    return obey;
  }
}

async function refusalOf(done: Promise<void>): Promise<Failure | undefined> {
  try {
    await done;
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function report(recorder: Recorder, step: number, outcome: CommandOutcome): void {
  recorder.text(step, 'command', outcome);
}
