// The feed-forward sublayer, without its residual.

import type { ModelConfig } from '../experiment/config';
import type { Value } from '../graph/value';
import { activationNamed } from './activation';
import { affine } from './affine';
import type { ParameterOf } from './norm';
import type { Inside } from './residual/scheme';

/** [B·T, C] → [B·T, C] through F inner channels. */
export function feedForward(x: Value, model: ModelConfig, parameter: ParameterOf, inside: Inside): Value {
  const active = activationNamed(model.activation).apply(affine(x, parameter, 'feed_forward.in'));
  return affine(inside.inner?.(active) ?? active, parameter, 'feed_forward.out');
}
