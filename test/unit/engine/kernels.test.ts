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

  it('accumulates onto a target of the same length', () => {
    const target = Float32Array.of(1, 2, 3);
    HOST_KERNELS.accumulate(target, Float32Array.of(0.5, -2, 4));
    expect([...target]).toEqual([1.5, 0, 7]);
    expect(() => HOST_KERNELS.accumulate(target, new Float32Array(2))).toThrow('2 elements onto 3');
  });
});
