// What is measured: which model, which batch, how it is shared out. A subject gets it as JSON, whatever
// language it is written in.

import { complete } from '../src/experiment/complete';
import type { ExperimentConfig } from '../src/experiment/config';
import { CATALOGUE } from '../src/model/catalogue';

export interface Setup {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly context: number;
  readonly batch: number;
  readonly vocabulary: number;
  /** Threads that share a batch; 0 leaves it to the plan. */
  readonly workers: number;
  readonly activations: ExperimentConfig['training']['activations'];
  /** Names of the statistics over depth that recorded steps reduce. */
  readonly statistics: readonly string[];
  readonly engine: ExperimentConfig['engine']['name'];
}

/** What PyTorch's side records too: norms of streams, of their gradients, of parameters, gradients and updates. */
export const NORMS = ['gradient_rms', 'activation_rms', 'gradient_norm', 'weight_norm', 'update_ratio'] as const;

/** What Fathom is for: 1000 thin layers. */
export const THIN: Setup = {
  layers: 1000,
  hidden: 64,
  heads: 2,
  context: 64,
  batch: 8,
  vocabulary: 256,
  workers: 0,
  activations: 'auto',
  statistics: NORMS,
  engine: 'onnxruntime',
};

/** The shape of GPT-2 small (124 M parameters). */
export const WIDE: Setup = { ...THIN, layers: 12, hidden: 768, heads: 12, context: 256, batch: 4, vocabulary: 50_257 };

/** How many different batches a subject goes round through. */
export const BATCHES = 8;

/** A configuration that trains the setup: DeepNorm, AdamW, decay on matrices, clipping at 1. */
export function configOf(setup: Setup): ExperimentConfig {
  const { layers, hidden, heads, context, batch, vocabulary, workers, activations, statistics, engine } = setup;
  const written = {
    name: 'bench',
    seed: 1,
    model: { layers, hidden, heads, context, vocabulary, scheme: 'deepnorm', initialisation: 'deepnorm' },
    optimiser: { name: 'adamw', learningRate: 1e-4 },
    schedule: { name: 'constant', warmup: 0 },
    training: { steps: 1_000_000, batch, activations, statistics },
    engine: { name: engine, workers },
  };
  return complete(written as unknown as ExperimentConfig, CATALOGUE);
}

export function named({ layers, hidden, context, batch }: Setup): string {
  return `${layers} × ${hidden}, context ${context}, batch ${batch}`;
}
