// Post-LN: the original transformer, and the yardstick of the weighted variants.

import { optionOf, type ResidualScheme } from './scheme';
import { weightedPostNorm } from './weightedPostNorm';

export const POST_LN: ResidualScheme = {
  descriptor: {
    name: 'post-ln',
    title: 'Post-LN',
    formula: 'x ← LN(x + g·f(x)), g = 1',
    documentation: 'Normalises after every residual sum. Wants warm-up; degrades or diverges from about 50–100 layers without it.',
    source: 'arXiv 1706.03762',
    options: [
      {
        name: 'branchGain',
        documentation: 'g, the factor on the branch; 1/c gives FLN(c), (2N)^(−1/4) gives ULN.',
        default: 1,
        minimum: 0,
      },
    ],
    defaultInitialisation: 'gpt2-scaled',
    finalNorm: false,
    family: 'post-ln',
  },
  sublayer: (scope) => weightedPostNorm(scope, 1, optionOf(scope.model, 'branchGain')),
};
