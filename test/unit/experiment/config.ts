// A resolved configuration for tests that need one and do not care what it says.

import type { ExperimentConfig } from '../../../src/experiment/config';

export const config: ExperimentConfig = {
  format: 1,
  name: 'first light',
  seed: 1,
  model: {
    architecture: 'gpt',
    layers: 2,
    hidden: 8,
    heads: 1,
    feedForward: 32,
    context: 16,
    positions: 'learned',
    tiedEmbeddings: true,
    activation: 'gelu',
    norm: 'layer-norm',
    queryKeyNorm: false,
    scheme: 'foundation',
    schemeOptions: { coefficient: 0.974 },
    initialisation: 'gpt2-scaled',
    finalNorm: false,
    layerNormEpsilon: 1e-5,
    vocabulary: 256,
  },
  data: { source: 'built-in:moby-dick', tokeniser: 'bytes', validationFraction: 0.1 },
  optimiser: { name: 'adamw', learningRate: 1e-3, layerRate: 1, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clip: 1 },
  schedule: { name: 'cosine', warmup: 1, final: 0.1 },
  training: {
    steps: 20,
    batch: 2,
    accumulation: 1,
    recordEvery: 1,
    validateEvery: 0,
    validationBatches: 1,
    checkpointEvery: 0,
    keepCheckpoints: 1,
    activations: 'auto',
    freeze: 'none',
  },
  engine: { name: 'auto', workers: 0 },
};
