// The range of a curve's numbers. What was seen of its points is kept with the curve's origin, so that a
// live point, a frame or a moving cursor does not look at all of them again.

import { CELL_EMPTY } from '../src/experiment/view';
import type { Curve } from './loading/curves';

/** Of finite numbers; infinite the wrong way round where there is none. */
export interface Extremes {
  readonly low: number;
  /** The least above zero. */
  readonly positive: number;
  readonly high: number;
}

/** Whether a point holds a finite number: one that merged several may hold numbers and a NaN. */
export function hasNumber(curve: Curve, index: number): boolean {
  const flag = curve.flags[index] ?? CELL_EMPTY;
  if (flag & CELL_EMPTY) return false;
  return flag === 0 || curve.minimum[index] !== 0 || curve.maximum[index] !== 0;
}

class Growing implements Extremes {
  low = Number.POSITIVE_INFINITY;
  positive = Number.POSITIVE_INFINITY;
  high = Number.NEGATIVE_INFINITY;

  take(value: number): void {
    if (!Number.isFinite(value)) return;
    if (value < this.low) this.low = value;
    if (value > this.high) this.high = value;
    if (value > 0 && value < this.positive) this.positive = value;
  }
}

interface Seen {
  readonly raw: Growing;
  readonly smooth: Growing;
  count: number;
}

function look(curve: Curve, seen: Seen, from: number, to: number): Seen {
  for (let index = from; index < to; index++) {
    if (hasNumber(curve, index)) {
      seen.raw.take(curve.minimum[index] ?? Number.NaN);
      seen.raw.take(curve.maximum[index] ?? Number.NaN);
    }
    if (curve.smoothed) seen.smooth.take(curve.smoothed[index] ?? Number.NaN);
  }
  seen.count = to;
  return seen;
}

const KEPT = new WeakMap<object, Seen>();
const nothing = (): Seen => ({ raw: new Growing(), smooth: new Growing(), count: 0 });

/** The recorded and the smoothed numbers' range, over the points with `[from, to)` as index; over all without. */
export function extremesOf(curve: Curve, from = 0, to = curve.steps.length): { readonly raw: Extremes; readonly smooth: Extremes } {
  if (from > 0 || to < curve.steps.length) return look(curve, nothing(), from, to);
  const known = KEPT.get(curve.origin);
  const seen = known && known.count <= to ? known : nothing();
  if (seen !== known) KEPT.set(curve.origin, seen);
  return look(curve, seen, seen.count, to);
}
