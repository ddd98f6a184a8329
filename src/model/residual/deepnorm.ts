// DeepNorm: bounded updates at 1000 layers, by α on the stream and β in the initialisation.

import type { ResidualScheme } from './scheme';
import { weightedPostNorm } from './weightedPostNorm';

export const DEEPNORM: ResidualScheme = {
  descriptor: {
    name: 'deepnorm',
    title: 'DeepNorm',
    formula: 'x ← LN(α·x + f(x)), α = (2N)^(1/4), β = (8N)^(−1/4)',
    documentation:
      'Encoder-only or decoder-only constants. β scales feed-forward, value and output projections at initialisation (choose initialisation `deepnorm`); query and key keep gain 1.',
    source: 'arXiv 2203.00555; microsoft/torchscale',
    options: [],
    defaultInitialisation: 'deepnorm',
    finalNorm: false,
    family: 'post-ln',
  },
  sublayer: (scope) => weightedPostNorm(scope, (2 * scope.model.layers) ** 0.25),
};
