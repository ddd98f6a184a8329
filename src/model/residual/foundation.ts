// Foundation LayerNorm: the scheme that this tool is built around.

import { optionOf, type ResidualScheme } from './scheme';
import { weightedPostNorm } from './weightedPostNorm';

export const FOUNDATION: ResidualScheme = {
  descriptor: {
    name: 'foundation',
    title: 'Foundation LayerNorm (FLN)',
    formula: 'x ← LN(c·x + f(x)), c = 0.974',
    documentation:
      'Post-LN with the stream slightly scaled down, at every depth by the same empirical constant. LayerNorm ignores scale, so it equals Post-LN with branch gain 1/c: initialisation and warm-up decide whether it trains.',
    source: 'arXiv 2204.04477 (our reading of a secondary source)',
    options: [{ name: 'coefficient', documentation: 'c, the factor on the stream; 1 is Post-LN.', default: 0.974, minimum: 0 }],
    defaultInitialisation: 'gpt2-scaled',
    finalNorm: true,
    family: 'post-ln',
  },
  sublayer: (scope) => weightedPostNorm(scope, optionOf(scope.model, 'coefficient')),
};
