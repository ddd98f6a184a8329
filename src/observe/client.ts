// The extension host's side of the observer: starts the worker when it is first needed, carries
// questions and answers, and puts everything back in place if the worker dies once.

import { Worker } from 'node:worker_threads';
import { Failure } from '../experiment/failure';
import type { MessageArgs } from '../experiment/messages';
import type {
  Histogram,
  HistogramRequest,
  Profile,
  ProfileRequest,
  RunOutcomes,
  RunStatus,
  Series,
  SeriesRequest,
  Tile,
  TileRequest,
} from '../experiment/view';
import type { Answer, FromWorker, Question, ToWorker } from './port';
import type { Disposable, ExtentListener, RunSnapshot, RunSummary, RunView } from './runView';

interface Pending {
  readonly run: number;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Failure) => void;
}

interface Watched {
  readonly folders: readonly string[];
  readonly listener: (runs: readonly RunSummary[]) => void;
}

/** A problem of the observer itself, as a code with arguments: `observer-restarted` or `observer-stopped`. */
export type ObserverProblem = { readonly code: string; readonly args: MessageArgs };

export class Observer implements Disposable {
  private worker: Worker | undefined;
  private readonly watches = new Map<number, Watched>();
  private readonly runs = new Map<number, ClientRun>();
  private readonly pending = new Map<number, Pending>();
  private numbers = 0;
  private deaths = 0;
  private stopped: Failure | undefined;

  /** `workerScript` is the path of the built worker (`dist/observer.mjs`). */
  constructor(
    private readonly workerScript: string,
    private readonly onProblem: (problem: ObserverProblem) => void = () => undefined,
  ) {}

  /**
   * Calls `listener` once with every run below `folders` (perhaps none), then with those that changed,
   * came or went. After the worker was restarted it is called with every run again.
   */
  watchRuns(folders: readonly string[], listener: (runs: readonly RunSummary[]) => void): Disposable {
    const watch = ++this.numbers;
    this.watches.set(watch, { folders, listener });
    this.say({ type: 'watch', watch, folders });
    return {
      dispose: () => {
        if (this.watches.delete(watch)) this.say({ type: 'unwatch', watch });
      },
    };
  }

  openRun(directory: string): RunView {
    const number = ++this.numbers;
    const run = new ClientRun(directory, number, {
      say: (message) => this.say(message),
      ask: (question) => this.ask(number, question),
      forget: () => this.forget(number),
    });
    this.runs.set(number, run);
    run.announce();
    return run;
  }

  dispose(): void {
    this.end(new Failure('observer-stopped', { detail: 'disposed' }));
    void this.worker?.terminate();
    this.worker = undefined;
  }

  private ask<A extends Answer>(run: number, question: Question): Promise<A> {
    return new Promise((resolve, reject) => {
      if (this.stopped !== undefined) {
        reject(this.stopped);
        return;
      }
      const id = ++this.numbers;
      this.pending.set(id, { run, resolve, reject });
      this.say({ type: 'ask', run, id, question });
    });
  }

  private forget(number: number): void {
    const run = this.runs.get(number);
    if (run === undefined) return;
    this.runs.delete(number);
    this.refuse((pending) => pending.run === number, run.closedFailure());
  }

  private say(message: ToWorker): void {
    if (this.stopped !== undefined) return;
    if (this.worker === undefined) this.worker = this.start();
    this.worker.postMessage(message);
  }

