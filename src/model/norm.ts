// Normalisation over the last axis: which parameters it has, and what it computes.

import type { ModelConfig } from '../experiment/config';
import { layerNorm } from '../graph/normalise';
import type { Value } from '../graph/value';
import type { ParameterSpec, Part } from './layout';

/** Looks a parameter up by its full name. */
export type ParameterOf = (name: string) => Value;

/** Parameters of the norm called `name` over `width` channels. */
export function normParameters(name: string, width: number, part: Part): ParameterSpec[] {
  return [
    { name: `${name}.gain`, shape: [width], part, role: 'gain' },
    { name: `${name}.bias`, shape: [width], part, role: 'bias' },
  ];
}

/** The norm called `name` of x [..., width]. */
export function normalise(model: ModelConfig, parameter: ParameterOf, name: string, x: Value): Value {
  return layerNorm(x, parameter(`${name}.gain`), parameter(`${name}.bias`), model.layerNormEpsilon);
}

/** Whether a parameter belongs to a norm. */
export const isNormParameter = (name: string): boolean => /norm\.\w+$/.test(name);
