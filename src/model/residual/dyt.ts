// DyT: Pre-LN without statistics of its activations. The function itself stands among the norms (`norm.ts`),
// so that every scheme can be tried with it.

import { multiply } from '../../graph/elementwise';
import { preNorm } from './preLn';
import type { ResidualScheme } from './scheme';

const SCALE = 'embedding.scale';

export const DYT: ResidualScheme = {
  descriptor: {
    name: 'dyt',
    title: 'Dynamic Tanh (DyT)',
    formula: 'x ← x + f(γ⊙tanh(α·x) + β), the same before the head; x₀ = s·embedding; α = 0.5, s = √C at the start',
    documentation:
      'Pre-LN with DyT in place of LayerNorm. Nothing scales small embeddings up then, so one trained number does. DyT is a norm of its own: `model.norm` can give it to other schemes, and another norm to this one.',
    source: 'arXiv 2503.10622',
    options: [],
    defaultInitialisation: 'gpt2-scaled',
    defaultNorm: 'dyt',
    finalNorm: true,
    family: 'pre-ln',
  },
  endParameters: (end, { hidden }) =>
    end === 'embedding' ? [{ name: SCALE, shape: [1], part: end, role: 'gain', start: Math.sqrt(hidden) }] : [],
  enter: (embedded, scope) => ({ x: multiply(embedded, scope.parameter(SCALE)) }),
  sublayer: preNorm,
};
