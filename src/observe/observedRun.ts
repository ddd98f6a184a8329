// One run as a watcher sees it, in the thread that asks: follows status and event files, tells what
// changes, answers questions. `worker.ts` puts it behind a port; tests and the terminal use it as it is.

import { type FSWatcher, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../experiment/failure';
import { readJson } from '../experiment/files';
import { isEnded } from '../experiment/run';
import { configFile, eventsFolder, runFile } from '../experiment/runDirectory';
import type {
  Histogram,
  HistogramRequest,
  Profile,
  ProfileRequest,
  RunExtent,
  RunOutcomes,
  RunStatus,
  Series,
  SeriesRequest,
  Tile,
  TileRequest,
} from '../experiment/view';
import { DamagedBlock } from './blocks';
import { Follower } from './follower';
import { answerHistogram } from './histograms';
import { RunHistory } from './history';
import { outcomesSignature, readOutcomes } from './outcomes';
import type { Disposable, ExtentListener, RunSnapshot, RunView } from './runView';
import { RunStatusReader } from './status';
import { answerProfile, answerSeries, answerTile } from './tiles';
import { Wake } from './wake';

/** Pauses between looks at the event files. */
const ACTIVE_MS = 120;
const ENDED_MS = 1000;
const INACTIVE_MS = 2000;

/** `run.json`, new event files and event files that are not the last one change less often. */
const STATUS_EVERY_MS = 400;
const FILES_EVERY_MS = 1000;

/** While a long history is read, what has come so far is told this often: each time costs a page a whole picture. */
const TELL_EVERY_MS = 250;

/** A first picture may come before a long history is read to its end: what was read this long after opening is enough. */
const SNAPSHOT_WAITS_MS = 300;

export interface ObserveOptions {
  /** Bytes of columns held in memory per event file before they go to `derived/`. */
  readonly memoryBytes?: number;
  /** Generation to begin with, for a run that was observed before. */
  readonly generation?: number;
}

export class ObservedRun implements RunView {
  private readonly history: RunHistory;
  private readonly statusReader: RunStatusReader;
  private readonly followers = new Map<string, Follower>();
  private readonly statusListeners = new Set<(status: RunStatus) => void>();
  private readonly extentListeners = new Set<ExtentListener>();
  private readonly wake = new Wake();
  private hint: FSWatcher | undefined;
  private active = true;
  private closed = false;
  private memoryBytes: number | undefined;
  private rebuilds = 0;
  private rebuilding: Promise<void> | undefined;

  private status: RunStatus | undefined;
  private outcomesSeen: string | undefined;
  private told = { extent: '', status: '', texts: 0, generation: -1, at: Number.NEGATIVE_INFINITY };
  private readonly last = { status: Number.NEGATIVE_INFINITY, files: Number.NEGATIVE_INFINITY };
  /** Resolve when the look that is under way, or the next one, is over. */
  private waiting: (() => void)[] = [];
  private readonly opened = performance.now();
  private readonly firstLook: Promise<void>;
  private readonly ended: Promise<void>;

  constructor(
    readonly directory: string,
    options: ObserveOptions = {},
  ) {
    this.memoryBytes = options.memoryBytes;
    this.history = new RunHistory(options.generation);
    this.statusReader = new RunStatusReader(directory);
    this.firstLook = this.nextLook();
    this.ended = this.keepLooking();
  }

  async snapshot(): Promise<RunSnapshot> {
    this.checkOpen();
    const wait = Math.max(0, this.opened + SNAPSHOT_WAITS_MS - performance.now());
    await Promise.race([this.firstLook, new Promise((resolve) => setTimeout(resolve, wait))]);
    const [status, config] = await Promise.all([
      this.status ?? this.statusReader.look(),
      readJson(configFile(this.directory)).catch(() => undefined),
    ]);
    this.checkOpen();
    // What the snapshot holds has been told; what is told later is new.
    this.tellExtent();
    return {
      status: this.withProblems(status),
      extent: this.extent(),
      texts: this.history.texts(),
      ...(config !== undefined && { config }),
    };
  }

  tile(request: TileRequest): Promise<Tile> {
    return this.answer(() => answerTile(this.history, request));
  }

  series(request: SeriesRequest): Promise<Series> {
    return this.answer(() => answerSeries(this.history, request));
  }

  profile(request: ProfileRequest): Promise<Profile> {
    return this.answer(() => answerProfile(this.history, request));
  }

  histogram(request: HistogramRequest): Promise<Histogram> {
    return this.answer(() => answerHistogram(this.history.histograms(request.name), request));
  }

  async outcomes(): Promise<RunOutcomes> {
    this.checkOpen();
    return await readOutcomes(this.directory);
  }

  onStatus(listener: (status: RunStatus) => void): Disposable {
    this.statusListeners.add(listener);
    return { dispose: () => this.statusListeners.delete(listener) };
  }

  onExtent(listener: ExtentListener): Disposable {
    this.extentListeners.add(listener);
    return { dispose: () => this.extentListeners.delete(listener) };
  }

  setActive(active: boolean): void {
    this.active = active;
    if (active) this.wake.now();
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.hint?.close();
    this.wake.now();
  }

  /** After `close`: resolves when nothing is read or written any more. */
  get closing(): Promise<void> {
    return this.ended;
  }

  private async keepLooking(): Promise<void> {
    while (!this.closed) {
      await this.look();
      for (const resolve of this.waiting.splice(0)) resolve();
      if (this.closed) break;
      this.takeHint();
      await this.wake.after(this.pause());
    }
    for (const follower of this.followers.values()) {
      await follower.save('ending');
      follower.close();
    }
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private pause(): number {
    if (!this.active) return INACTIVE_MS;
    const ended = this.status !== undefined && isEnded(this.status.state);
    return ended ? ENDED_MS : ACTIVE_MS;
  }

  private async look(): Promise<void> {
    const now = performance.now();
    if (now - this.last.status >= STATUS_EVERY_MS) {
      this.last.status = now;
      this.status = await this.statusReader.look();
      this.outcomesSeen = await outcomesSignature(this.directory);
      this.tellStatus();
    }
    const all = now - this.last.files >= FILES_EVERY_MS;
    if (all) {
      this.last.files = now;
      await this.findFiles();
    }
    const names = this.history.files.map((file) => file.name);
    for (const name of all ? names : names.slice(-1)) await this.readFile(name);
    this.tellExtent();
    this.tellStatus();
  }

  private async findFiles(): Promise<void> {
    const names = await readdir(eventsFolder(this.directory)).catch(() => []);
    const fresh = names.filter((name) => isEventFile(name) && !this.followers.has(name));
    for (const name of fresh) this.followers.set(name, await Follower.open(this.pathOf(name), this.memoryBytes));
    if (fresh.length > 0) this.arrange();
  }

  private async readFile(name: string): Promise<void> {
    for (let more = true; more && !this.closed; ) {
      const follower = this.followers.get(name);
      if (follower === undefined) return;
      const read = await follower.tail.read();
      // Read anew in the meantime: this belongs to nobody.
      if (this.followers.get(name) !== follower) continue;
      this.history.apply(follower.history, read.events);
      more = read.more;
      if (performance.now() - this.told.at >= TELL_EVERY_MS) this.tellExtent();
      await follower.save('due');
      if (!more) follower.history.blocks?.rest();
    }
  }

  /** The question's answer; where `derived/` turns out damaged, after reading the event files again. */
  private async answer<T>(question: () => T): Promise<T> {
    this.checkOpen();
    try {
      return question();
    } catch (error) {
      if (!(error instanceof DamagedBlock)) throw error;
    }
    this.rebuilding ??= this.rebuild().finally(() => {
      this.rebuilding = undefined;
    });
    await this.rebuilding;
    this.checkOpen();
    return question();
  }

  private async rebuild(): Promise<void> {
    // A disk that loses what was written to it twice is not trusted again.
    if (this.rebuilds++ > 0) this.memoryBytes = Number.POSITIVE_INFINITY;
    for (const [name, follower] of this.followers) {
      if (!follower.history.blocks?.inFiles) continue;
      follower.close();
      this.followers.set(name, Follower.anew(this.pathOf(name), this.memoryBytes));
    }
    this.arrange();
    this.history.restart();
    this.last.files = Number.NEGATIVE_INFINITY;
    this.wake.now();
    // The look that is under way may have passed these files already.
    await this.nextLook();
    await this.nextLook();
  }

  private arrange(): void {
    this.history.setFiles([...this.followers.values()].map((follower) => follower.history));
  }

  private tellExtent(): void {
    this.told.at = performance.now();
    const extent = this.extent();
    const { columns, lastScalarStep, lastStep, generation, texts: count, scalars, outcomes } = extent;
    const key = JSON.stringify([columns, lastScalarStep, lastStep, generation, count, scalars, outcomes]);
    if (key === this.told.extent) return;
    const texts = this.history.texts().slice(extent.generation === this.told.generation ? this.told.texts : 0);
    this.told = { ...this.told, extent: key, texts: extent.texts, generation: extent.generation };
    for (const listener of this.extentListeners) listener(extent, texts);
  }

  private extent(): RunExtent {
    const extent = this.history.extent();
    return this.outcomesSeen === undefined ? extent : { ...extent, outcomes: this.outcomesSeen };
  }

  private tellStatus(): void {
    if (this.status === undefined) return;
    const status = this.withProblems(this.status);
    const key = JSON.stringify([status.state, status.record, status.problems]);
    if (key === this.told.status) return;
    this.told.status = key;
    for (const listener of this.statusListeners) listener(status);
  }

  /** With what is wrong about event files; where the whole run is gone, that says it all. */
  private withProblems(status: RunStatus): RunStatus {
    if (status.state === 'missing') return status;
    const tails = [...this.followers.values()].flatMap(({ tail }) => tail.problem ?? []);
    const files = [...this.history.problems(), ...tails];
    return files.length === 0 ? status : { ...status, problems: [...status.problems, ...files] };
  }

  private takeHint(): void {
    if (this.hint !== undefined) return;
    try {
      this.hint = watch(this.directory, { persistent: false }, (_, name) => {
        if (name === path.basename(runFile(this.directory))) this.last.status = Number.NEGATIVE_INFINITY;
        if (name !== null && isEventFile(name) && !this.followers.has(name)) this.last.files = Number.NEGATIVE_INFINITY;
        if (this.active) this.wake.now();
      });
      this.hint.on('error', () => this.hint?.close());
    } catch {
      // Looks come often enough without.
    }
  }

  private nextLook(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private pathOf(name: string): string {
    return path.join(eventsFolder(this.directory), name);
  }

  private checkOpen(): void {
    if (this.closed) throw new Failure('run-closed', { path: this.directory });
  }
}

function isEventFile(name: string): boolean {
  return name.includes('.tfevents.');
}
