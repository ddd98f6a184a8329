// Peri-LN: Sandwich-LN between a normalised embedding and a normalised output.

import { SANDWICH_NORMS, sandwich } from './sandwichLn';
import type { ResidualScheme } from './scheme';

export const PERI_LN: ResidualScheme = {
  descriptor: {
    name: 'peri-ln',
    title: 'Peri-LN',
    formula: 'x ← x + LN(f(LN(x))), LN of the embedding, final LN',
    documentation: 'Sandwich-LN whose embedding is normalised too: the stream’s variance grows linearly at most, from 1.',
    source: 'arXiv 2502.02732',
    options: [],
    defaultInitialisation: 'normal',
    finalNorm: true,
    family: 'pre-ln',
  },
  norms: () => SANDWICH_NORMS,
  endNorms: { embedding: ['norm'] },
  enter: (embedded, scope) => ({ x: scope.norm(embedded, 'norm') }),
  sublayer: sandwich,
};
