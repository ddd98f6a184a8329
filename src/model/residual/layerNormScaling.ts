// LayerNorm Scaling: Pre-LN that shrinks what deep branches read, so that the stream's variance stays bounded.

import { multiply } from '../../graph/elementwise';
import { type ResidualScheme, streamOf } from './scheme';
import { residualSum } from './sum';

export const LAYER_NORM_SCALING: ResidualScheme = {
  descriptor: {
    name: 'layernorm-scaling',
    title: 'LayerNorm Scaling',
    formula: 'x ← x + f(LN(x)/√l) in layer l, final LN',
    documentation:
      'Pre-LN whose LayerNorm in layer l is divided by √l, lest deep layers do nothing. Its authors drop the scaled initialisation with it: the two shrink the same thing twice.',
    source: 'arXiv 2502.05795',
    options: [],
    defaultInitialisation: 'normal',
    unfitInitialisations: ['gpt2-scaled'],
    finalNorm: true,
    family: 'pre-ln',
  },
  constants: (layer) => ({ scale: 1 / Math.sqrt(layer) }),
  sublayer(scope) {
    const x = streamOf(scope.carry);
    return residualSum(x, scope.branch(multiply(scope.norm(x), scope.constant('scale'))));
  },
};
