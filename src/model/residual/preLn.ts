// Pre-LN: an identity path from end to end, normalised only on the way into each branch.

import { type Joined, type ResidualScheme, type SublayerScope, streamOf } from './scheme';
import { residualSum } from './sum';

export const PRE_LN: ResidualScheme = {
  descriptor: {
    name: 'pre-ln',
    title: 'Pre-LN',
    formula: 'x ← x + f(LN(x)), final LN',
    documentation: 'Trains without warm-up at any depth; the stream grows with depth, so later layers change it ever less.',
    source: 'arXiv 2002.04745',
    options: [],
    defaultInitialisation: 'gpt2-scaled',
    finalNorm: true,
    family: 'pre-ln',
  },
  sublayer: preNorm,
};

export function preNorm(scope: SublayerScope): Joined {
  const x = streamOf(scope.carry);
  return residualSum(x, scope.branch(scope.norm(x)));
}
