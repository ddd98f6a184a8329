// The range of values that the colours span: everything, everything but the extremes, or what the run
// did lately. Cells that hold a NaN or an infinity never count.

import { type Scale, scaleOver, steady, type Transform } from '../axes';
import type { Extreme, Picture } from '../picture';
import { ranked } from '../rank';
import { MAP_SIZE } from './colour';

export type RangeMode = 'all' | 'robust' | 'recent';

/** Share of the values that a robust range leaves out at either end. */
const TAIL = 0.02;
/** Share of the recorded steps that counts as recent, and the least number of cells. */
const RECENT = 0.2;
const RECENT_CELLS = 4;
/** Values that a percentile is estimated from. */
const SAMPLES = 10_000;
/** A robust range rests while the whole grows by less than one part in two to this power. */
const GRAIN = 6;

/** The colour scale of a picture. Without any usable value it is the empty default of `scaleOver`. */
export function colourScale(picture: Picture, mode: RangeMode, transform: Transform, extreme: Extreme): Scale {
  if (mode === 'robust') {
    const { low, high } = steady({ transform, ...percentiles(picture, transform, extreme) }, 1 / MAP_SIZE);
    return scaleOver(transform, low, high);
  }
  const end = picture.filled;
  const start = mode === 'recent' ? Math.max(0, end - Math.max(RECENT_CELLS, Math.ceil(end * RECENT))) : 0;
  const { low, high } = bounds(picture, transform, extreme, start, end);
  return scaleOver(transform, low, high);
}

type Bounds = Pick<Scale, 'low' | 'high'>;

/**
 * Changes where a range has to be found anew. A robust one is an estimate: it looks at whole cells only, as
 * many as are a round number, so that it rests while a run grows by a share that could not move it.
 */
export function rangeVersion(picture: Picture, mode: RangeMode): number {
  return mode === 'robust' ? sampledCells(picture) : picture.version;
}

function sampledCells({ received, filled, grid }: Picture): number {
  const whole = Math.floor((received - grid.columns.from) / grid.stride);
  const grain = 2 ** Math.max(0, Math.floor(Math.log2(whole)) - GRAIN);
  return whole > 0 ? Math.min(filled, Math.floor(whole / grain) * grain) : filled;
}

function bounds(picture: Picture, transform: Transform, extreme: Extreme, from: number, to: number): Bounds {
  const { low: lows, positive, high: highs } = picture.bounds[extreme];
  const least = transform === 'log' ? positive : lows;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let x = from; x < to; x++) {
    low = Math.min(low, least[x] ?? low);
    high = Math.max(high, highs[x] ?? high);
  }
  return { low, high };
}

function percentiles(picture: Picture, transform: Transform, extreme: Extreme): Bounds {
  const to = sampledCells(picture) * picture.grid.height;
  const values = picture[extreme];
  const least = transform === 'log' ? 0 : Number.NEGATIVE_INFINITY;
  let step = Math.max(1, Math.floor(to / SAMPLES));
  // A step that shares a divisor with the height would look at the same few layers only.
  while (commonDivisor(step, picture.grid.height) > 1) step++;
  const sample = new Float32Array(Math.ceil(to / step));
  let count = 0;
  for (let cell = 0; cell < to; cell += step) {
    const value = values[cell] ?? 0;
    if (picture.flags[cell] === 0 && value > least) sample[count++] = value;
  }
  if (count === 0) return { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
  const usable = sample.subarray(0, count);
  return { low: ranked(usable, Math.floor(TAIL * (count - 1))), high: ranked(usable, Math.ceil((1 - TAIL) * (count - 1))) };
}

function commonDivisor(one: number, other: number): number {
  return other === 0 ? one : commonDivisor(other, one % other);
}
