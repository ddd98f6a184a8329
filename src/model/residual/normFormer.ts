// NormFormer: Pre-LN with three more operations that even out gradients over depth.

import { multiply } from '../../graph/elementwise';
import { reshape } from '../../graph/shape';
import type { Value } from '../../graph/value';
import { ONE_NORM, type ResidualScheme, type SublayerScope, streamOf } from './scheme';
import { residualSum } from './sum';

const HEAD_SCALE = 'attention.head_scale';

export const NORM_FORMER: ResidualScheme = {
  descriptor: {
    name: 'normformer',
    title: 'NormFormer',
    formula: 'x ← x + LN(Wo·(s⊙heads(LN(x)))), x ← x + W2·LN(φ(W1·LN(x))), final LN',
    documentation:
      'Pre-LN with a LayerNorm after attention, a trained factor s for each head, and a LayerNorm after the activation. The paper’s residual scaling of its smallest models is left out.',
    source: 'arXiv 2110.09456',
    options: [],
    defaultInitialisation: 'gpt2-scaled',
    finalNorm: true,
    family: 'pre-ln',
  },
  norms: (part) => [
    ...ONE_NORM,
    part === 'attention' ? { name: 'output_norm', over: 'hidden' } : { name: 'inner_norm', over: 'feed-forward' },
  ],
  parameters: (part, { heads }) => (part === 'attention' ? [{ name: HEAD_SCALE, shape: [heads], part, role: 'gain' }] : []),
  sublayer(scope) {
    const x = streamOf(scope.carry);
    const normed = scope.norm(x);
    if (scope.part === 'attention')
      return residualSum(x, scope.norm(scope.branch(normed, { inner: (mixed) => scaleHeads(mixed, scope) }), 'output_norm'));
    return residualSum(x, scope.branch(normed, { inner: (active) => scope.norm(active, 'inner_norm') }));
  },
};

/** Each head of [B·T, C] times its own number. */
function scaleHeads(mixed: Value, { model: { heads, hidden }, parameter }: SublayerScope): Value {
  const apart = reshape(mixed, [mixed.type.shape[0] ?? 1, heads, hidden / heads]);
  return reshape(multiply(apart, reshape(parameter(HEAD_SCALE), [heads, 1])), mixed.type.shape);
}
