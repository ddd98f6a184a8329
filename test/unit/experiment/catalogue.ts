// A small catalogue for the tests of this room: the real one belongs to the model room.

import type { Catalogue, SchemeDescriptor } from '../../../src/experiment/catalogue';

function scheme(name: string, family: 'post-ln' | 'pre-ln', rest: Partial<SchemeDescriptor> = {}): SchemeDescriptor {
  return {
    name,
    title: name,
    formula: 'x ← LN(x + f(x))',
    documentation: `The ${name} scheme.`,
    source: 'a test',
    options: [],
    defaultInitialisation: 'normal',
    finalNorm: family === 'pre-ln',
    family,
    ...rest,
  };
}

const about = (name: string) => ({ name, title: name, documentation: `About ${name}.` });
const named = (names: readonly string[]) => names.map(about);

export const catalogue: Catalogue = {
  schemes: [
    scheme('foundation', 'post-ln', {
      defaultInitialisation: 'gpt2-scaled',
      options: [{ name: 'coefficient', documentation: 'Weight of the residual stream.', default: 0.974, minimum: 0.1, maximum: 10 }],
    }),
    scheme('deepnorm', 'post-ln', { defaultInitialisation: 'deepnorm' }),
    scheme('post-ln', 'post-ln'),
    scheme('pre-ln', 'pre-ln', { defaultInitialisation: 'gpt2-scaled' }),
  ],
  initialisations: named(['xavier', 'normal', 'gpt2-scaled', 'deepnorm']),
  activations: named(['gelu', 'relu']),
  norms: named(['layer-norm', 'rms-norm']),
  optimisers: [
    {
      ...about('adamw'),
      formula: 'a',
      source: 'b',
      reads: { learningRate: 1e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 },
    },
    { ...about('sgd'), formula: 'a', source: 'b', reads: { learningRate: 0.1, momentum: 0.9, weightDecay: 0 } },
  ],
  schedules: [
    { ...about('cosine'), formula: 'a', reads: ['final'] },
    { ...about('constant'), formula: 'a', reads: [] },
    { ...about('warmup-stable-decay'), formula: 'a', reads: ['final', 'decay', 'decayShape'] },
  ],
  statistics: named(['activation_rms', 'gradient_rms']).map((each) => ({
    ...each,
    formula: 'x',
    unit: '1',
    source: 'a test',
    scale: 'log',
    split: true,
  })),
};
