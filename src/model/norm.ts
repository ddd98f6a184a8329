// Normalisation over the last axis: what a configuration may name, which parameters each has, and what
// it computes. Wherever a scheme has a norm, it is the configured one.

import type { NamedDescriptor } from '../experiment/catalogue';
import type { ModelConfig } from '../experiment/config';
import { add, multiply, tanh } from '../graph/elementwise';
import { layerNorm, rmsNorm } from '../graph/normalise';
import type { Value } from '../graph/value';
import type { ParameterSpec, Part } from './layout';

/** Looks a parameter up by its full name. */
export type ParameterOf = (name: string) => Value;

interface Norm {
  readonly descriptor: NamedDescriptor;
  /** Of one norm over `width` channels. */
  parameters(width: number): readonly Pick<ParameterSpec, 'name' | 'shape' | 'role' | 'start'>[];
  /** x [..., width] → the same shape. */
  apply(x: Value, parameter: ParameterOf, epsilon: number): Value;
}

const gain = (width: number) => ({ name: 'gain', shape: [width], role: 'gain' }) as const;
const bias = (width: number) => ({ name: 'bias', shape: [width], role: 'bias' }) as const;

export const NORMS: readonly Norm[] = [
  {
    descriptor: {
      name: 'layer-norm',
      title: 'LayerNorm',
      documentation: 'Centred and divided by the deviation, with gain and bias.',
      formula: '(x − mean)/√(variance + ε)·γ + β',
      source: 'arXiv 1607.06450',
    },
    parameters: (width) => [gain(width), bias(width)],
    apply: (x, parameter, epsilon) => layerNorm(x, parameter('gain'), parameter('bias'), epsilon),
  },
  {
    descriptor: {
      name: 'rms-norm',
      title: 'RMSNorm',
      documentation: 'Divided by the root mean square, not centred, with gain and no bias.',
      formula: 'x/√(mean(x²) + ε)·γ',
      source: 'arXiv 1910.07467',
    },
    parameters: (width) => [gain(width)],
    apply: (x, parameter, epsilon) => rmsNorm(x, parameter('gain'), epsilon),
  },
  {
    descriptor: {
      name: 'dyt',
      title: 'Dynamic Tanh (DyT)',
      documentation: 'No statistics at all: squashed by tanh, with one trained steepness α that starts as 0.5.',
      formula: 'γ⊙tanh(α·x) + β',
      source: 'arXiv 2503.10622',
    },
    parameters: (width) => [{ name: 'alpha', shape: [1], role: 'gain', start: 0.5 }, gain(width), bias(width)],
    apply: (x, parameter) => add(multiply(tanh(multiply(x, parameter('alpha'))), parameter('gain')), parameter('bias')),
  },
];

function normNamed(name: string): Norm {
  const found = NORMS.find((candidate) => candidate.descriptor.name === name);
  if (!found) throw new Error(`no norm is called '${name}'`);
  return found;
}

/** Parameters of the norm that stands at `name`, over `width` channels. */
export function normParameters(model: ModelConfig, name: string, width: number, part: Part): ParameterSpec[] {
  return normNamed(model.norm)
    .parameters(width)
    .map((spec) => ({ ...spec, name: `${name}.${spec.name}`, part }));
}

/** The norm that stands at `name`, of x [..., width]. */
export function normalise(model: ModelConfig, parameter: ParameterOf, name: string, x: Value): Value {
  return normNamed(model.norm).apply(x, (own) => parameter(`${name}.${own}`), model.layerNormEpsilon);
}

/** Whether a parameter belongs to a norm. */
export const isNormParameter = (name: string): boolean => /norm\.\w+$/.test(name);
