// Watches folders of runs, thousands of them: a directory is looked at by the time of its `run.json`
// and read only when that changed; runs that have ended are looked at in turns.

import { type FSWatcher, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { errnoOf, readJson } from '../experiment/files';
import { isEnded } from '../experiment/run';
import { AdaptiveDisk, type Disk } from './disk';
import { notesFile, parseNotes, type RunNotes } from './notes';
import type { Disposable, RunSummary } from './runView';
import { RunStatusReader } from './status';
import { Wake } from './wake';

const LOOK_EVERY_MS = 1000;

/** Directories looked at together. */
const AT_ONCE = 32;

/** Looks between two breaths, in which this thread hears other questions. */
const BREATH = 100;

/** Of the runs that have ended, at least this many, and at least a tenth, are looked at each time. */
const ENDED_EACH_TIME = 250;

/** A launcher makes the directory a moment before `run.json`. */
const NEW_DIRECTORY_MS = 2000;

class ListedRun {
  private readonly reader: RunStatusReader;
  private readonly since = performance.now();
  private notesSignature: string | undefined;
  private notes: RunNotes | undefined;
  private told: RunSummary | undefined;

  constructor(readonly directory: string) {
    this.reader = new RunStatusReader(directory);
  }

  get isTold(): boolean {
    return this.told !== undefined;
  }

  get ended(): boolean {
    return this.told !== undefined && isEnded(this.told.state);
  }

  /** The summary where it changed since the last look. */
  async look(disk: Disk): Promise<RunSummary | undefined> {
    const [status, notesSignature] = await Promise.all([this.reader.look(disk), disk.signature(notesFile(this.directory))]);
    if (status.problems[0]?.code === 'run-missing' && performance.now() - this.since < NEW_DIRECTORY_MS) return undefined;
    const noted = notesSignature !== this.notesSignature;
    if (noted) {
      this.notesSignature = notesSignature;
      this.notes = notesSignature === undefined ? undefined : parseNotes(await readJson(notesFile(this.directory)).catch(() => undefined));
    }
    const { told } = this;
    if (!noted && told !== undefined && told.state === status.state && told.record === status.record && told.problems === status.problems) {
      return undefined;
    }
    this.told = { ...status, ...(this.notes && { notes: this.notes }) };
    return this.told;
  }
}

export class RunsWatcher implements Disposable {
  private readonly runs = new Map<string, ListedRun>();
  private readonly hints = new Map<string, FSWatcher>();
  private readonly found = new Map<string, readonly string[]>();
  private readonly wake = new Wake();
  private readonly disk = new AdaptiveDisk();
  private disposed = false;
  private turn = 0;

  /**
   * Calls `listener` once with every run there is (perhaps none), then with those that changed, came
   * or went. Folders need not exist yet.
   */
  constructor(
    private readonly folders: readonly string[],
    private readonly listener: (runs: readonly RunSummary[]) => void,
  ) {
    void this.keepLooking();
  }

  dispose(): void {
    this.disposed = true;
    for (const hint of this.hints.values()) hint.close();
    this.wake.now();
  }

  private async keepLooking(): Promise<void> {
    for (let first = true; !this.disposed; first = false) {
      const changed = await this.look();
      if (this.disposed) return;
      if (first || changed.length > 0) this.listener(changed);
      this.takeHints();
      await this.wake.after(LOOK_EVERY_MS);
    }
  }

  private async look(): Promise<readonly RunSummary[]> {
    const found = new Set((await Promise.all(this.folders.map((folder) => this.directoriesIn(folder)))).flat());
    const changed: RunSummary[] = [];
    for (const [directory, run] of this.runs) {
      if (found.has(directory)) continue;
      this.runs.delete(directory);
      if (run.isTold) changed.push({ directory, state: 'missing', problems: [] });
    }
    for (const directory of found) if (!this.runs.has(directory)) this.runs.set(directory, new ListedRun(directory));
    const due = this.due();
    let looked = 0;
    const next = async () => {
      for (let run = due.pop(); run !== undefined && !this.disposed; run = due.pop()) {
        const begun = performance.now();
        const { current } = this.disk;
        const looking = run.look(current);
        // What a look does before it first waits is what it holds this thread up for.
        this.disk.told(performance.now() - begun);
        const summary = await looking;
        if (summary !== undefined) changed.push(summary);
        if (++looked % BREATH === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
    return changed;
  }

  /** The runs to look at this time: those that may still change, and some of the others. */
  private due(): ListedRun[] {
    const runs = [...this.runs.values()];
    const ended = runs.filter((run) => run.ended);
    const count = Math.min(ended.length, Math.max(ENDED_EACH_TIME, Math.ceil(ended.length / 10)));
    const start = ended.length === 0 ? 0 : this.turn % ended.length;
    this.turn = start + count;
    const turn = [...ended, ...ended].slice(start, start + count);
    return [...runs.filter((run) => !run.ended), ...turn];
  }

  /** Watchers only make a look come sooner: many disks do not support them. */
  private takeHints(): void {
    for (const folder of this.folders) {
      if (this.hints.has(folder)) continue;
      try {
        const hint = watch(folder, { persistent: false }, () => this.wake.now());
        hint.on('error', () => hint.close());
        this.hints.set(folder, hint);
      } catch {
        // The folder may come later; until a look finds it, there is nothing to hear about.
      }
    }
  }

  /** Directories in a folder; those of the last look where the folder cannot be read just now. */
  private async directoriesIn(folder: string): Promise<readonly string[]> {
    try {
      const entries = await readdir(folder, { withFileTypes: true });
      const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map((entry) => entry.name);
      this.found.set(
        folder,
        names.map((name) => path.join(folder, name)),
      );
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) this.found.delete(folder);
    }
    return this.found.get(folder) ?? [];
  }
}
