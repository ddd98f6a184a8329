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
    let there = '';
    let back = '';
    let end = start;
    for (; end < count; end++) {
      const [at, least, most] = [along(end), low(end), high(end)];
      if (!Number.isFinite(at + least + most)) break;
      there += `${end > start ? 'L' : 'M'}${point(at, most)}`;
      back = `L${point(at, least)}${back}`;
    }
    if (end === start) continue;
    path += `${there}${back}Z`;
    start = end;
  }
  return path;
}

/** Texts of tenths as they come up: writing numbers out is most of what a path costs. */
const TENTHS: string[] = [];
const MOST_TENTHS = 1 << 15;

function tenth(value: number): string {
  const tenths = Math.round(value * 10);
  if (!(tenths >= 0 && tenths < MOST_TENTHS)) return String(tenths / 10);
  const known = TENTHS[tenths];
  if (known !== undefined) return known;
  const text = String(tenths / 10);
  TENTHS[tenths] = text;
  return text;
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
