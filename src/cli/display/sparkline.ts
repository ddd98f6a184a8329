// A row of numbers as a row of blocks, such as a statistic over depth: compressed to the width at hand
// without losing a peak, on a logarithmic scale where the numbers span orders of magnitude. NaN and
// infinity are never averaged away: a place that holds one shows a cross.

import type { Line, Piece } from './text';

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
/** From dark to bright in the terminal's palette of 256, even to the eye. */
const RAMP = [54, 61, 67, 73, 79, 114, 149, 221] as const;

export interface SparklineOptions {
  readonly columns: number;
  readonly scale: 'log' | 'linear';
  /** The least ratio (log) or difference (linear) from bottom to top, so that noise does not look like a mountain range. */
  readonly least: number;
}

export interface Sparkline {
  readonly line: Line;
  /** Over the finite values; NaN where there is none. */
  readonly minimum: number;
  readonly maximum: number;
  /** How many values are NaN or infinite. */
  readonly nonFinite: number;
}

/** One character for each value, or for several together where there are more values than columns: then their maximum. */
export function sparkline(values: ArrayLike<number>, options: SparklineOptions): Sparkline {
  const all = Array.from(values);
  const finite = all.filter(Number.isFinite);
  const minimum = finite.length === 0 ? Number.NaN : finite.reduce((a, b) => Math.min(a, b));
  const maximum = finite.length === 0 ? Number.NaN : finite.reduce((a, b) => Math.max(a, b));
  const height = heightOf(finite, options);
  const line: Piece[] = buckets(all, options.columns).map((bucket) => {
    if (!bucket.every(Number.isFinite)) return { text: '×', style: 'red' };
    const level = height(bucket.reduce((a, b) => Math.max(a, b)));
    return { text: BLOCKS[level] ?? '', style: { palette: RAMP[level] ?? 0 } };
  });
  return { line, minimum, maximum, nonFinite: all.length - finite.length };
}

/** At most `columns` groups of neighbours, as even as they can be. */
function buckets(values: readonly number[], columns: number): number[][] {
  const count = Math.min(values.length, Math.max(0, columns));
  const edge = (i: number) => Math.floor((i * values.length) / count);
  return Array.from({ length: count }, (_, i) => values.slice(edge(i), edge(i + 1)));
}

/** From a value to one of the eight blocks. */
function heightOf(finite: readonly number[], { scale, least }: SparklineOptions): (value: number) => number {
  const axis = scale === 'log' ? (value: number) => Math.log(Math.abs(value)) : (value: number) => value;
  // Zero has no logarithm: it stands at the bottom whatever the scale.
  const places = finite.map(axis).filter(Number.isFinite);
  const low = places.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = places.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const span = Math.max(high - low, scale === 'log' ? Math.log(least) : least);
  // Values closer than `least` lie around the middle of the fourth block, not across the edge of two.
  const bottom = span > high - low ? (low + high) / 2 - (3.5 / BLOCKS.length) * span : low;
  return (value) => {
    const place = axis(value);
    if (!Number.isFinite(place)) return 0;
    return Math.min(BLOCKS.length - 1, Math.max(0, Math.floor(((place - bottom) / span) * BLOCKS.length)));
  };
}
