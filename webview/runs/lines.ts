// What a chart draws: lines of runs along steps, tokens or time, and the scales that hold them. Pure,
// so that every tab draws the same run the same way.

import { type Scale, scaleOver, type Transform } from '../axes';
import { hasNumber } from '../curves';
import type { Curve } from '../loading/curves';
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
  for (const { x } of lines) {
    for (const place of x) {
      if (transform === 'linear' || place > 0) low = Math.min(low, place);
      high = Math.max(high, place);
    }
  }
  return scaleOver(transform, transform === 'linear' ? Math.min(0, low) : low, high);
}

/** Share of the raw values at either end that a smoothed chart does not make room for. */
const TAIL = 0.02;

/**
 * The scale of values inside a range of x. Where lines are smoothed, it holds all of the smooth lines
 * and all but the extremes of the raw values.
 */
export function upScale(lines: readonly ChartLine[], transform: Transform, { low: from, high: to }: Pick<Scale, 'low' | 'high'>): Scale {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const take = (value: number): void => {
    if (!Number.isFinite(value) || (transform === 'log' && value <= 0)) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  for (const { curve, x } of lines) {
    const { smoothed, minimum, maximum } = curve;
    const seen: number[] = [];
    for (let index = 0; index < x.length; index++) {
      const place = x[index] ?? Number.NaN;
      if (!(place >= from && place <= to)) continue;
      if (smoothed) take(smoothed[index] ?? Number.NaN);
      if (hasNumber(curve, index)) seen.push(minimum[index] ?? Number.NaN, maximum[index] ?? Number.NaN);
    }
    if (smoothed) {
      const sorted = Float64Array.from(seen).sort();
      take(sorted[Math.floor(TAIL * (sorted.length - 1))] ?? Number.NaN);
      take(sorted[Math.ceil((1 - TAIL) * (sorted.length - 1))] ?? Number.NaN);
    } else for (const value of seen) take(value);
  }
  return scaleOver(transform, low, high);
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
