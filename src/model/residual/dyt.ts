// DyT: Pre-LN without statistics of its activations. The function itself stands among the norms (`norm.ts`),
// so that every scheme can be tried with it.

import { preNorm } from './preLn';
import type { ResidualScheme } from './scheme';

export const DYT: ResidualScheme = {
  descriptor: {
    name: 'dyt',
    title: 'Dynamic Tanh (DyT)',
    formula: 'x ← x + f(γ⊙tanh(α·x) + β), the same before the head; α = 0.5 at the start',
    documentation:
      'Pre-LN with DyT in place of LayerNorm. DyT is a norm of its own: `model.norm` can give it to other schemes, and another norm to this one.',
    source: 'arXiv 2503.10622',
    options: [],
    defaultInitialisation: 'gpt2-scaled',
    defaultNorm: 'dyt',
    finalNorm: true,
    family: 'pre-ln',
  },
  sublayer: preNorm,
};
