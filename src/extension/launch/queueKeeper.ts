// Which run of the queue is next, and when: the one that has waited longest, once nothing trains here, and one at
// a time. Free of `vscode`, for its tests.
import { hostname } from 'node:os';
import type { RunSummary } from '../../observe/runView';

export interface QueueView {
  /** Directories of the runs that are to be started from here. */
  waiting(): readonly string[];
  status(directory: string): RunSummary | undefined;
  /** Since when it waits, in milliseconds; undefined where it does not, or not on this machine. */
  since(directory: string): Promise<number | undefined>;
  /** Whether it was started. */
  start(directory: string): Promise<boolean>;
}

/** Whether it takes processors of this machine. A paused run takes none, and a probe is over in a moment. */
export function trainsHere({ state, record }: RunSummary): boolean {
  const here = record?.process === undefined || record.process.host === hostname();
  return (state === 'starting' || state === 'running') && record?.kind === 'run' && here;
}

export class QueueKeeper {
  /** Each is tried once: what could not be started has been told, and is started by hand. */
  private readonly tried = new Set<string>();
  private last: string | undefined;
  private looking = false;

  constructor(private readonly view: QueueView) {}

  /** A run waits, perhaps not for the first time. */
  added(directory: string): void {
    this.tried.delete(directory);
  }

  /** To be told of every change; starts at most one run. @throws what `start` does */
  async look(runs: readonly RunSummary[]): Promise<void> {
    if (this.looking || runs.some(trainsHere)) return;
    // Just started, and nobody has looked at it since.
    if (this.last !== undefined && this.view.status(this.last)?.state === 'queued') return;
    this.last = undefined;
    this.looking = true;
    try {
      const next = await this.next();
      if (next === undefined) return;
      this.tried.add(next);
      if (await this.view.start(next)) this.last = next;
    } finally {
      this.looking = false;
    }
  }

  private async next(): Promise<string | undefined> {
    const queued = this.view.waiting().filter((directory) => !this.tried.has(directory) && this.view.status(directory)?.state === 'queued');
    const waits = await Promise.all(queued.map(async (directory) => ({ directory, since: await this.view.since(directory) })));
    const standing = waits.flatMap(({ directory, since }) => (since === undefined ? [] : [{ directory, since }]));
    return standing.sort((a, b) => a.since - b.since)[0]?.directory;
  }
}
