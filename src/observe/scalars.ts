// Answers for a scalar's curve: its points folded into buckets that keep minimum, maximum and what was
// not finite, and, where it was asked for, a moving average over every point there is, so that the
// smooth line is the same however coarse the buckets are.

import type { Series, Span } from '../experiment/view';
import type { ScalarStretch } from './history';
import { foldValue, newValues, settle, sideOf, startsOf } from './spans';

/**
 * At most `points` buckets of the points inside a span of training steps.
 *
 * @param smoothing weight of the past, 0 for none
 */
export function scalarSeries(stretches: readonly ScalarStretch[], span: Span, points: number, smoothing: number): Omit<Series, 'source'> {
  const parts = stretches
    .map(({ scalar, from, to }) => ({
      scalar,
      from: Math.max(from, scalar.steps.lowerBound(span.from)),
      to: Math.min(to, scalar.steps.lowerBound(span.to)),
    }))
    .filter((part) => part.from < part.to);
  const count = parts.reduce((sum, part) => sum + part.to - part.from, 0);
  const width = sideOf(points, { from: 0, to: count });
  const steps = new Float64Array(width);
  const times = new Float64Array(width);
  const values = newValues(width);
  const first = startsOf({ from: 0, to: count }, width);
  let [x, next, index] = [-1, 0, 0];
  for (const { scalar, from, to } of parts) {
    for (let at = from; at < to; at++, index++) {
      if (index === next) {
        steps[++x] = scalar.steps.at(at);
        times[x] = scalar.times.at(at);
        next = first(x + 1);
      }
      foldValue(values, x, scalar.values.at(at));
    }
  }
  settle(values);
  const smoothed = smoothing > 0 ? movingAverage(stretches, parts[0], width, first, smoothing) : undefined;
  return { steps, ...values, times, ...(smoothed && { smoothed }) };
}

/**
 * The debiased exponential moving average s̄ₙ = sₙ / (1 − Πwᵢ) with sₙ = wₙ·sₙ₋₁ + (1 − wₙ)·xₙ, s₀ = 0 (the
 * bias correction of Kingma & Ba 2015, section 3), from the scalar's very first point, as it stands
 * after each bucket's last one. The weight is that of one training step, wₙ = w^(steps since the last
 * point), so that what is recorded seldom does not lag behind what is recorded often. Values that are
 * not finite do not count.
 *
 * @param begins the first point of the span
 */
function movingAverage(
  stretches: readonly ScalarStretch[],
  begins: { readonly scalar: ScalarStretch['scalar']; readonly from: number } | undefined,
  width: number,
  first: (bucket: number) => number,
  weight: number,
): Float32Array<ArrayBuffer> {
  const smoothed = new Float32Array(width).fill(Number.NaN);
  let [sum, bias, index, bucket, last] = [0, 1, -1, 0, Number.NaN];
  for (const { scalar, from, to } of stretches) {
    for (let at = from; at < to; at++) {
      if (index >= 0 || (scalar === begins?.scalar && at === begins.from)) index++;
      const value = scalar.values.at(at);
      if (Number.isFinite(value)) {
        const step = scalar.steps.at(at);
        const past = Number.isNaN(last) ? weight : weight ** (step - last);
        sum = past * sum + (1 - past) * value;
        bias *= past;
        last = step;
      }
      if (index < 0) continue;
      while (bucket < width && first(bucket + 1) <= index) bucket++;
      if (bucket === width) return smoothed;
      smoothed[bucket] = bias === 1 ? Number.NaN : sum / (1 - bias);
    }
  }
  return smoothed;
}
