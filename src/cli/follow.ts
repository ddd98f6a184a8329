// Follows a run by its directory alone, as every watcher does: its state from `run.json`, its numbers
// from the event files, put together into what a person wants to see.

import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { DepthLayout, RunEvent } from '../experiment/events';
import { eventsFolder } from '../experiment/runDirectory';
import type { RunStatus } from '../experiment/view';
import { RunStatusReader } from '../observe/status';
import { EventFileTail } from '../observe/tail';
import { alertOf, type ToldAlert } from './alerts';
import { LossCurve } from './lossCurve';

const EVENT_FILE = /^events\.out\.tfevents\./;
/** Steps that the speed is measured over. */
const RECENT_STEPS = 40;
/** A trainer writes its last word and ends: only a process gone for two looks is lost. */
const SECOND_LOOK_MS = 300;

export interface DepthRecord {
  readonly step: number;
  readonly layout: DepthLayout;
  /** Row-major `[rows, columns]`. */
  readonly values: Float32Array;
}

export interface RunProgress {
  readonly status: RunStatus;
  readonly step: number;
  readonly steps: number;
  /** Last known values by scalar tag. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Of this start's last validation: it may lie some steps back when several are read at once. */
  readonly validation?: { readonly step: number; readonly loss: number };
  /** Training loss over this start's steps, compressed to a few hundred places. */
  readonly losses: readonly number[];
  /** Of this start, oldest first. */
  readonly alerts: readonly ToldAlert[];
  /** The last recorded statistics over depth. */
  readonly depth?: DepthRecord;
  /** At the speed of the last steps; absent until there are two of them, and while paused. */
  readonly secondsLeft?: number;
}

/** Names of the event files that a run has already: those of earlier starts. */
export async function eventFiles(directory: string): Promise<readonly string[]> {
  const names = await readdir(eventsFolder(directory)).catch(() => []);
  return names.filter((name) => EVENT_FILE.test(name)).sort();
}

export class RunFollower {
  private readonly statuses: RunStatusReader;
  private readonly tails = new Map<string, EventFileTail>();
  private readonly losses = new LossCurve();
  private metrics: Record<string, number> = {};
  private recent: { readonly step: number; readonly wallTime: number }[] = [];
  private validation: RunProgress['validation'];
  private alerts: readonly ToldAlert[] = [];
  private layout: DepthLayout | undefined;
  private depth: DepthRecord | undefined;

  /** @param skip event files of earlier starts */
  constructor(
    private readonly directory: string,
    private readonly skip: readonly string[] = [],
  ) {
    this.statuses = new RunStatusReader(directory);
  }

  async look(): Promise<RunProgress> {
    let status = await this.statuses.look();
    if (status.state === 'lost') {
      await new Promise((resolve) => setTimeout(resolve, SECOND_LOOK_MS));
      status = await this.statuses.look();
    }
    await this.readEvents();
    const { record } = status;
    const step = Math.max(record?.step ?? 0, this.recent.at(-1)?.step ?? 0);
    const steps = record?.steps ?? 0;
    if (status.state !== 'running') this.recent = this.recent.slice(-1);
    const secondsLeft = this.secondsLeft(steps);
    return {
      status,
      step,
      steps,
      metrics: { ...record?.metrics, ...this.metrics },
      losses: this.losses.points(),
      alerts: this.alerts,
      ...(this.validation && { validation: this.validation }),
      ...(this.depth && { depth: this.depth }),
      ...(secondsLeft !== undefined && { secondsLeft }),
    };
  }

  private async readEvents(): Promise<void> {
    for (const name of await eventFiles(this.directory)) {
      if (this.skip.includes(name)) continue;
      const tail = this.tails.get(name) ?? new EventFileTail(path.join(eventsFolder(this.directory), name));
      this.tails.set(name, tail);
      for (let more = true; more; ) {
        const read = await tail.read();
        for (const event of read.events) this.take(event);
        more = read.more;
      }
    }
  }

  private take(event: RunEvent): void {
    if (event.kind === 'scalars') {
      const { step, wallTime, values } = event;
      this.metrics = { ...this.metrics, ...values };
      const validation = values['loss/validation'];
      if (validation !== undefined) this.validation = { step, loss: validation };
      const loss = values['loss/train'];
      if (loss === undefined) return;
      this.losses.push(loss);
      this.recent = [...this.recent.slice(-RECENT_STEPS), { step, wallTime }];
    } else if (event.kind === 'depth') {
      this.layout = event.layout ?? this.layout;
      if (this.layout) this.depth = { step: event.step, layout: this.layout, values: event.values };
    } else if (event.kind === 'text' && event.tag === 'alert') {
      this.alerts = [...this.alerts, alertOf(event.text)];
    } else if (event.kind === 'session-start') {
      // The run has gone back.
      this.recent = this.recent.filter(({ step }) => step < event.step);
    }
  }

  private secondsLeft(steps: number): number | undefined {
    const [first, last] = [this.recent[0], this.recent.at(-1)];
    if (first === undefined || last === undefined || last.step <= first.step) return undefined;
    return ((steps - last.step) * (last.wallTime - first.wallTime)) / (last.step - first.step);
  }
}
