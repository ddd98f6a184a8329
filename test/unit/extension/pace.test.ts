// How long a run will take, told from what was seen of it.
import { expect, it } from 'vitest';
import { formatBytes } from '../../../src/extension/bytes';
import { Pace, timeLeft } from '../../../src/extension/runs/pace';
import { commonTags, retagged } from '../../../src/extension/runs/retag';
import { english, status } from './helpers';

it('the pace of a run is told from its steps, over the last minute', () => {
  const pace = new Pace();
  const look = (step: number, now: number) => {
    const run = status({ step, steps: 100 });
    pace.look([run], now);
    return pace.secondsLeft(run);
  };
  expect(look(10, 0)).toBeUndefined();
  expect(look(10, 1000)).toBeUndefined();
  expect(look(20, 10_000)).toBe(80);
  // Ten times as fast since then: what is older than a minute no longer counts.
  expect(look(30, 11_000)).toBeCloseTo((70 * 11) / 20);
  expect(look(80, 75_000)).toBeCloseTo((20 * 64) / 50);
});

it('a pause and a rollback begin anew', () => {
  const pace = new Pace();
  const run = (step: number, state: 'running' | 'paused' = 'running') => status({ step, steps: 100, state });
  pace.look([run(10)], 0);
  pace.look([run(20)], 1000);
  pace.look([run(20, 'paused')], 2000);
  pace.look([run(21)], 90_000);
  expect(pace.secondsLeft(run(21))).toBeUndefined();
  pace.look([run(31)], 91_000);
  expect(pace.secondsLeft(run(31))).toBeCloseTo(6.9);
  pace.look([run(5)], 92_000);
  expect(pace.secondsLeft(run(5))).toBeUndefined();
});

it('time left is told as finely as it can be known', () => {
  const words = [0.2, 59, 61, 3599, 3600, 47.9 * 3600, 50 * 3600].map((seconds) => timeLeft(seconds, english));
  expect(words).toEqual(['1 s left', '59 s left', '1 min left', '1 h 0 min left', '1 h 0 min left', '47 h 54 min left', '2 d 2 h left']);
});

it('sizes on a disk are told in three figures at most', () => {
  const sizes = [0, 999, 1000, 3449, 12_345, 999_600, 1_250_000, 7.06e9, 2e15].map(formatBytes);
  expect(sizes).toEqual(['0 B', '999 B', '1.0 kB', '3.4 kB', '12 kB', '1.0 MB', '1.3 MB', '7.1 GB', '2000 TB']);
});

it('tags of several runs are edited where they are common, and left alone where they are not', () => {
  const [a, b] = [
    ['deep', 'eq 4'],
    ['eq 5', 'deep'],
  ];
  expect(commonTags([a ?? [], b ?? []])).toEqual(['deep']);
  expect(retagged(a ?? [], ['deep'], ['wide', 'eq 4'])).toEqual(['eq 4', 'wide']);
  expect(retagged(b ?? [], ['deep'], ['wide', 'eq 4'])).toEqual(['eq 5', 'wide', 'eq 4']);
  expect(retagged(a ?? [], ['deep'], ['deep'])).toEqual(a);
});
