// Small models on any engine for tests: what a step computes, by parameter name.

import type { Batch } from '../../../src/data/batch';
import type { Engine } from '../../../src/engine/engine';
import type { ExperimentConfig, ModelConfig } from '../../../src/experiment/config';
import { targetsPerSequence } from '../../../src/experiment/objective';
import { randomStream } from '../../../src/experiment/random';
import { schemeNamed } from '../../../src/model/catalogue';
import { describeModel } from '../../../src/model/model';
import type { KeptActivations } from '../../../src/model/programs';
import { STATISTIC_NAMES } from '../../../src/model/statistics';
import { depthLayout, depthValues, emptyPartials } from '../../../src/trainer/depth';
import { FusedUpdate } from '../../../src/trainer/fused';
import { flatOf, OwnMemory } from '../../../src/trainer/memory';
import { Pass } from '../../../src/trainer/pass';
import { applyUpdate, measureGradients } from '../../../src/trainer/update';
import { allBlocks, allocateWeights, initialiseWeights, prefixOf, type Weights } from '../../../src/trainer/weights';
import { config as anyConfig } from '../experiment/config';

export function smallModel(change: Partial<ModelConfig> = {}): ModelConfig {
  const scheme = schemeNamed(change.scheme ?? 'foundation').descriptor;
  const base: ModelConfig = {
    ...anyConfig.model,
    layers: 4,
    hidden: 16,
    heads: 2,
    feedForward: 64,
    context: 8,
    norm: scheme.defaultNorm ?? 'layer-norm',
    scheme: scheme.name,
    schemeOptions: Object.fromEntries(scheme.options.map((option) => [option.name, option.default])),
    initialisation: scheme.defaultInitialisation,
    finalNorm: scheme.finalNorm,
    vocabulary: 32,
  };
  return { ...base, ...change };
}

export function smallConfig(model: Partial<ModelConfig> = {}, training: Partial<ExperimentConfig['training']> = {}): ExperimentConfig {
  return {
    ...anyConfig,
    name: 'small',
    seed: 7,
    model: smallModel(model),
    optimiser: { ...anyConfig.optimiser, learningRate: 1e-2 },
    schedule: { ...anyConfig.schedule, name: 'constant', warmup: 0, final: 1 },
    training: { ...anyConfig.training, steps: 10, statistics: STATISTIC_NAMES, activations: 'recompute', ...training },
    engine: { name: 'reference', workers: 1 },
  };
}

/** What a configuration can change inside sublayers; between them, every choice that is no default. */
export const VARIANTS: readonly (readonly [name: string, model: Partial<ModelConfig>])[] = [
  [
    'RMSNorm, SwiGLU, rotary positions and query-key norm',
    { norm: 'rms-norm', activation: 'swiglu', positions: 'rotary', queryKeyNorm: true },
  ],
  ['DyT, squared ReLU, inner norms', { scheme: 'sub-ln', norm: 'dyt', activation: 'squared-relu', positions: 'none' }],
  ['norms of heads twice asked for, ReLU', { scheme: 'hybrid-norm', norm: 'rms-norm', activation: 'relu', queryKeyNorm: true }],
  ['dropout, GELU by tanh, untied, a final norm', { dropout: 0.2, activation: 'gelu-tanh', tiedEmbeddings: false, finalNorm: true }],
];

/** Encoders, with both heads. */
export const ENCODERS: readonly (readonly [name: string, model: Partial<ModelConfig>])[] = [
  ['BERT, masked tokens', { architecture: 'bert', objective: 'masked-tokens', scheme: 'upscale' }],
  [
    'BERT, untied, Pre-LN, dropout, RMSNorm, SwiGLU',
    {
      architecture: 'bert',
      objective: 'masked-tokens',
      scheme: 'pre-ln',
      tiedEmbeddings: false,
      dropout: 0.1,
      norm: 'rms-norm',
      activation: 'swiglu',
    },
  ],
  ['BERT, pairs of different lengths', { architecture: 'bert', objective: 'pair-class', scheme: 'post-ln', activation: 'relu' }],
];

export interface StepResult {
  readonly loss: number;
  readonly norm: number;
  /** Gradients of the step's mean loss by full parameter name. */
  readonly gradients: Map<string, Float64Array>;
  /** Depth statistic by row and column name. */
  readonly depth: (row: string, column: string) => number;
}

/**
 * A model with random tokens to train on; every step takes the next seeded micro-batches.
 * @param segment layers between kept borders.
 * @param kept by the last `savedLayers`.
 * @param disturbed whether gains and biases start off their initial values: some schemes' branches start shut.
 */
