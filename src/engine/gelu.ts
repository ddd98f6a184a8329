// Finds GELU among elementwise values, for engines that have it as one operator.

import { constantNumber } from '../graph/constant';
import type { Value } from '../graph/value';
import type { Surroundings } from './surroundings';

const isAbout = (value: number | undefined, wanted: number): boolean => value !== undefined && Math.abs(value - wanted) < 1e-9;

/** The factor and the other operand of a multiplication by a number; the operand has the result's shape. */
export function scaling(value: Value): { readonly factor: number; readonly operand: Value } | undefined {
  const [a, b] = value.inputs;
  if (!a || !b || value.primitive !== 'multiply') return undefined;
  const [left, right] = [constantNumber(a), constantNumber(b)];
  const found = right !== undefined ? { factor: right, operand: a } : left !== undefined ? { factor: left, operand: b } : undefined;
  return found?.operand.type.shape.join() === value.type.shape.join() ? found : undefined;
}

/**
 * x, where `value` is ½·(x·(1 + erf(x/√2))) and nothing else needs what lies between.
 * The order of factors and summands does not matter.
 */
export function geluOperand(value: Value, around: Surroundings): Value | undefined {
  const half = scaling(value);
  if (!half || !isAbout(half.factor, 0.5)) return undefined;
  const product = half.operand;
  if (product.primitive !== 'multiply' || !around.isPrivate(product)) return undefined;
  const [a, b] = product.inputs as readonly [Value, Value];
  return fits(a, b, around) ?? fits(b, a, around);
}

/** x, where `sum` is 1 + erf(x/√2). */
function fits(x: Value, sum: Value, around: Surroundings): Value | undefined {
  if (sum.primitive !== 'add' || !around.isPrivate(sum)) return undefined;
  const [a, b] = sum.inputs as readonly [Value, Value];
  const erf = isAbout(constantNumber(b), 1) ? a : isAbout(constantNumber(a), 1) ? b : undefined;
  if (erf?.primitive !== 'erf' || !around.isPrivate(erf)) return undefined;
  const z = erf.inputs[0] as Value;
  if (!around.isPrivate(z)) return undefined;
  const byDivision = z.primitive === 'divide' && z.inputs[0] === x && isAbout(constantNumber(z.inputs[1] as Value), Math.SQRT2);
  const scaled = scaling(z);
  return byDivision || (scaled?.operand === x && isAbout(scaled.factor, Math.SQRT1_2)) ? x : undefined;
}
