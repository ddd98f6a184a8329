// ReZero: no normalisation at all; every sublayer starts shut and opens as far as it helps.

import { multiply } from '../../graph/elementwise';
import { type ResidualScheme, streamOf } from './scheme';
import { residualSum } from './sum';

export const REZERO: ResidualScheme = {
  descriptor: {
    name: 'rezero',
    title: 'ReZero',
    formula: 'x ← x + a·f(x), a = 0 at the start',
    documentation:
      'No LayerNorm; one trained number for each sublayer. At the start the whole stack is the identity, so signals and gradients pass any depth unchanged.',
    source: 'arXiv 2003.04887',
    options: [],
    defaultInitialisation: 'xavier',
    finalNorm: false,
    family: 'other',
  },
  norms: () => [],
  parameters: (part) => [{ name: `${part}.a`, shape: [1], part, role: 'gain', start: 0 }],
  sublayer(scope) {
    const x = streamOf(scope.carry);
    return residualSum(x, multiply(scope.branch(x), scope.parameter(`${scope.part}.a`)));
  },
};
