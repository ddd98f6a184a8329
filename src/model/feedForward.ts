// The feed-forward sublayer, without its residual.

import { gelu } from '../graph/elementwise';
import type { Value } from '../graph/value';
import { affine } from './affine';
import type { ParameterOf } from './norm';
import type { Inside } from './residual/scheme';

/** [B·T, C] → [B·T, C] through F inner channels. */
export function feedForward(x: Value, parameter: ParameterOf, inside: Inside): Value {
  const active = gelu(affine(x, parameter, 'feed_forward.in'));
  return affine(inside.inner?.(active) ?? active, parameter, 'feed_forward.out');
}
