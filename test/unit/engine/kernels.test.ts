// Host kernels: that they do what they say, on the elements they are given.

import { describe, expect, it } from 'vitest';
import { HOST_KERNELS } from '../../../src/engine/kernels/host';

describe('sums', () => {
  it('adds squares in float64 over a region', () => {
    const data = new Float32Array(100_001).fill(1e-4);
    data[0] = 64;
    const small = Math.fround(1e-4) ** 2;
    expect(HOST_KERNELS.sumOfSquares(data, 0, data.length) - 64 ** 2).toBeCloseTo(100_000 * small, 7);
    expect(HOST_KERNELS.sumOfSquares(Float64Array.of(1, 2, 3, 4), 1, 3)).toBe(13);
    expect(HOST_KERNELS.sumOfSquares(data, 5, 5)).toBe(0);
    expect(HOST_KERNELS.sumOfSquares(Float32Array.of(1, Number.NaN), 0, 2)).toBeNaN();
  });

  it('misses no element, whatever the region', () => {
    const data = Float32Array.from({ length: 21 }, (_, i) => i + 1);
    for (let from = 0; from <= 21; from++) {
      for (let to = from; to <= 21; to++) {
        const squares = data.subarray(from, to).reduce((sum, x) => sum + x * x, 0);
        expect(HOST_KERNELS.sumOfSquares(data, from, to)).toBe(squares);
        for (let bad = 0; bad < 21; bad++) {
          const spoiled = data.slice();
          spoiled[bad] = bad % 2 === 0 ? Number.NaN : Number.NEGATIVE_INFINITY;
          expect(HOST_KERNELS.allFinite(spoiled, from, to)).toBe(bad < from || bad >= to);
        }
      }
    }
    expect(HOST_KERNELS.allFinite(new Float32Array(1000).fill(3e38), 0, 1000)).toBe(true);
    expect(HOST_KERNELS.allFinite(Float32Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY), 0, 2)).toBe(false);
  });

  it('accumulates onto a target of the same length', () => {
    const target = Float32Array.of(1, 2, 3);
    HOST_KERNELS.accumulate(target, Float32Array.of(0.5, -2, 4));
    expect([...target]).toEqual([1.5, 0, 7]);
    expect(() => HOST_KERNELS.accumulate(target, new Float32Array(2))).toThrow('2 elements onto 3');
  });
});
