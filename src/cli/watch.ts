// Watches a run until it has ended or the person has had enough. Nothing here trains or decides: it
// reads the run directory, draws, and passes a Ctrl-C on to the trainer.

import { sendCommand } from '../experiment/controlFiles';
import { isAlive } from '../experiment/processes';
import { isEnded, type RunRecord } from '../experiment/run';
import type { RunStatus } from '../experiment/view';
import type { Line } from './display/text';
import { RunFollower, type RunProgress } from './follow';
import type { Interrupts } from './interrupts';
import { liveLines, plainLine } from './progress';
import { LiveLines, type Terminal, writeLine } from './terminal';

const LOOK_EVERY_MS = 120;
/** Between two lines of a log; validations and changes of state come in between. */
const LOG_EVERY_MS = 10_000;

export interface WatchOptions {
  readonly directory: string;
  readonly title: Line;
  readonly terminal: Terminal;
  readonly interrupts: Interrupts;
  /** Event files of earlier starts. */
  readonly skip?: readonly string[];
  /** What the run said before this start: numbers that are old, and a heartbeat that grows once the trainer hears signals. */
  readonly before: RunRecord;
}

export interface Watched {
  readonly progress: RunProgress;
  /** Whether the person left while the run went on. */
  readonly left: boolean;
}

export async function watchRun(options: WatchOptions): Promise<Watched> {
  const { directory, terminal, interrupts, before } = options;
  const follower = new RunFollower(directory, options.skip);
  const show = terminal.interactive ? new LiveView(options) : new LogView(terminal, before);
  let asked = false;
  try {
    for (;;) {
      const progress = await follower.look();
      const { status } = progress;
      const ended = hasEnded(status);
      show.draw(progress, ended);
      if (ended) return { progress, left: false };
      if (interrupts.count > 1 || (interrupts.count > 0 && status.record === undefined)) return { progress, left: true };
      if (interrupts.count > 0 && !asked && status.record && status.record.heartbeat > before.heartbeat) {
        asked = true;
        await askToStop(directory, status.record);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  } finally {
    show.close();
  }
}

export function hasEnded({ state }: RunStatus): boolean {
  return state === 'missing' || isEnded(state);
}

/** Passes Ctrl-C on; where signals do not reach that process, or are not what they seem, as a command. */
async function askToStop(directory: string, { process: trainer }: RunRecord): Promise<void> {
  if (trainer === undefined) return;
  if (process.platform !== 'win32' && isAlive(trainer) === 'alive') process.kill(trainer.pid, 'SIGINT');
  else await sendCommand(directory, { command: 'stop' }, trainer);
}

interface View {
  draw(progress: RunProgress, ended: boolean): void;
  close(): void;
}

class LiveView implements View {
  private readonly lines: LiveLines;

  constructor(private readonly options: WatchOptions) {
    this.lines = new LiveLines(options.terminal);
  }

  draw(progress: RunProgress): void {
    const { title, terminal, interrupts } = this.options;
    this.lines.draw(liveLines(progress, { title, columns: terminal.columns, stopping: interrupts.count > 0 }));
  }

  close(): void {
    this.lines.close();
  }
}

class LogView implements View {
  private next = 0;
  private step: number;
  private validation: RunProgress['validation'];
  private state = 'starting';
  private told = 0;

  constructor(
    private readonly terminal: Terminal,
    before: RunRecord,
  ) {
    this.step = before.step;
  }

  draw(progress: RunProgress, ended: boolean): void {
    const { status, step, steps, validation } = progress;
    const now = performance.now();
    const validated = validation !== undefined && validation.step !== this.validation?.step;
    if (step > this.step && (now >= this.next || ended || validated)) {
      this.next = now + LOG_EVERY_MS;
      this.step = step;
      writeLine(this.terminal, plainLine(progress));
    }
    if (validated) {
      this.validation = validation;
      writeLine(this.terminal, `step ${validation.step}/${steps}  validation loss ${validation.loss.toFixed(4)}`);
    }
    const { error } = status.record ?? {};
    for (const { code, words } of progress.alerts.slice(this.told)) if (code !== error?.code) writeLine(this.terminal, words);
    this.told = progress.alerts.length;
    if (status.state !== this.state && !ended && (status.state === 'paused' || this.state === 'paused'))
      writeLine(this.terminal, status.state);
    this.state = status.state;
  }

  close(): void {
    // Every line is already where it belongs.
  }
}
