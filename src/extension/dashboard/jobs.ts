// What a dashboard's person asks of checkpoints: a task's score, or text. Each is a call of the terminal
// tool, told to the page as it goes; one of each kind at a time. Free of `vscode`, like the session that
// owns it.
import type { EvaluateRequest, GenerateRequest, Job, JobKind } from '../../protocol/messages';
import { Lifetime } from '../lifetime';

/** Milliseconds between tellings of a job that writes or counts. */
const TELL_EVERY_MS = 60;

/** Hears of a call: pieces of its output, and how far it is. */
export interface CallWatcher {
  out?(text: string): void;
  progress?(done: number, of: number): void;
}

export interface JobParts {
  /** What the terminal tool wrote; undefined where it was ended, or may not or cannot run and the person knows why. */
  call(args: readonly string[], watcher: CallWatcher, signal: AbortSignal): Promise<string | undefined>;
  /** Options that name a task's files as a person chose them; undefined where they chose none. */
  files(task: string): Promise<readonly string[] | undefined>;
  explain(error: unknown): string;
  tell(job: Job): void;
}

interface Running {
  job: Job;
  readonly ending: AbortController;
  told: ReturnType<typeof setTimeout> | undefined;
}

export class Jobs extends Lifetime {
  private readonly jobs = new Map<JobKind, Running>();

  constructor(
    private readonly directory: string,
    private readonly parts: JobParts,
  ) {
    super();
    this.own({
      dispose: () => {
        for (const kind of this.jobs.keys()) this.end(kind);
      },
    });
  }

  /** As they stand, for a page that comes anew. */
  get all(): readonly Job[] {
    return [...this.jobs.values()].map(({ job }) => job);
  }

  async evaluate({ task, step, averaged, limit }: EvaluateRequest): Promise<void> {
    await this.run({ kind: 'evaluate', running: true, step, about: task, texts: [] }, async (job, signal) => {
      const files = await this.parts.files(task);
      if (!files || signal.aborted) return;
      const which = ['--step', String(step), ...(averaged ? ['--weights', 'averaged'] : [])];
      const some = limit === undefined ? [] : ['--limit', String(limit)];
      const args = ['evaluate', this.directory, '--task', task, ...files, ...which, ...some, '--json', '--progress'];
      await this.parts.call(args, { progress: (done, of) => this.change(job, { done, of }) }, signal);
    });
  }

  async generate({ prompt, step, tokens, count, temperature, topK, seed }: GenerateRequest): Promise<void> {
    await this.run({ kind: 'generate', running: true, step, about: prompt, texts: [] }, async (job, signal) => {
      const options = { step, tokens, count, temperature, 'top-k': topK, seed };
      const args = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)]));
      const reader = new Pieces((sample, text) => {
        const texts = Array.from({ length: Math.max(sample + 1, job.job.texts.length) }, (_, index) => job.job.texts[index] ?? '');
        texts[sample] += text;
        this.change(job, { texts });
      });
      const watcher = { out: (text: string) => reader.take(text) };
      await this.parts.call(['generate', this.directory, `--prompt=${prompt}`, ...args, '--json', '--save'], watcher, signal);
    });
  }

  end(kind: JobKind): void {
    this.jobs.get(kind)?.ending.abort();
  }

  private async run(first: Job, work: (job: Running, signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.isOver || this.jobs.get(first.kind)?.job.running) return;
    const running: Running = { job: first, ending: new AbortController(), told: undefined };
    this.jobs.set(first.kind, running);
    this.parts.tell(first);
    let error: string | undefined;
    try {
      await work(running, running.ending.signal);
    } catch (reason) {
      error = this.parts.explain(reason);
    }
    clearTimeout(running.told);
    running.job = { ...running.job, running: false, ...(error !== undefined && { error }) };
    if (!this.isOver) this.parts.tell(running.job);
  }

  private change(running: Running, change: Partial<Job>): void {
    running.job = { ...running.job, ...change };
    running.told ??= setTimeout(() => {
      running.told = undefined;
      if (!this.isOver && running.job.running) this.parts.tell(running.job);
    }, TELL_EVERY_MS);
  }
}

/** Lines of `fathom generate --json`, however they are cut. */
class Pieces {
  private rest = '';

  constructor(private readonly found: (sample: number, text: string) => void) {}

  take(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      const { sample, text: piece }: { sample?: unknown; text?: unknown } = JSON.parse(line);
      if (typeof sample === 'number' && typeof piece === 'string') this.found(sample, piece);
    }
  }
}
