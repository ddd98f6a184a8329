import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScheduleConfig } from '../../../src/experiment/config';
import { learningRate } from '../../../src/trainer/schedule';
import { smallConfig } from './harness';

const PEAK = 0.01;

function rates(steps: number, change: Partial<ScheduleConfig>): number[] {
  const small = smallConfig({}, { steps });
  const config = { ...small, optimiser: { ...small.optimiser, learningRate: PEAK }, schedule: { ...small.schedule, ...change } };
  return Array.from({ length: steps }, (_, i) => learningRate(i + 1, config));
}

const SHAPES = ['linear', 'cosine', 'exponential', 'one-minus-root'] as const;

describe('warm-up, stable, decay', () => {
  it.each([
    ['linear', [0.8, 0.6, 0.4, 0.2]],
    // (1 + cos 0.25π)/2 = 0.853553 of the way from 0.2 to 1.
    ['cosine', [0.882843, 0.6, 0.317157, 0.2]],
    // 0.2^(1/4) = 0.668740.
    ['exponential', [0.66874, 0.447214, 0.29907, 0.2]],
    // 1 − √0.25 = 0.5 of the way.
    ['one-minus-root', [0.6, 0.434315, 0.30718, 0.2]],
  ] as const)('%s, by hand', (decayShape, shares) => {
    const found = rates(10, { name: 'warmup-stable-decay', warmup: 2, decay: 4, final: 0.2, decayShape });
    const expected = [0.5, 1, 1, 1, 1, 1, ...shares];
    found.forEach((rate, i) => {
      expect(rate / PEAK).toBeCloseTo(expected[i] ?? Number.NaN, 6);
    });
  });

  it('has the same rates in a longer run until the shorter one decays', () => {
    const change = { name: 'warmup-stable-decay', warmup: 5, decay: 10, final: 0, decayShape: 'linear' } as const;
    const [short, long] = [rates(50, change), rates(500, change)];
    expect(short.slice(0, 40)).toEqual(long.slice(0, 40));
    expect(short[49]).toBe(0);
    expect(long[49]).toBe(PEAK);
  });

  it('is constant without a decay', () => {
    expect(rates(20, { name: 'warmup-stable-decay', warmup: 3, decay: 0, final: 0 })).toEqual(rates(20, { name: 'constant', warmup: 3 }));
  });

  it('is linear where everything after warm-up is decay', () => {
    const [decaying, linear] = [
      rates(20, { name: 'warmup-stable-decay', warmup: 4, decay: 16, final: 0.3, decayShape: 'linear' }),
      rates(20, { name: 'linear', warmup: 4, final: 0.3 }),
    ];
    expect(decaying).toEqual(linear);
  });
});

describe('every schedule', () => {
  const schedules = fc.record({
    name: fc.constantFrom('cosine', 'linear', 'constant', 'warmup-stable-decay'),
    decayShape: fc.constantFrom(...SHAPES),
    steps: fc.integer({ min: 1, max: 200 }),
    parts: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    final: fc.double({ min: 0.001, max: 1, noNaN: true }),
  });

  it('rises to the peak, never passes it, never rises again and ends at its final share', () => {
    fc.assert(
      fc.property(schedules, ({ name, decayShape, steps, parts, final }) => {
        const warmup = Math.floor(parts[0] * (steps - 1));
        const decay = Math.floor(parts[1] * (steps - warmup));
        const found = rates(steps, { name, decayShape, warmup, decay, final });
        const slack = 1e-12 * PEAK;
        found.forEach((rate, i) => {
          expect(rate).toBeGreaterThan(0);
          expect(rate).toBeLessThanOrEqual(PEAK + slack);
          if (i === 0) return;
          const before = found[i - 1] ?? Number.NaN;
          if (i < warmup) expect(rate).toBeGreaterThan(before);
          else if (i > warmup) expect(rate).toBeLessThanOrEqual(before + slack);
        });
        const falls = name !== 'constant' && (name !== 'warmup-stable-decay' || decay > 0) && steps > warmup;
        expect((found.at(-1) ?? 0) / PEAK).toBeCloseTo(falls ? final : 1, 9);
      }),
      { seed: 3, numRuns: 300 },
    );
  });
});
