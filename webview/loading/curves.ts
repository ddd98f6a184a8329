// Keeps curves complete: what is new is asked for and appended, and a curve that has grown to twice
// the points asked for is asked again as a whole, decimated.

import type { Series, SeriesRequest, SeriesSource, Span } from '../../src/experiment/view';
import { Paced } from '../frames';
import { Patience } from './patience';

/** Milliseconds between questions; a moving cursor asks for another layer's curve each time. */
const INTERVAL = 33;

/** A curve as received; `to` is the (exclusive) training step up to which it was asked for. */
export interface Curve extends Series {
  readonly from: number;
  readonly to: number;
  readonly smoothing: number;
  /** The same object as long as points were only added behind the others: what was made of those still holds. */
  readonly origin: object;
}

export interface CurveWish {
  readonly source: SeriesSource;
  /** Training steps. */
  readonly steps: Span;
  /** Weight of the past in a moving average; absent: none. */
  readonly smoothing?: number;
}

/** One name for a source, for keeping and comparing. */
export function sourceKey(source: SeriesSource): string {
  return 'scalar' in source ? source.scalar : `${source.statistic}#${source.row}`;
}

function joined(one: Curve, other: Series, to: number): Curve {
  const steps = new Float64Array(one.steps.length + other.steps.length);
  const minimum = new Float32Array(steps.length);
  const maximum = new Float32Array(steps.length);
  const flags = new Uint8Array(steps.length);
  const times = one.times && other.times && new Float64Array(steps.length);
  const smoothed = one.smoothed && other.smoothed && new Float32Array(steps.length);
  for (const [whole, first, second] of [
    [steps, one.steps, other.steps],
    [minimum, one.minimum, other.minimum],
    [maximum, one.maximum, other.maximum],
    [flags, one.flags, other.flags],
    [times, one.times, other.times],
    [smoothed, one.smoothed, other.smoothed],
  ] as const) {
    if (!whole || !first || !second) continue;
    whole.set(first, 0);
    whole.set(second, first.length);
  }
  const { source, from, smoothing, origin } = one;
  return { source, steps, minimum, maximum, flags, ...(times && { times }), ...(smoothed && { smoothed }), from, to, smoothing, origin };
}

/**
 * What to ask next for a wish, or nothing: only the new end where the curve just grew, the whole where
 * it is new, was cut differently, or has become too long.
 */
export function planCurve(have: Curve | undefined, wish: CurveWish, points: number): SeriesRequest | undefined {
  const { source, steps, smoothing = 0 } = wish;
  const about = smoothing > 0 ? { smoothing } : {};
  const grows = have !== undefined && have.from === steps.from && have.to <= steps.to && have.smoothing === smoothing;
  if (grows && have.to === steps.to) return undefined;
  if (grows && have.steps.length <= 2 * points) return { source, steps: { from: have.to, to: steps.to }, points, ...about };
  return { source, steps, points, ...about };
}

export class CurveLoader {
  /** By `sourceKey`. */
  readonly curves = new Map<string, Curve>();
  /** Counts changes of `curves`. */
  version = 0;
  private generation = -1;
  private points = 1;
  private wishes: readonly CurveWish[] = [];
  private busy = false;
  private readonly patience = new Patience();
  private readonly paced = new Paced(INTERVAL, () => void this.pump());

  constructor(
    private readonly ask: (request: SeriesRequest) => Promise<Series>,
    private readonly changed: () => void,
    private readonly failed: (reason: unknown) => void,
  ) {}

  /** Says what is wanted now; cheap to call every frame. Curves no longer wanted are dropped when new ones have come. */
  want(wishes: readonly CurveWish[], points: number, generation: number): void {
    if (generation !== this.generation) this.curves.clear();
    this.generation = generation;
    this.points = points;
    this.wishes = wishes;
    if (this.lacking().length > 0) this.paced.request();
  }

  private lacking(): SeriesRequest[] {
    return this.wishes.flatMap((wish) => planCurve(this.curves.get(sourceKey(wish.source)), wish, this.points) ?? []);
  }

  private async pump(): Promise<void> {
    if (this.busy || document.hidden || this.patience.lost) return;
    this.busy = true;
    const { generation } = this;
    try {
      const requests = this.lacking();
      const answers = await Promise.all(requests.map((request) => this.ask(request)));
      for (const [index, request] of requests.entries()) {
        if (generation === this.generation) this.take(request, answers[index]);
      }
      const wanted = new Set(this.wishes.map((wish) => sourceKey(wish.source)));
      for (const key of this.curves.keys()) if (!wanted.has(key)) this.curves.delete(key);
      this.version++;
      this.changed();
    } catch (reason) {
      this.patience.lose(reason, this.failed);
      this.wishes = [];
    } finally {
      this.busy = false;
    }
    if (this.lacking().length > 0) this.paced.request();
  }

  private take(request: SeriesRequest, series: Series | undefined): void {
    if (!series) return;
    const key = sourceKey(request.source);
    const have = this.curves.get(key);
    const { from, to } = request.steps;
    const smoothing = request.smoothing ?? 0;
    const appends = have !== undefined && from === have.to && from !== have.from && smoothing === have.smoothing;
    this.curves.set(key, appends ? joined(have, series, to) : { ...series, from, to, smoothing, origin: {} });
  }
}
