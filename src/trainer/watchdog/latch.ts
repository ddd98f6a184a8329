// One trouble is one alert, and one when it is over: a condition that flickers around its threshold
// must not speak at every step. Plain data, since checkpoints keep it.

/** Whether a trouble is on, since which step, and how often in a row the opposite has been seen. */
export interface Latch {
  readonly on: boolean;
  readonly since: number;
  readonly count: number;
}

export const UNSEEN: Latch = { on: false, since: 0, count: 0 };

/**
 * @param seen whether the trouble is there: `yes` beyond the threshold, `no` clearly within it, `unsure` between.
 * @param patience observations in a row that it takes to change.
 * @returns the latch after this observation; `since` is the first step of a row that began the trouble.
 */
export function observed(latch: Latch, seen: 'yes' | 'no' | 'unsure', patience: number, step: number): Latch {
  const contrary = latch.on ? seen === 'no' : seen === 'yes';
  if (!contrary) return { ...latch, count: 0 };
  const count = latch.count + 1;
  const since = latch.on || latch.count > 0 ? latch.since : step;
  return count < patience ? { ...latch, since, count } : { on: !latch.on, since, count: 0 };
}
