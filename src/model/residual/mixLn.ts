// Mix-LN: Post-LN where layers are shallow, Pre-LN above.

import { preNorm } from './preLn';
import { optionOf, type ResidualScheme } from './scheme';
import { weightedPostNorm } from './weightedPostNorm';

const POST = 'post-ln';

export const MIX_LN: ResidualScheme = {
  descriptor: {
    name: 'mix-ln',
    title: 'Mix-LN',
    formula: 'x ← LN(x + f(x)) in the first quarter of the layers, then x ← x + f(LN(x)), final LN',
    documentation:
      'Post-LN keeps gradients of early layers small and Pre-LN those of late ones; the mixture evens them out. At great depth the Post-LN part alone is deep, and wants warm-up.',
    source: 'arXiv 2412.13795',
    options: [
      {
        name: 'postShare',
        documentation: 'Share of the layers, from the bottom, that are Post-LN.',
        default: 0.25,
        minimum: 0,
        maximum: 1,
      },
    ],
    defaultInitialisation: 'gpt2-scaled',
    finalNorm: true,
    family: 'other',
  },
  kindOf: (layer, model) => (layer <= Math.floor(optionOf(model, 'postShare') * model.layers) ? POST : 'pre-ln'),
  sublayer: (scope) => (scope.kind === POST ? weightedPostNorm(scope, 1) : preNorm(scope)),
};
