import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatCount,
  formatMeasured,
  formatValue,
  fromUnit,
  niceStep,
  placing,
  rounded,
  type Scale,
  scaleOver,
  spaced,
  ticks,
  toUnit,
} from '../../../webview/axes';

fc.configureGlobal({ seed: 11 });

const positive = fc.double({ min: 1e-12, max: 1e12, noNaN: true });
const scale: fc.Arbitrary<Scale> = fc.oneof(
  fc.tuple(positive, positive).map(([a, b]) => scaleOver('log', Math.min(a, b), Math.max(a, b))),
  fc
    .tuple(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.double({ min: -1e9, max: 1e9, noNaN: true }))
    .map(([a, b]) => scaleOver('linear', Math.min(a, b), Math.max(a, b))),
);

describe('scales', () => {
  test('always have room, and positive ends under log', () => {
    fc.assert(
      fc.property(fc.constantFrom('log' as const, 'linear' as const), fc.double(), fc.double(), (transform, low, high) => {
        const made = scaleOver(transform, low, high);
        expect(made.high).toBeGreaterThan(made.low);
        if (transform === 'log') expect(made.low).toBeGreaterThan(0);
      }),
    );
  });

  test('map their ends to 0 and 1 and back again', () => {
    fc.assert(
      fc.property(scale, fc.double({ min: 0, max: 1, noNaN: true }), (made, unit) => {
        expect(toUnit(made, made.low)).toBeCloseTo(0, 6);
        expect(toUnit(made, made.high)).toBeCloseTo(1, 6);
        expect(toUnit(made, fromUnit(made, unit))).toBeCloseTo(unit, 4);
      }),
    );
  });

  test('place their ends at two pixels, and evenly between them', () => {
    fc.assert(
      fc.property(scale, fc.double({ min: 0, max: 1, noNaN: true }), (made, unit) => {
        const downwards = placing(made, 200, 40);
        expect(downwards(made.low)).toBeCloseTo(200, 3);
        expect(downwards(made.high)).toBeCloseTo(40, 3);
        expect(downwards(fromUnit(made, unit))).toBeCloseTo(200 - 160 * unit, 2);
      }),
    );
  });

  test('have no place for zero under log', () => {
    const decade: Scale = { transform: 'log', low: 1, high: 10 };
    expect(toUnit(decade, 0)).toBe(Number.NEGATIVE_INFINITY);
    expect(placing(decade, 200, 40)(0)).toBe(Number.POSITIVE_INFINITY);
  });

  test('round their ends outwards', () => {
    expect(rounded({ transform: 'linear', low: 0.00001, high: 0.00098 })).toMatchObject({ low: 0, high: 0.001 });
    expect(rounded({ transform: 'linear', low: 1.85, high: 5.4 })).toMatchObject({ low: 1, high: 6 });
  });
});

describe('ticks', () => {
  test('lie inside, rise, and are neither missing nor crowded', () => {
    fc.assert(
      fc.property(scale, fc.integer({ min: 2, max: 12 }), (made, wanted) => {
        const made_ = ticks(made, wanted);
        const labelled = made_.filter(({ label }) => label !== '');
        expect(labelled.length).toBeGreaterThanOrEqual(1);
        expect(labelled.length).toBeLessThanOrEqual(3 * wanted + 3);
        made_.forEach(({ value }, index) => {
          expect(toUnit(made, value)).toBeGreaterThan(-0.001);
          expect(toUnit(made, value)).toBeLessThan(1.001);
          if (index > 0) expect(value).toBeGreaterThan(made_[index - 1]?.value ?? 0);
        });
      }),
    );
  });

  test('have labels that tell them apart', () => {
    for (const [low, high] of [
      [0, 1],
      [1.9, 2.1],
      [0, 0.001],
      [-3, 12],
      [1e6, 3e6],
    ] as const) {
      const labels = ticks({ transform: 'linear', low, high }, 4).map(({ label }) => label);
      expect(new Set(labels).size).toBe(labels.length);
    }
  });

  test('under log stand on powers of ten with minor ones between', () => {
    const made = ticks({ transform: 'log', low: 2e-6, high: 3e-4 }, 4);
    expect(made.filter(({ label }) => label !== '').map(({ label }) => label)).toEqual(['10⁻⁵', '10⁻⁴']);
    expect(made.some(({ label, value }) => label === '' && Math.abs(value / 3e-5 - 1) < 1e-9)).toBe(true);
  });

  test('skip decades where there are many', () => {
    const labelled = ticks({ transform: 'log', low: 1e-12, high: 1 }, 4).filter(({ label }) => label !== '');
    expect(labelled.length).toBeLessThanOrEqual(5);
  });

  test('lose the labels that would touch', () => {
    const all = ticks({ transform: 'linear', low: 0, high: 10 }, 10);
    const kept = spaced(all, (value) => 4 * value, 12).filter(({ label }) => label !== '');
    expect(kept.map(({ value }) => value)).toEqual([0, 3, 6, 9]);
  });

  test('step by 1, 2 or 5', () => {
    expect([0.7, 1.2, 3, 7].map(niceStep)).toEqual([1, 2, 5, 10]);
  });
});

describe('numbers', () => {
  test('read as a person writes them', () => {
    expect(formatValue(0.00001234)).toBe('1.234e−5');
    expect(formatValue(1234567)).toBe('1.235e6');
    expect(formatValue(-2.5)).toBe('−2.5');
    expect(formatValue(Number.NaN)).toBe('NaN');
    expect(formatValue(Number.NEGATIVE_INFINITY)).toBe('−∞');
    expect(formatCount(1234567)).toBe('1\u202f234\u202f567');
    expect(formatCount(4321)).toBe('4321');
  });

  test('measured, keep four digits', () => {
    expect([2.02, 0.0005, 12345.6].map(formatMeasured)).toEqual(['2.020', '5.000e−4', '12346']);
  });
});
