// What a chart draws: lines of runs along steps, tokens or time, and the scales that hold them. Pure,
// so that every tab draws the same run the same way.

import { type Scale, scaleOver, type Transform } from '../axes';
import { type Extremes, extremesOf, hasNumber } from '../extremes';
import type { Curve } from '../loading/curves';
import { ranked } from '../rank';
import type { Along } from '../selection';
import type { RunFacts, ShownRun } from './runSet';

export interface ChartLine {
  readonly name: string;
  readonly class: string;
  readonly curve: Curve;
  /** Where each point stands on the x axis. */
  readonly x: Float64Array;
}

/** Training tokens per step: batch · accumulation · context; undefined where the configuration cannot be read. */
export function tokensPerStep({ config }: Pick<RunFacts, 'config'>): number | undefined {
  return config && config.training.batch * config.training.accumulation * config.model.context;
}

/** When a run's first scalar was recorded, in seconds since the epoch. */
export function startOf(curves: ReadonlyMap<string, Curve>): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { times } of curves.values()) first = Math.min(first, times?.[0] ?? first);
  return first;
}

/** Places of a curve's points along an axis; undefined where the run cannot say, as without its configuration. */
export function placesOf(curve: Curve, run: Pick<ShownRun, 'config' | 'curves'>, along: Along): Float64Array | undefined {
  if (along === 'step') return curve.steps;
  if (along === 'tokens') {
    const each = tokensPerStep(run);
    return each === undefined ? undefined : curve.steps.map((step) => step * each);
  }
  const start = startOf(run.curves);
  return curve.times?.map((time) => time - start);
}

export interface TimeUnit {
  readonly seconds: number;
  readonly key: 'unit.seconds' | 'unit.minutes' | 'unit.hours' | 'unit.days';
}

/** The unit in which a span of seconds reads best. */
export function timeUnit(seconds: number): TimeUnit {
  if (seconds < 180) return { seconds: 1, key: 'unit.seconds' };
  if (seconds < 3 * 3600) return { seconds: 60, key: 'unit.minutes' };
  return seconds < 3 * 86400 ? { seconds: 3600, key: 'unit.hours' } : { seconds: 86400, key: 'unit.days' };
}

/** The scale that all lines' points span along x; only positive ones on a log scale. */
export function acrossScale(lines: readonly ChartLine[], transform: Transform): Scale {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  // Points stand in order.
  for (const { x } of lines) {
    low = Math.min(low, (transform === 'linear' ? x[0] : x.find((place) => place > 0)) ?? low);
    high = Math.max(high, x.at(-1) ?? high);
  }
  return scaleOver(transform, transform === 'linear' ? Math.min(0, low) : low, high);
}

/** An estimate rests while a curve grows by less than one part in two to this power. */
const GRAIN = 6;
/** Share of the raw values at either end that a smoothed chart does not make room for. */
const TAIL = 0.02;

/**
 * The scale of values inside a range of x. Where lines are smoothed, it holds all of the smooth lines
 * and all but the extremes of the raw values.
 */
export function upScale(lines: readonly ChartLine[], transform: Transform, { low: from, high: to }: Pick<Scale, 'low' | 'high'>): Scale {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const take = ({ low: least, positive, high: most }: Extremes): void => {
    low = Math.min(low, transform === 'log' ? positive : least);
    high = Math.max(high, most);
  };
  for (const { curve, x } of lines) {
    const before = indexAt(x, from);
    const first = x[before] === from ? before : before + 1;
    const end = indexAt(x, to) + 1;
    const { raw, smooth } = extremesOf(curve, first, end);
    take(curve.smoothed ? smooth : raw);
    if (curve.smoothed) take(middleOf(curve, first, end));
  }
  return scaleOver(transform, low, high);
}

const MIDDLES = new WeakMap<object, { readonly key: string; readonly middle: Extremes }>();

/**
 * The range of all raw values but the extremes. It is an estimate, and kept with the curve's origin while the
 * curve grows by a share that could hardly move it: it looks at a round number of points.
 */
function middleOf(curve: Curve, from: number, to: number): Extremes {
  const grain = 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, to))) - GRAIN);
  const end = Math.max(from, Math.floor(to / grain) * grain);
  const key = `${from} ${end}`;
  const known = MIDDLES.get(curve.origin);
  if (known?.key === key) return known.middle;
  const values = new Float32Array(2 * (end - from));
  let count = 0;
  for (let index = from; index < end; index++) {
    if (!hasNumber(curve, index)) continue;
    values[count++] = curve.minimum[index] ?? 0;
    values[count++] = curve.maximum[index] ?? 0;
  }
  const middle = between(values.subarray(0, count));
  MIDDLES.set(curve.origin, { key, middle });
  return middle;
}

function between(values: Float32Array): Extremes {
  const none = { low: Number.POSITIVE_INFINITY, positive: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
  if (values.length === 0) return none;
  const last = values.length - 1;
  const [low, high] = [ranked(values, Math.floor(TAIL * last)), ranked(values, Math.ceil((1 - TAIL) * last))];
  return { low, positive: low > 0 ? low : high > 0 ? high : none.positive, high };
}

/** Index of the last point at or before a place on the x axis; −1 before the first. */
export function indexAt(x: Float64Array, place: number): number {
  let low = -1;
  let high = x.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((x[middle] ?? 0) <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Class of a run's lines: seven colours, then the same ones again in dashes. */
export function toneClass(tone: number): string {
  return `run-${tone % 7}${tone >= 7 ? ' run-dashed' : ''}`;
}
