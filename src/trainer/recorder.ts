// The trainer's voice: `run.json` and the event file. `run.json` is written at most once a second and
// whenever the state changes; its heartbeat counts on while a long step computes.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { DepthLayout, HistogramLayout } from '../experiment/events';
import { EventWriter } from '../experiment/eventWriter';
import { Failure } from '../experiment/failure';
import { removeTemporaries } from '../experiment/files';
import { RunLock } from '../experiment/lock';
import { render } from '../experiment/messages';
import { identify } from '../experiment/processes';
import type { RunAlert, RunError, RunRecord, WrittenState } from '../experiment/run';
import { logFile, readRun, runFile, writeRun } from '../experiment/runDirectory';

const HEARTBEAT_MS = 1000;

export class Recorder {
  private dirty = true;
  private writing: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private events: EventWriter | undefined;

  private constructor(
    readonly directory: string,
    private readonly lock: RunLock,
    private record: RunRecord,
  ) {}

  /**
   * Takes `run.json` over for this process, in state `starting`. Throws `Failure` `run-busy` where another trainer
   * is at work on the run; nothing is changed then.
   */
  static async take(directory: string): Promise<Recorder> {
    const lock = await RunLock.take(directory, { waiting: ({ pid, host }) => console.log(waitingWords(pid, host)) });
    try {
      return await Recorder.start(directory, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  private static async start(directory: string, lock: RunLock): Promise<Recorder> {
    await removeTemporaries(directory, [path.basename(runFile(directory))]);
    const { error: _error, alert: _alert, ...record } = await readRun(directory);
    const own = { ...record, state: 'starting', process: identify(), heartbeat: record.heartbeat + 1 } as const;
    const recorder = new Recorder(directory, lock, own);
    await recorder.flush();
    recorder.timer = setInterval(() => recorder.beat(), HEARTBEAT_MS);
    recorder.timer.unref();
    return recorder;
  }

  get current(): RunRecord {
    return this.record;
  }

  /** @param from the first step to come; what older files say from there on is superseded. */
  openEvents(from: number): void {
    this.events?.close();
    this.events = EventWriter.open(this.directory, { sessionStart: from });
  }

  /** Changes what `run.json` says, at the next beat. */
  update(change: Partial<RunRecord>): void {
    this.record = { ...this.record, ...change, metrics: { ...this.record.metrics, ...change.metrics } };
    this.dirty = true;
  }

  /** What lasts while the run goes on, for whoever only looks at `run.json`; undefined once it is over. */
  standing(alert: RunAlert | undefined): void {
    const { alert: _, ...record } = this.record;
    this.record = alert ? { ...record, alert } : record;
    this.dirty = true;
  }

  /** Changes the state, on disk when this returns. */
  async enter(state: WrittenState, change: Partial<RunRecord> = {}): Promise<void> {
    this.update({ ...change, state });
    await this.flush();
  }

  scalars(step: number, values: Readonly<Record<string, number>>): void {
    this.events?.scalars(step, values);
  }

  depth(step: number, layout: DepthLayout, values: Float32Array): void {
    this.events?.depth(step, layout, values);
  }

  histogram(step: number, name: string, layout: HistogramLayout, counts: Float32Array): void {
    this.events?.histogram(step, name, layout, counts);
  }

  text(step: number, tag: string, value: unknown): void {
    this.events?.text(step, tag, JSON.stringify(value));
  }

  /** What was said so far is on the disk when this returns, whatever happens to the machine. */
  async syncEvents(): Promise<void> {
    await this.events?.sync();
  }

  /** Ends in `failed` with words a person can act on. */
  async fail(error: unknown): Promise<RunError> {
    const reported = describeError(error, this.directory);
    await this.enter('failed', { error: reported });
    return reported;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.events?.close();
    await this.writing.catch(() => undefined);
    await this.lock.release();
  }

  /** Throws `Failure` `run-taken-away` where nothing may be written any more: a deleted run must not come back in parts. */
  checkThere(): void {
    if (this.lock.isLost) throw new Failure('run-taken-away', { path: this.directory });
  }

  private beat(): void {
    this.record = { ...this.record, heartbeat: this.record.heartbeat + 1 };
    this.dirty = true;
    this.flush().catch((error: unknown) => console.error(`run.json could not be written: ${describeError(error, this.directory).message}`));
  }

  private flush(): Promise<void> {
    const write = async (): Promise<void> => {
      if (!this.dirty) return;
      this.dirty = false;
      this.checkThere();
      const { memory } = this.record;
      const peak = peakMemory();
      await writeRun(this.directory, memory ? { ...this.record, memory: { ...memory, peak } } : this.record);
    };
    this.writing = this.writing.catch(() => undefined).then(write);
    return this.writing;
  }
}

function waitingWords(pid: number, host: string): string {
  return `waiting to see whether the trainer that had this run (process ${pid} on ${host}) is still at work`;
}

/** A failure's own words; anything else is a defect of ours, and the log has its stack. */
export function describeError(error: unknown, directory: string): RunError {
  if (error instanceof Failure) return { code: error.code, args: error.args, message: error.message };
  const detail = error instanceof Error ? error.message : String(error);
  for (const [code, said] of ENGINE_FAILURES)
    if (error instanceof Error && said.test(detail)) return { code, args: { detail }, message: render(code, { detail }) };
  const args = { detail, log: logFile(directory) };
  return { code: 'unexpected-failure', args, message: render('unexpected-failure', args) };
}

/** What Node, engines and the drivers below them (Dawn, Vulkan, Direct3D, CUDA) say where memory ran out or a card went away. */
const ENGINE_FAILURES = [
  [
    'out-of-memory',
    /bad_alloc|bad allocation|failed to allocate memory|array buffer allocation failed|out[ _]of[ _](device[ _]|host[ _])?memory|\bOOM\b/i,
  ],
  ['device-lost', /device[ _]?((was|is|has been)[ _])?(lost|removed|hung)/i],
] as const;

/** Bytes. What Linux tells of a process's resources counts the one that started it in, hence its own account of it. */
function peakMemory(): number {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kilobytes !== undefined) return 1024 * Number(kilobytes);
  } catch {
    // Another system than Linux.
  }
  return 1024 * process.resourceUsage().maxRSS;
}
