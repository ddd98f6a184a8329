// Host kernels against numbers worked out by hand (30 decimal digits) from the formulas.

import { describe, expect, it } from 'vitest';
import type { AdamWScalars } from '../../../src/engine/engine';
import { HOST_KERNELS } from '../../../src/engine/kernels/host';

const scalars = (step: number, change: Partial<AdamWScalars> = {}): AdamWScalars => ({
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 0.01,
  step,
  gradientScale: 1,
  ...change,
});

describe('adamw', () => {
  // θ₀ = 1, gradients 0.5, −1, 0.25: weight, m, v after each step.
  const GOLDEN = [
    [0.5, 0.899000002, 0.05, 0.0025],
    [-1, 0.9346617728697226, -0.055, 0.012475],
    [0.25, 0.9474051695587574, -0.0245, 0.01297525],
  ] as const;

  it.each([
    ['float64', Float64Array, 14],
    ['float32', Float32Array, 6],
  ] as const)('takes the steps worked out by hand in %s', (_, Numbers, digits) => {
    const [weight, first, second] = [Numbers.of(1), Numbers.of(0), Numbers.of(0)];
    GOLDEN.forEach(([gradient, theta, m, v], i) => {
      const before = weight[0] as number;
      const sums = HOST_KERNELS.adamw(weight, Numbers.of(gradient), first, second, 0, 1, scalars(i + 1));
      expect(weight[0]).toBeCloseTo(theta, digits);
      expect(first[0]).toBeCloseTo(m, digits);
      expect(second[0]).toBeCloseTo(v, digits);
      expect(sums.weightSquares).toBe((weight[0] as number) ** 2);
      expect(sums.updateSquares).toBe(((weight[0] as number) - before) ** 2);
    });
  });

  it('scales the gradient first', () => {
    const run = (gradient: number, gradientScale: number): number[] => {
      const [weight, first, second] = [Float64Array.of(1), Float64Array.of(0.3), Float64Array.of(0.2)];
      HOST_KERNELS.adamw(weight, Float64Array.of(gradient), first, second, 0, 1, scalars(5, { gradientScale }));
      return [weight[0], first[0], second[0]] as number[];
    };
    expect(run(8, 0.25)).toEqual(run(2, 1));
  });

  it('decays apart from the moments, and only by what it is told', () => {
    const weight = Float64Array.of(2, 2);
    const zero = () => new Float64Array(2);
    HOST_KERNELS.adamw(weight, zero(), zero(), zero(), 0, 1, scalars(1));
    HOST_KERNELS.adamw(weight, zero(), zero(), zero(), 1, 2, scalars(1, { weightDecay: 0 }));
    expect([...weight]).toEqual([2 * (1 - 0.1 * 0.01), 2]);
  });

  it('touches and counts its own region only', () => {
    const [weight, first, second] = [Float32Array.of(1, 1, 1, 1), new Float32Array(4), new Float32Array(4)];
    const sums = HOST_KERNELS.adamw(weight, Float32Array.of(1, 1, 1, 1), first, second, 1, 3, scalars(1));
    expect([weight[0], weight[3], first[0], first[3], second[0], second[3]]).toEqual([1, 1, 0, 0, 0, 0]);
    expect(sums.weightSquares).toBe(2 * (weight[1] as number) ** 2);
    expect(weight[1]).toBe(weight[2]);
  });
});

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
