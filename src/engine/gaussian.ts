// The error function beside the exponential exp(−z²) that its derivative has: where both are wanted they share the
// exponential, so that a loop of ours has them for little more than one.

import { constantNumber } from '../graph/constant';
import { makeValue, type Value } from '../graph/value';
import { scaling } from './gelu';

/** A multiple of another value. */
export interface Multiple {
  readonly x: Value;
  readonly factor: number;
}

function multiple(value: Value): Multiple {
  const [x, divisor] = value.inputs;
  const found = scaling(value);
  if (found) return { x: found.operand, factor: found.factor };
  const by = value.primitive === 'divide' && divisor ? constantNumber(divisor) : undefined;
  return x && by ? { x, factor: 1 / by } : { x: value, factor: 1 };
}

/** The squared multiple that `value` is exp(−(factor·x)²) of. */
export function gaussianOperand(value: Value): Multiple | undefined {
  const [exponent] = value.inputs;
  if (value.primitive !== 'exp' || !exponent) return undefined;
  const [inner] = exponent.inputs;
  const { x: square, factor: negative } = exponent.primitive === 'negate' && inner ? { x: inner, factor: -1 } : multiple(exponent);
  const [a, b] = square.inputs;
  if (negative >= 0 || square.primitive !== 'multiply' || !a || a !== b) return undefined;
  const { x, factor } = multiple(a);
  return { x, factor: Math.sqrt(-negative) * factor };
}

/** The multiple that `value` is the error function of. */
export function erfOperand(value: Value): Multiple | undefined {
  const [z] = value.inputs;
  return value.primitive === 'erf' && z ? multiple(z) : undefined;
}

/** Which exponential an error function has beside it: the same text for the two of a pair. */
export const pairOf = ({ x, factor }: Multiple): string => `${x.id} ${Math.abs(factor).toPrecision(9)}`;

/** Those of the values that are erf(z) or exp(−z²) of a z of which both are there, by number. */
export function gaussianPairs(values: readonly Value[]): ReadonlySet<number> {
  const of = (find: (value: Value) => Multiple | undefined): Map<number, string> =>
    new Map(
      values.flatMap((value) => {
        const found = find(value);
        return found ? [[value.id, pairOf(found)] as const] : [];
      }),
    );
  const [exponentials, errors] = [of(gaussianOperand), of(erfOperand)];
  const both = [...errors.values()].filter((pair) => [...exponentials.values()].includes(pair));
  return new Set([...exponentials, ...errors].filter(([, pair]) => both.includes(pair)).map(([id]) => id));
}

/**
 * exp(−(factor·x)²), and erf(factor·x) beside it, as loops of ours have them (kernels/gaussianCode.ts writes them): values of
 * primitives that no program holds.
 */
export const gaussian = ({ x, factor }: Multiple): Value => makeValue('gaussian', [x], { factor }, x.type);
export const erfBeside = ({ x, factor }: Multiple, exponential: Value): Value =>
  makeValue('erfBeside', [x, exponential], { factor }, x.type);
