// What is said about repeated measurements: medians, and ratios of pairs taken side by side.

import { randomStream } from '../src/experiment/random';

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? at(sorted, Math.floor(middle)) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}

export interface Ratio {
  readonly median: number;
  /** 95 % of the medians of resampled pairs lie between these. */
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;

/** Median of a/b over pairs, with its bootstrap interval (seeded). Both lists are as long, and pairs belong together. */
export function pairedRatio(a: readonly number[], b: readonly number[]): Ratio {
  const ratios = a.map((value, i) => value / at(b, i));
  const random = randomStream(11);
  const medians = Array.from({ length: RESAMPLES }, () => median(ratios.map(() => at(ratios, random.below(ratios.length))))).sort(
    (x, y) => x - y,
  );
  return { median: median(ratios), low: at(medians, Math.floor(0.025 * RESAMPLES)), high: at(medians, Math.ceil(0.975 * RESAMPLES) - 1) };
}

function at(values: readonly number[], index: number): number {
  return values[index] ?? Number.NaN;
}