export async function trainer(
  engine: Engine,
  config: ExperimentConfig,
  savedLayers = 0,
  disturbed = false,
  segment = 1,
  kept: KeptActivations = 'products',
  lossScale = 2 ** 15,
) {
  const model = describeModel(config.model);
  const weights = allocateWeights(engine, model, config);
  await initialiseWeights(weights, config);
  if (disturbed) disturb(weights);
  const { batch, accumulation } = config.training;
  const fused = config.training.fusedUpdate ? new FusedUpdate(engine, weights, config) : undefined;
  const pass = new Pass(
    engine,
    model,
    new OwnMemory(engine, weights, fused && ((slot) => fused.complete(slot))),
    { batch, context: config.model.context },
    { kept, savedLayers, segment, seed: config.seed, statistics: config.training.statistics, precision: config.training.precision },
  );
  const tokens = (step: number, micro: number, salt: number): Int32Array => {
    const random = randomStream(99, step, micro, salt);
    return Int32Array.from({ length: batch * config.model.context }, () => random.below(config.model.vocabulary));
  };
  const fed = (step: number, micro: number): Batch => ({
    tokens: tokens(step, micro, 0),
    targets: tokens(step, micro, 1),
    ...encoded(config, step, micro),
  });
  let step = 0;
  const measured = async (): Promise<StepResult> => {
    const partials = emptyPartials(config.model.layers);
    const update = { step: step + 1, learningRate: config.optimiser.learningRate, microBatches: accumulation };
    fused?.begin(update);
    let loss = 0;
    for (let micro = 0; micro < accumulation; micro++) {
      const scaled = config.training.precision === 'float16' && { lossScale };
      const at = { first: micro === 0, step: step + 1, sample: micro * batch, ...scaled };
      loss += (await pass.train(fed(step, micro), at, partials)) / accumulation;
    }
    const measuredGradients = fused?.end() ?? measureGradients(engine, weights, accumulation);
    const gradients = named('gradient', 1 / accumulation);
    step += 1;
    if (!fused) applyUpdate(engine, weights, config, update, measuredGradients);
    const { model, training } = config;
    const sources = { partials, sums: measuredGradients.sums, model, batch, microBatches: accumulation };
    const values = depthValues(training.statistics, sources);
    const layout = depthLayout(model.layers, training.statistics);
    return {
      loss,
      norm: measuredGradients.norm,
      gradients,
      depth: (row, column) => values[layout.rows.indexOf(row) * layout.columns.length + layout.columns.indexOf(column)] ?? Number.NaN,
    };
  };
  const named = (what: 'gradient' | 'weight', factor = 1): Map<string, Float64Array> =>
    new Map(
      allBlocks(weights).flatMap((block) =>
        block.layout.entries.map((entry) => {
          const size = entry.shape.reduce((a, b) => a * b, 1);
          const values = Float64Array.from(flatOf(block[what]).subarray(entry.offset, entry.offset + size), (value) => value * factor);
          return [prefixOf(block.place) + entry.name, values] as const;
        }),
      ),
    );
  /** Goes on as a run does that has made so many steps. */
  const resumeAfter = (steps: number): void => {
    step = steps;
  };
  return { step: measured, resumeAfter, parameters: () => named('weight'), weights, pass, batch: fed };
}

/** What an encoder is fed besides tokens, and fewer targets; sequences of different lengths where they are pairs. */
function encoded({ model, training }: ExperimentConfig, step: number, micro: number): Partial<Batch> {
  const { architecture, objective, context, vocabulary } = model;
  if (architecture === 'gpt') return {};
  const random = randomStream(98, step, micro);
  const pairs = objective === 'pair-class';
  const some = (count: number, below: number): Int32Array => Int32Array.from({ length: count }, () => random.below(below));
  const targets = training.batch * targetsPerSequence(model);
  return {
    targets: some(targets, pairs ? 2 : vocabulary),
    places: pairs ? new Int32Array(targets) : some(targets, context),
    types: some(training.batch * context, 2),
    ...(pairs && { lengths: some(training.batch, context).map((length) => length + 1) }),
  };
}

function disturb(weights: Weights): void {
  const random = randomStream(5);
  for (const block of allBlocks(weights)) {
    const flat = flatOf(block.weight);
    for (const { decay, from, to } of block.layout.regions)
      if (!decay) for (let i = from; i < to; i++) flat[i] = Math.fround((flat[i] as number) + 0.1 * random.normal());
  }
}

export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum += ((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN)) ** 2;
  return Math.sqrt(sum);
}

export function length(a: ArrayLike<number>): number {
  return distance(new Float64Array(a.length), a);
}
