// Paths of SVG from arrays of points: lines that break where there is no number, and bands between
// minimum and maximum where points were merged. Coordinates are cut to tenths of a pixel.

/** Draws through points in order; a coordinate that is not finite breaks the line. */
export function linePath(count: number, x: (index: number) => number, y: (index: number) => number): string {
  let path = '';
  let drawing = false;
  for (let index = 0; index < count; index++) {
    const at = x(index);
    const to = y(index);
    if (!Number.isFinite(at) || !Number.isFinite(to)) {
      drawing = false;
      continue;
    }
    path += `${drawing ? 'L' : 'M'}${tenth(at)} ${tenth(to)}`;
    // A point alone between breaks would not show: give it a length for the round line cap.
    if (!drawing && !Number.isFinite(x(index + 1) + y(index + 1))) path += 'h.01';
    drawing = true;
  }
  return path;
}

/** A closed band between two values for every unbroken stretch of points; `across` where the values run along x. */
export function bandPath(
  count: number,
  along: (index: number) => number,
  low: (index: number) => number,
  high: (index: number) => number,
  direction: 'up' | 'across' = 'up',
): string {
  const point = (at: number, value: number): string =>
    direction === 'up' ? `${tenth(at)} ${tenth(value)}` : `${tenth(value)} ${tenth(at)}`;
  let path = '';
  for (let start = 0; start < count; start++) {
    let end = start;
    while (end < count && Number.isFinite(along(end) + low(end) + high(end))) end++;
    if (end === start) continue;
    const there = Array.from({ length: end - start }, (_, index) => point(along(start + index), high(start + index)));
    const back = Array.from({ length: end - start }, (_, index) => point(along(end - 1 - index), low(end - 1 - index)));
    path += `M${[...there, ...back].join('L')}Z`;
    start = end;
  }
  return path;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Neighbouring points as one: the range of those that are finite, NaN where none is. */
export interface Merged {
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Mean of the finite points. */
  readonly middle: Float64Array;
}

/** Merges every `size` points into one, so that a line of many points per pixel stays readable and keeps its extremes. */
export function merged(count: number, size: number, at: (index: number) => number): Merged {
  const groups = Math.ceil(count / size);
  const result = { low: new Float64Array(groups), high: new Float64Array(groups), middle: new Float64Array(groups) };
  for (let group = 0; group < groups; group++) {
    let [low, high, sum, finite] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
    for (let index = group * size; index < Math.min(count, (group + 1) * size); index++) {
      const value = at(index);
      if (!Number.isFinite(value)) continue;
      [low, high, sum, finite] = [Math.min(low, value), Math.max(high, value), sum + value, finite + 1];
    }
    result.low[group] = finite > 0 ? low : Number.NaN;
    result.high[group] = finite > 0 ? high : Number.NaN;
    result.middle[group] = finite > 0 ? sum / finite : Number.NaN;
  }
  return result;
}
