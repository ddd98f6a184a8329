// Multi-head self-attention, without its residual.
//
// Letters: B batch, T context, C hidden, H heads, D = C/H.

import type { ModelConfig } from '../experiment/config';
import { constant } from '../graph/constant';
import { matmul } from '../graph/contract';
import { add, multiply } from '../graph/elementwise';
import { softmax } from '../graph/normalise';
import { concat, reshape, slice, transpose } from '../graph/shape';
import type { Value } from '../graph/value';
import { affine } from './affine';
import type { BatchShape } from './block';
import type { ParameterOf } from './norm';
import type { Inside } from './residual/scheme';

/** A value after dropout at a site; the value itself where nothing is dropped. */
export type Drop = (x: Value, site: string) => Value;

/** The site of dropout on the attention weights [B, H, T, T]. */
export const ATTENTION_WEIGHTS = 'attention_weights';

/** What an attention sublayer looked at, [B, H, T, T]: the softmax's input, where what may not be seen is very negative, and its output. */
export interface Attended {
  readonly logits: Value;
  readonly weights: Value;
}

/**
 * arXiv 1706.03762: [B·T, C] → `made` [B·T, C], by way of `products`, which take long to compute.
 * @param reach what to add to the scores [B, H, T, T]; nothing where every token may look at all.
 */
export function attention(
  x: Value,
  model: ModelConfig,
  { batch: B, context: T }: BatchShape,
  reach: Value | undefined,
  parameter: ParameterOf,
  drop: Drop,
  inside: Inside,
): { readonly made: Value; readonly attended: Attended; readonly products: readonly Value[] } {
  const { hidden: C, heads: H } = model;
  const D = C / H;
  const projected = affine(x, parameter, 'attention.qkv');
  const stacked = transpose(reshape(projected, [B, T, 3, H, D]), [2, 0, 3, 1, 4]);
  const [query, key, value] = [0, 1, 2].map((i) => reshape(slice(stacked, 0, i, i + 1), [B, H, T, D])) as [Value, Value, Value];
  const heads = inside.heads?.({ query, key, value }) ?? { query, key, value };
  const placed = model.positions === 'rotary' ? rotated : (x: Value): Value => x;
  const scores = matmul(placed(heads.query), placed(heads.key), { transposeB: true, scale: 1 / Math.sqrt(D) });
  const logits = reach ? add(scores, reach) : scores;
  const weights = softmax(logits);
  const mixed = reshape(transpose(matmul(drop(weights, ATTENTION_WEIGHTS), heads.value), [0, 2, 1, 3]), [B * T, C]);
  const made = affine(inside.inner?.(mixed) ?? mixed, parameter, 'attention.output');
  return { made, attended: { logits, weights }, products: [query, key, value, mixed] };
}

/** Slowest of the rotary angles' wavelengths, over 2π. */
const ROTARY_BASE = 10_000;

/**
 * Rotary positions (RoFormer, arXiv 2104.09864): channels c and c + D/2 of [B, H, T, D] are turned as a pair
 * by place · base^(−2c/D), so that query meets key at an angle that tells their distance. D is even.
 */
export function rotated(x: Value): Value {
  const [T = 1, D = 1] = x.type.shape.slice(2);
  const half = D / 2;
  const table = (of: (angle: number, firstHalf: boolean) => number): Value =>
    constant(
      Float64Array.from({ length: T * D }, (_, i) => {
        const channel = i % D;
        return of(Math.floor(i / D) * ROTARY_BASE ** (-(channel % half) / half), channel < half);
      }),
      [T, D],
    );
  const swapped = concat([slice(x, 3, half, D), slice(x, 3, 0, half)], 3);
  const turned = multiply(
    swapped,
    table((angle, firstHalf) => (firstHalf ? -Math.sin(angle) : Math.sin(angle))),
  );
  return add(multiply(x, table(Math.cos)), turned);
}

/** Added to a score that must not count: softmax turns it into 0. */
export const UNSEEN = -1e30;

/** [T, T]: 0 where a query may look, `UNSEEN` where the key lies ahead. */
export function causalMask(T: number): Value {
  return constant(
    Float64Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? UNSEEN : 0)),
    [T, T],
  );
}
