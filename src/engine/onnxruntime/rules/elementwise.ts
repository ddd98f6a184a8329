// Elementwise arithmetic. Broadcasting is ONNX's own, so an operand that was only repeated is taken
// before it was.

import { broadcastShapes } from '../../../graph/primitive';
import type { Value } from '../../../graph/value';
import { geluOperand } from '../../gelu';
import type { Surroundings } from '../../surroundings';
import { CONTRIB } from '../model';
import { inputOf, type Plan, plain, type Rule } from '../rule';
import { biased } from './contract';
import { scattered } from './indexing';
import { normalised } from './normalise';
import { scaledSum } from './reduce';

function binary(operator: string): Rule {
  return (value) => {
    const operands = value.inputs.map((operand, i) => unrepeated(operand, inputOf(value, 1 - i), value));
    return { needs: operands, write: (model, names) => model.node(operator, names) };
  };
}

/** The source of a broadcast that the operation with `other` would repeat just so by itself. */
function unrepeated(operand: Value, other: Value, value: Value): Value {
  if (operand.primitive !== 'broadcast') return operand;
  const source = inputOf(operand, 0);
  return broadcastShapes(source.type.shape, other.type.shape)?.join() === value.type.shape.join() ? source : operand;
}

/** Products that are more than that: GELU, a mean, values normalised. */
const multiply: Rule = (value, around) =>
  gelu(value, around) ?? scaledSum(value, around) ?? normalised(value, around) ?? binary('Mul')(value, around);

function gelu(value: Value, around: Surroundings): Plan | undefined {
  const x = geluOperand(value, around);
  return x && { needs: [x], write: (model, names) => model.node('Gelu', names, { domain: CONTRIB }) };
}

const unary =
  (operator: string): Rule =>
  (value) =>
    plain(value, operator);

/** The sign of what is not negative. */
const step: Rule = (value) => ({
  needs: value.inputs,
  write: (model, names) => model.node('Sign', inputOf(value, 0).primitive === 'relu' ? names : [model.node('Relu', names)]),
});

export const ELEMENTWISE_RULES: Readonly<Record<string, Rule>> = {
  add: (value, around) => biased(value, around) ?? scattered(value, around) ?? binary('Add')(value, around),
  subtract: (value, around) => scattered(value, around) ?? binary('Sub')(value, around),
  multiply,
  divide: binary('Div'),
  negate: unary('Neg'),
  exp: unary('Exp'),
  log: unary('Log'),
  sqrt: unary('Sqrt'),
  tanh: unary('Tanh'),
  erf: unary('Erf'),
  relu: unary('Relu'),
  step,
};
