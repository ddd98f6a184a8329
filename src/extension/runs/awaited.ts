// Which ends and divergences of runs are news: of those a person saw alive here, or started here, and each only
// once. Free of `vscode`, for its tests.
import type { RunSummary } from '../../observe/runView';
import { isAlive } from './presentation';

export class AwaitedEnds {
  /** With what was known of a run when it was started anew: that is old news. */
  private readonly awaited = new Map<string, RunSummary | undefined>();

  /** A run is being started here: its end is news even if it comes before the first look at it. */
  expect(directory: string, known: RunSummary | undefined): void {
    this.awaited.set(directory, known);
  }

  /** It could not be started, which whoever tried has said already. */
  forget(directory: string): void {
    this.awaited.delete(directory);
  }

  /** The runs that have ended since the last look. */
  look(runs: readonly RunSummary[]): readonly RunSummary[] {
    const ended: RunSummary[] = [];
    for (const run of runs) {
      if (isAlive(run.state)) this.awaited.set(run.directory, undefined);
      else if (this.awaited.has(run.directory) && this.awaited.get(run.directory) !== run) {
        this.awaited.delete(run.directory);
        ended.push(run);
      }
    }
    return ended;
  }
}

export class AwaitedAlerts {
  /** The alert that each living run was last seen with; empty for none. */
  private readonly seen = new Map<string, string>();

  /** The runs that have begun to diverge since the last look. One that did before this window saw it is no news. */
  look(runs: readonly RunSummary[]): readonly RunSummary[] {
    const news: RunSummary[] = [];
    for (const run of runs) {
      if (!isAlive(run.state)) {
        this.seen.delete(run.directory);
        continue;
      }
      const { alert } = run.record ?? {};
      const now = alert ? JSON.stringify(alert) : '';
      const before = this.seen.get(run.directory);
      this.seen.set(run.directory, now);
      if (before !== undefined && before !== now && now !== '') news.push(run);
    }
    return news;
  }
}
