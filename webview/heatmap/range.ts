// The range of values that the colours span: everything, everything but the extremes, or what the run
// did lately. Cells that hold a NaN or an infinity never count.

import { type Scale, scaleOver, type Transform } from '../axes';
import type { Extreme, Picture } from '../picture';
import { MAP_SIZE } from './colour';

export type RangeMode = 'all' | 'robust' | 'recent';

/** Share of the values that a robust range leaves out at either end. */
const TAIL = 0.02;
/** Share of the recorded steps that counts as recent, and the least number of cells. */
const RECENT = 0.2;
const RECENT_CELLS = 4;
/** Values that a percentile is estimated from. */
const SAMPLES = 20_000;

/** The colour scale of a picture. Without any usable value it is the empty default of `scaleOver`. */
export function colourScale(picture: Picture, mode: RangeMode, transform: Transform, extreme: Extreme): Scale {
  const end = picture.filled;
  const start = mode === 'recent' ? Math.max(0, end - Math.max(RECENT_CELLS, Math.ceil(end * RECENT))) : 0;
  const [low, high] = (mode === 'robust' ? percentiles : bounds)(picture, transform, extreme, start, end);
  return scaleOver(transform, low, high);
}

type Bounds = readonly [low: number, high: number];

function bounds(picture: Picture, transform: Transform, extreme: Extreme, from: number, to: number): Bounds {
  const { low: lows, positive, high: highs } = picture.bounds[extreme];
  const least = transform === 'log' ? positive : lows;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let x = from; x < to; x++) {
    low = Math.min(low, least[x] ?? low);
    high = Math.max(high, highs[x] ?? high);
  }
  return [low, high];
}

function percentiles(picture: Picture, transform: Transform, extreme: Extreme, start: number, end: number): Bounds {
  const from = start * picture.grid.height;
  const to = end * picture.grid.height;
  const values = picture[extreme];
  const least = transform === 'log' ? 0 : Number.NEGATIVE_INFINITY;
  let step = Math.max(1, Math.floor((to - from) / SAMPLES));
  // A step that shares a divisor with the height would look at the same few layers only.
  while (commonDivisor(step, picture.grid.height) > 1) step++;
  const sample = new Float32Array(Math.ceil((to - from) / step));
  let count = 0;
  for (let cell = from; cell < to; cell += step) {
    const value = values[cell] ?? 0;
    if (picture.flags[cell] === 0 && value > least) sample[count++] = value;
  }
  if (count === 0) return [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const usable = sample.subarray(0, count);
  return steady(transform, ranked(usable, Math.floor(TAIL * (count - 1))), ranked(usable, Math.ceil((1 - TAIL) * (count - 1))));
}

/** A range widened by less than a colour at either end, so that it stays put while an estimate trembles with every live column. */
function steady(transform: Transform, low: number, high: number): Bounds {
  const [from, to] = transform === 'log' ? [Math.log2(low), Math.log2(high)] : [low, high];
  const step = 2 ** Math.floor(Math.log2((to - from) / MAP_SIZE));
  if (!(step > 0 && Number.isFinite(step))) return [low, high];
  const ends: Bounds = [Math.floor(from / step) * step, Math.ceil(to / step) * step];
  return transform === 'log' ? [2 ** ends[0], 2 ** ends[1]] : ends;
}

/** The value that would stand at `rank` if they were sorted; moves them about (Hoare's selection: a sort costs a live column too much). */
function ranked(values: Float32Array, rank: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1] ?? 0;
    let [left, right] = [low, high];
    while (left <= right) {
      while ((values[left] ?? 0) < pivot) left++;
      while ((values[right] ?? 0) > pivot) right--;
      if (left > right) break;
      const moved = values[left] ?? 0;
      values[left++] = values[right] ?? 0;
      values[right--] = moved;
    }
    if (rank <= right) high = right;
    else if (rank >= left) low = left;
    else break;
  }
  return values[rank] ?? 0;
}

function commonDivisor(one: number, other: number): number {
  return other === 0 ? one : commonDivisor(other, one % other);
}
