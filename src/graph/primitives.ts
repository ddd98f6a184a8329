// The table of every primitive that computes. Differentiation and the reference engine look rules up here; an
// engine's lowering table is tested to cover it.

import { CONSTANT } from './constant';
import { MATMUL } from './contract';
import { ADD, DIVIDE, ERF, EXP, LOG, MULTIPLY, NEGATE, RELU, SQRT, STEP, SUBTRACT, TANH } from './elementwise';
import { NARROW, WIDEN } from './halves';
import { PICK, ROWS, SCATTER_ROWS, SPREAD } from './indexing';
import { LAYER_INVERSE, LAYER_MEAN, LAYER_NORM, LOG_SOFTMAX, SOFTMAX } from './normalise';
import { MAXIMUM, NON_FINITE } from './observation';
import type { Primitive } from './primitive';
import { SUM } from './reduce';
import { BROADCAST, CONCAT, PLACE, RESHAPE, SLICE, TRANSPOSE } from './shape';

export const PRIMITIVES: readonly Primitive[] = [
  CONSTANT,
  ...[ADD, SUBTRACT, MULTIPLY, DIVIDE, NEGATE, EXP, LOG, SQRT, TANH, ERF, RELU, STEP],
  ...[SUM],
  ...[RESHAPE, TRANSPOSE, BROADCAST, SLICE, PLACE, CONCAT],
  ...[MATMUL],
  ...[ROWS, SCATTER_ROWS, PICK, SPREAD],
  ...[SOFTMAX, LOG_SOFTMAX, LAYER_NORM, LAYER_MEAN, LAYER_INVERSE],
  ...[MAXIMUM, NON_FINITE],
];

/** Those at the borders of programs, which nothing differentiates and not every engine has. */
const AT_BORDERS: readonly Primitive[] = [NARROW, WIDEN];

const byName = new Map([...PRIMITIVES, ...AT_BORDERS].map((primitive) => [primitive.name, primitive]));

export function primitiveNamed(name: string): Primitive {
  const primitive = byName.get(name);
  if (!primitive) throw new Error(`no primitive is called '${name}'; it is missing from the table in graph/primitives.ts`);
  return primitive;
}
