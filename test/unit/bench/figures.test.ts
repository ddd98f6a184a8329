// What the bench concludes from times, and that it takes its turns in turn.

import { describe, expect, it } from 'vitest';
import type { Ask } from '../../../bench/dialogue';
import { median, pairedRatio } from '../../../bench/statistics';
import type { Subject } from '../../../bench/subjects';
import { takeTurns } from '../../../bench/turns';

describe('pairs', () => {
  it('takes the middle of a list, or of its two middle values', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('compares each with its own partner, so that a busy moment for both counts for neither', () => {
    const busy = [1, 9, 1, 4, 1, 1, 30];
    const {
      median: middle,
      low,
      high,
    } = pairedRatio(
      busy.map((load) => 2 * load),
      busy,
    );
    expect([middle, low, high]).toEqual([2, 2, 2]);
  });

  it('gives an interval that holds the median, the same every time', () => {
    const a = [1.1, 1.3, 0.9, 1.2, 1.0, 1.4, 1.15];
    const b = a.map(() => 1);
    const ratio = pairedRatio(a, b);
    expect(ratio.median).toBe(1.15);
    expect(ratio.low).toBeGreaterThanOrEqual(0.9);
    expect(ratio.low).toBeLessThan(1.15);
    expect(ratio.high).toBeGreaterThan(1.15);
    expect(pairedRatio(a, b)).toEqual(ratio);
  });
});

describe('turns', () => {
  it('asks everyone once before it counts, and then round after round', async () => {
    const asked: string[] = [];
    const subject = (name: string, seconds: number): Subject => ({
      name,
      ready: { subject: name, startup: 0, initialisation: 0, flopsPerToken: 1 },
      ask: async ({ steps, statistics }: Ask) => {
        asked.push(`${name} ${steps} ${statistics}`);
        return { seconds: Array.from({ length: steps }, () => seconds), losses: [], parts: { forward: steps * seconds }, peak: 7 };
      },
      stop: async () => undefined,
    });
    const [a, b] = [subject('a', 1), subject('b', 2)];
    const figures = await takeTurns(
      [
        { subject: a, statistics: true },
        { subject: b, statistics: false },
      ],
      { rounds: 2, steps: 3 },
    );
    expect(asked).toEqual(['a 1 true', 'b 1 false', 'a 3 true', 'b 3 false', 'a 3 true', 'b 3 false']);
    expect(figures.map(({ seconds, rounds, parts, peak }) => ({ seconds, rounds, parts, peak }))).toEqual([
      { seconds: 1, rounds: [1, 1], parts: { forward: 1 }, peak: 7 },
      { seconds: 2, rounds: [2, 2], parts: { forward: 2 }, peak: 7 },
    ]);
  });
});
