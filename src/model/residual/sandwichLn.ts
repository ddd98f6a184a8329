// Sandwich-LN: a LayerNorm on either side of each branch, so that no branch can blow the stream up.

import { type Joined, ONE_NORM, type ResidualScheme, type SublayerScope, streamOf } from './scheme';
import { residualSum } from './sum';

export const SANDWICH_LN: ResidualScheme = {
  descriptor: {
    name: 'sandwich-ln',
    title: 'Sandwich-LN',
    formula: 'x ← x + LN(f(LN(x))), final LN',
    documentation:
      'Pre-LN with a second LayerNorm behind each branch: what a sublayer adds has a size that training sets, whatever its weights. Scales of output projections do not matter to it.',
    source: 'arXiv 2105.13290',
    options: [],
    defaultInitialisation: 'normal',
    finalNorm: true,
    family: 'pre-ln',
  },
  norms: () => SANDWICH_NORMS,
  sublayer: sandwich,
};

export const SANDWICH_NORMS: ReturnType<NonNullable<ResidualScheme['norms']>> = [...ONE_NORM, { name: 'output_norm', over: 'hidden' }];

export function sandwich(scope: SublayerScope): Joined {
  const x = streamOf(scope.carry);
  return residualSum(x, scope.norm(scope.branch(scope.norm(x)), 'output_norm'));
}
