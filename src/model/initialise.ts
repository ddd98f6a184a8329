// How weights start: an axis of its own, never implied by the scheme alone (methods.md, section 1). So a
// scheme's gain on its matrices (DeepNorm's β, Sub-LN's γ) is an initialisation here, which other schemes
// can be given too. What scalars and gains of a scheme start as is part of the scheme (`start` in layout.ts).

import type { NamedDescriptor } from '../experiment/catalogue';
import type { ModelConfig } from '../experiment/config';
import { randomStream } from '../experiment/random';
import { sizeOf } from '../graph/value';
import type { LayoutEntry, ParameterLayout, Role } from './layout';

export interface Initialisation {
  readonly descriptor: NamedDescriptor;
  /**
   * Standard deviation of a matrix.
   * @param fanIn @param fanOut of one projection: C and C for each of query, key and value.
   * @param value whether it is the value projection among query, key and value.
   */
  deviation(role: Role, fanIn: number, fanOut: number, model: ModelConfig, value: boolean): number;
}

const SMALL = 0.02;
const xavier = (fanIn: number, fanOut: number): number => Math.sqrt(2 / (fanIn + fanOut));
const isEmbedding = (role: Role): boolean => role === 'token-embedding' || role === 'position-embedding' || role === 'type-embedding';
const beta = (layers: number): number => (8 * layers) ** -0.25;
const gamma = (layers: number): number => Math.sqrt(Math.log(2 * layers));

/**
 * Xavier with a gain, by depth, on the matrices that stand on the way from stream to stream, which query and
 * key do not. @param projection a gain on query, key and value besides.
 */
function onPathScaled(descriptor: NamedDescriptor, gain: (layers: number) => number, projection = 1): Initialisation {
  return {
    descriptor,
    deviation(role, fanIn, fanOut, { layers }, value) {
      if (isEmbedding(role)) return SMALL;
      const isOnPath = value || role === 'attention-output' || role === 'feed-forward-in' || role === 'feed-forward-out';
      return xavier(fanIn, fanOut) * (isOnPath ? gain(layers) : 1) * (role === 'query-key-value' ? projection : 1);
    },
  };
}

export const INITIALISATIONS: readonly Initialisation[] = [
  {
    descriptor: { name: 'normal', title: 'Normal', documentation: 'N(0, 0.02²) for every matrix.', formula: 'σ = 0.02' },
    deviation: () => SMALL,
  },
  {
    descriptor: {
      name: 'gpt2-scaled',
      title: 'GPT-2 scaled',
      documentation: 'As `normal`, with the projections back into the stream divided by √(2N).',
      formula: 'σ = 0.02, residual outputs ÷ √(2N)',
      source: 'GPT-2 report',
    },
    deviation: (role, _in, _out, model) =>
      role === 'attention-output' || role === 'feed-forward-out' ? SMALL / Math.sqrt(2 * model.layers) : SMALL,
  },
  {
    descriptor: {
      name: 'xavier',
      title: 'Xavier (Glorot) normal',
      documentation: 'Variance from each projection’s own fans, C × C for query, key and value; embeddings N(0, 0.02²).',
      formula: 'σ = √(2 / (fan in + fan out))',
      source: 'Glorot & Bengio 2010',
    },
    deviation: (role, fanIn, fanOut) => (isEmbedding(role) ? SMALL : xavier(fanIn, fanOut)),
  },
  onPathScaled(
    {
      name: 'deepnorm',
      title: 'DeepNorm β',
      documentation: 'Xavier, with feed-forward, value and attention output projections × β; query and key keep gain 1.',
      formula: 'σ = β·√(2 / (fan in + fan out)), β = (8N)^(−1/4)',
      source: 'arXiv 2203.00555',
    },
    beta,
  ),
  onPathScaled(
    {
      name: 'deepnorm-torchscale',
      title: 'DeepNorm β, as in torchscale',
      documentation: 'As `deepnorm`, with query, key and value × 1/√2 besides, as its authors’ code has it and their paper has not.',
      formula: 'σ = β·√(2 / (fan in + fan out)), β = (8N)^(−1/4); q, k, v ÷ √2',
      source: 'microsoft/torchscale',
    },
    beta,
    Math.SQRT1_2,
  ),
  onPathScaled(
    {
      name: 'magneto',
      title: 'Magneto γ',
      documentation: 'Xavier, with feed-forward, value and attention output projections × γ; query and key keep gain 1.',
      formula: 'σ = γ·√(2 / (fan in + fan out)), γ = √ln(2N)',
      source: 'arXiv 2210.06423',
    },
    gamma,
  ),
  onPathScaled(
    {
      name: 'magneto-torchscale',
      title: 'Magneto γ, as in torchscale',
      documentation: 'As `magneto`, with query, key and value × 1/√2 besides, as its authors’ code has it.',
      formula: 'σ = γ·√(2 / (fan in + fan out)), γ = √ln(2N); q, k, v ÷ √2',
      source: 'microsoft/torchscale',
    },
    gamma,
    Math.SQRT1_2,
  ),
];

