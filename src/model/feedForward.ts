// The feed-forward sublayer, without its residual.

import type { ModelConfig } from '../experiment/config';
import type { Value } from '../graph/value';
import { activationNamed } from './activation';
import { affine } from './affine';
import type { ParameterOf } from './norm';
import type { Inside } from './residual/scheme';

/** [B·T, C] → `made` [B·T, C] through F inner channels, by way of `products`, which take long to compute. */
export function feedForward(
  x: Value,
  model: ModelConfig,
  parameter: ParameterOf,
  inside: Inside,
): { readonly made: Value; readonly products: readonly Value[] } {
  const inner = affine(x, parameter, 'feed_forward.in');
  const active = activationNamed(model.activation).apply(inner);
  return { made: affine(inside.inner?.(active) ?? active, parameter, 'feed_forward.out'), products: [inner] };
}
