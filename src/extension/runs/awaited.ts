// Which ends of runs are news: of those a person saw alive here, or started here, and each only once.
// Free of `vscode`, for its tests.
import type { RunStatus } from '../../experiment/view';
import { isAlive } from './presentation';

export class AwaitedEnds {
  /** With what was known of a run when it was started anew: that is old news. */
  private readonly awaited = new Map<string, RunStatus | undefined>();

  /** A run is being started here: its end is news even if it comes before the first look at it. */
  expect(directory: string, known: RunStatus | undefined): void {
    this.awaited.set(directory, known);
  }

  /** It could not be started, which whoever tried has said already. */
  forget(directory: string): void {
    this.awaited.delete(directory);
  }

  /** The runs that have ended since the last look. */
  look(runs: readonly RunStatus[]): readonly RunStatus[] {
    const ended: RunStatus[] = [];
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
