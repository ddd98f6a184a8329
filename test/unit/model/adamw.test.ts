// AdamW's step against numbers worked out by hand (30 decimal digits) from the formula.

import { describe, expect, it } from 'vitest';
import { adamwStep } from '../../../src/model/optimiser/adamw';
import type { StepScalars } from '../../../src/model/optimiser/optimiser';

const scalars = (step: number, change: Partial<StepScalars> = {}): StepScalars => ({
  learningRate: 0.1,
  beta1: 0.9,
  beta2: 0.99,
  momentum: 0,
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
      const sums = adamwStep(weight, Numbers.of(gradient), [first, second], scalars(i + 1));
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
      adamwStep(weight, Float64Array.of(gradient), [first, second], scalars(5, { gradientScale }));
      return [weight[0], first[0], second[0]] as number[];
    };
    expect(run(8, 0.25)).toEqual(run(2, 1));
  });

  it('decays apart from the moments, and only by what it is told', () => {
    const zero = () => new Float64Array(1);
    const stepped = (weightDecay: number): number | undefined => {
      const weight = Float64Array.of(2);
      adamwStep(weight, zero(), [zero(), zero()], scalars(1, { weightDecay }));
      return weight[0];
    };
    expect([stepped(0.01), stepped(0)]).toEqual([2 * (1 - 0.1 * 0.01), 2]);
  });
});