  private start(): Worker {
    // No flags of the host: an inspector port or a loader is not meant for this thread.
    // Almost all it holds are typed arrays, so a small nursery costs no time and saves tens of megabytes.
    const worker = new Worker(this.workerScript, {
      execArgv: [],
      name: 'fathom-observer',
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    let detail = '';
    worker.on('message', (message: FromWorker) => this.hear(message));
    worker.on('error', (error: unknown) => {
      detail = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', (code) => {
      if (worker === this.worker) this.died(detail === '' ? `exit code ${code}` : detail);
    });
    return worker;
  }

  private died(detail: string): void {
    this.worker = undefined;
    if (this.deaths++ > 0) {
      this.end(new Failure('observer-stopped', { detail }));
      this.onProblem({ code: 'observer-stopped', args: { detail } });
      return;
    }
    this.refuse(() => true, new Failure('observer-restarted', { detail }));
    this.onProblem({ code: 'observer-restarted', args: { detail } });
    for (const [watch, { folders }] of this.watches) this.say({ type: 'watch', watch, folders });
    for (const run of this.runs.values()) run.announce();
  }

  private end(failure: Failure): void {
    this.stopped ??= failure;
    this.refuse(() => true, failure);
  }

  private refuse(which: (pending: Pending) => boolean, failure: Failure): void {
    for (const [id, pending] of this.pending) {
      if (!which(pending)) continue;
      this.pending.delete(id);
      pending.reject(failure);
    }
  }

  private hear(message: FromWorker): void {
    switch (message.type) {
      case 'runs':
        this.watches.get(message.watch)?.listener(message.runs);
        return;
      case 'status':
        this.runs.get(message.run)?.hearStatus(message.status);
        return;
      case 'extent':
        this.runs.get(message.run)?.hearExtent(message.extent, message.texts);
        return;
      case 'answer': {
        const pending = this.pending.get(message.id);
        this.pending.delete(message.id);
        // Each kind of question has its own kind of answer.
        pending?.resolve(message.answer as never);
        return;
      }
      case 'refused': {
        const pending = this.pending.get(message.id);
        this.pending.delete(message.id);
        pending?.reject(new Failure(message.code, message.args));
        return;
      }
      default:
        message satisfies never;
    }
  }
}

interface Line {
  say(message: ToWorker): void;
  ask<A extends Answer>(question: Question): Promise<A>;
  forget(): void;
}

class ClientRun implements RunView {
  private readonly statusListeners = new Set<(status: RunStatus) => void>();
  private readonly extentListeners = new Set<ExtentListener>();
  private active = true;
  private closed = false;
  private generation = -1;

  constructor(
    private readonly directory: string,
    private readonly number: number,
    private readonly line: Line,
  ) {}

  /** Opens the run in the worker; after a restart with a generation that was never told. */
  announce(): void {
    const { number: run, directory, active } = this;
    this.line.say({ type: 'open', run, directory, generation: this.generation + 1, active });
  }

  snapshot(): Promise<RunSnapshot> {
    return this.ask({ kind: 'snapshot' });
  }

  tile(request: TileRequest): Promise<Tile> {
    return this.ask({ kind: 'tile', request });
  }

  series(request: SeriesRequest): Promise<Series> {
    return this.ask({ kind: 'series', request });
  }

  profile(request: ProfileRequest): Promise<Profile> {
    return this.ask({ kind: 'profile', request });
  }

  histogram(request: HistogramRequest): Promise<Histogram> {
    return this.ask({ kind: 'histogram', request });
  }

  outcomes(): Promise<RunOutcomes> {
    return this.ask({ kind: 'outcomes' });
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
    if (this.closed || active === this.active) return;
    this.active = active;
    this.line.say({ type: 'active', run: this.number, active });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.line.say({ type: 'close', run: this.number });
    this.line.forget();
  }

  closedFailure(): Failure {
    return new Failure('run-closed', { path: this.directory });
  }

  hearStatus(status: RunStatus): void {
    for (const listener of this.statusListeners) listener(status);
  }

  hearExtent(...[extent, texts]: Parameters<ExtentListener>): void {
    this.generation = Math.max(this.generation, extent.generation);
    for (const listener of this.extentListeners) listener(extent, texts);
  }

  private ask<A extends Answer>(question: Question): Promise<A> {
    return this.closed ? Promise.reject(this.closedFailure()) : this.line.ask(question);
  }
}
