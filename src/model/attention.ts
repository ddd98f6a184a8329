// Causal multi-head self-attention, without its residual.
//
// Letters: B batch, T context, C hidden, H heads, D = C/H.

import type { ModelConfig } from '../experiment/config';
import { constant } from '../graph/constant';
import { matmul } from '../graph/contract';
import { add } from '../graph/elementwise';
import { softmax } from '../graph/normalise';
import { reshape, slice, transpose } from '../graph/shape';
import type { Value } from '../graph/value';
import { affine } from './affine';
import type { BatchShape } from './block';
import type { ParameterOf } from './norm';
import type { Inside } from './residual/scheme';

/** arXiv 1706.03762: [B·T, C] → [B·T, C]. */
export function attention(
  x: Value,
  model: ModelConfig,
  { batch: B, context: T }: BatchShape,
  parameter: ParameterOf,
  inside: Inside,
): Value {
  const { hidden: C, heads: H } = model;
  const D = C / H;
  const stacked = transpose(reshape(affine(x, parameter, 'attention.qkv'), [B, T, 3, H, D]), [2, 0, 3, 1, 4]);
  const [query, key, value] = [0, 1, 2].map((i) => reshape(slice(stacked, 0, i, i + 1), [B, H, T, D])) as [Value, Value, Value];
  const heads = inside.heads?.({ query, key, value }) ?? { query, key, value };
  const scores = matmul(heads.query, heads.key, { transposeB: true, scale: 1 / Math.sqrt(D) });
  const weights = softmax(add(scores, causalMask(T)));
  const mixed = reshape(transpose(matmul(weights, heads.value), [0, 2, 1, 3]), [B * T, C]);
  return affine(inside.inner?.(mixed) ?? mixed, parameter, 'attention.output');
}

/** [T, T]: 0 where a query may look, a number that softmax turns into 0 where the key lies ahead. */
function causalMask(T: number): Value {
  const AHEAD = -1e30;
  return constant(
    Float64Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? AHEAD : 0)),
    [T, T],
  );
}
