// Upscale LayerNorm: the paper's scheme for BERT.

import type { ResidualScheme } from './scheme';
import { weightedPostNorm } from './weightedPostNorm';

export const UPSCALE: ResidualScheme = {
  descriptor: {
    name: 'upscale',
    title: 'Upscale LayerNorm (ULN)',
    formula: 'x ← LN(α·x + f(x)), α = (2N)^(1/4)',
    documentation:
      'The stream outweighs each branch the more, the more layers there are; weights stay as initialised. Equals Post-LN with branch gain (2N)^(−1/4).',
    source: 'arXiv 2204.04477 (our reading of a secondary source)',
    options: [],
    defaultInitialisation: 'normal',
    finalNorm: false,
    family: 'post-ln',
  },
  sublayer: (scope) => weightedPostNorm(scope, (2 * scope.model.layers) ** 0.25),
};
