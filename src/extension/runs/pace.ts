// How long a run will take, from the steps that this window saw it make: a clock of this machine, so that it does
// not matter whose clock the trainer has. Free of `vscode`, for its tests.
import type { RunSummary } from '../../observe/runView';
import type { Translate } from '../translate';

/** What is judged: as much of the last minute as was seen. */
const WINDOW_MS = 60_000;

interface Seen {
  readonly at: number;
  readonly step: number;
}

export class Pace {
  private readonly seen = new Map<string, readonly Seen[]>();

  /** To be told of every look. @param now milliseconds of a clock that never goes back */
  look(runs: readonly RunSummary[], now: number): void {
    const running = new Set<string>();
    for (const { directory, state, record } of runs) {
      if (state !== 'running' || !record) continue;
      running.add(directory);
      const before = this.seen.get(directory) ?? [];
      const last = before.at(-1);
      if (last?.step === record.step) continue;
      // A rollback begins anew, and so does a run that was paused: it is forgotten below.
      const kept = last && last.step > record.step ? [] : before.filter(({ at }) => now - at <= WINDOW_MS);
      this.seen.set(directory, [...(kept.length === 0 && last && last.step < record.step ? [last] : kept), { at: now, step: record.step }]);
    }
    for (const directory of this.seen.keys()) if (!running.has(directory)) this.seen.delete(directory);
  }

  /** Undefined until two different steps have been seen. */
  secondsLeft({ directory, record }: RunSummary): number | undefined {
    const seen = this.seen.get(directory);
    const [first, last] = [seen?.[0], seen?.at(-1)];
    if (!record || !first || !last || last.step === first.step) return undefined;
    const perStep = (last.at - first.at) / (last.step - first.step);
    return (Math.max(0, record.steps - last.step) * perStep) / 1000;
  }
}

/** `40 s left`, `5 min left`, `3 h 20 min left`, `2 d 4 h left`. @param seconds finite, at least 0 */
export function timeLeft(seconds: number, t: Translate): string {
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 60) return t('{seconds} s left', { seconds: Math.ceil(seconds) });
  if (hours < 1) return t('{minutes} min left', { minutes });
  if (hours < 48) return t('{hours} h {minutes} min left', { hours, minutes: minutes % 60 });
  return t('{days} d {hours} h left', { days: Math.floor(hours / 24), hours: hours % 24 });
}