export function initialisationNamed(name: string): Initialisation {
  const found = INITIALISATIONS.find((candidate) => candidate.descriptor.name === name);
  if (!found) throw new Error(`no initialisation is called '${name}'`);
  return found;
}

/** Where a block of parameters stands in the model; part of the key of its random numbers. */
export type Place = 'embedding' | 'head' | number;

/**
 * Starting values of one layout.
 * @param place the layer (1-based) or the end of the model: each gets random numbers of its own.
 * @param values zeros, float32 in the layout's order: filled, and returned.
 */
export function initialValues(
  layout: ParameterLayout,
  model: ModelConfig,
  seed: number,
  place: Place,
  values: Float32Array = new Float32Array(layout.length),
): Float32Array {
  const key = place === 'embedding' ? 0 : place === 'head' ? -1 : place;
  for (const entry of layout.entries) fill(values.subarray(entry.offset, entry.offset + sizeOf(entry.shape)), entry, model, seed, key);
  return values;
}

function fill(target: Float32Array, entry: LayoutEntry, model: ModelConfig, seed: number, key: number): void {
  if (entry.role === 'bias') return;
  if (entry.role === 'gain') {
    target.fill(entry.start ?? 1);
    return;
  }
  const { deviation } = initialisationNamed(model.initialisation);
  const random = randomStream(seed, INITIALISATION_STREAM, key, MATRIX_STREAM[entry.role]);
  const [fanIn = 1, columns = 1] = entry.shape;
  if (entry.role === 'query-key-value') {
    const plain = deviation(entry.role, fanIn, columns / 3, model, false);
    const value = deviation(entry.role, fanIn, columns / 3, model, true);
    for (let i = 0; i < target.length; i++) target[i] = random.normal() * (i % columns >= (2 * columns) / 3 ? value : plain);
    return;
  }
  const fanOut = entry.role === 'feed-forward-in' ? model.feedForward : columns;
  const sigma = deviation(entry.role, fanIn, fanOut, model, false);
  for (let i = 0; i < target.length; i++) target[i] = random.normal() * sigma;
}

/**
 * Keys of random numbers, at most one matrix of a role to a place: so a seed gives the same matrices under
 * every scheme, whatever else the scheme's layers hold.
 */
const MATRIX_STREAM: Readonly<Record<Exclude<Role, 'gain' | 'bias'>, number>> = {
  'token-embedding': 0,
  'position-embedding': 1,
  'type-embedding': 2,
  'vocabulary-output': 0,
  'head-transform': 1,
  'class-output': 2,
  'query-key-value': 0,
  'attention-output': 1,
  'feed-forward-in': 6,
  'feed-forward-out': 7,
};

/** Tells these random numbers from those of data order and masks under the same seed. */
const INITIALISATION_STREAM = 1;
