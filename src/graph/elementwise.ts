// Elementwise arithmetic with broadcasting, and the functions that activations are made of.

import { constant } from './constant';
import { apply, broadcastShapes, broadcastStrides, type Dense, mismatch, offsets, type Primitive } from './primitive';
import { sum } from './reduce';
import { reshape } from './shape';
import type { Value } from './value';

/** Sums a cotangent over the axes that broadcasting repeated, back to the input's shape. */
function unbroadcast(cotangent: Value, shape: readonly number[]): Value {
  const from = cotangent.type.shape;
  const lead = from.length - shape.length;
  const axes = from.map((_, axis) => axis).filter((axis) => axis < lead || (shape[axis - lead] === 1 && from[axis] !== 1));
  const summed = axes.length === 0 ? cotangent : sum(cotangent, axes, true);
  return reshape(summed, shape);
}

function binary(
  name: string,
  compute: (a: number, b: number) => number,
  gradient: (a: Value, b: Value, result: Value, cotangent: Value) => readonly [Value, Value],
): Primitive {
  return {
    name,
    shape(inputs) {
      const [a, b] = inputs;
      const shape = a && b && a.dtype === 'float' && b.dtype === 'float' ? broadcastShapes(a.shape, b.shape) : undefined;
      if (!shape) throw mismatch(name, inputs, 'two floats of broadcastable shapes');
      return { dtype: 'float', shape };
    },
    gradient(value, cotangent) {
      const [a, b] = value.inputs as readonly [Value, Value];
      const [da, db] = gradient(a, b, value, cotangent);
      return [unbroadcast(da, a.type.shape), unbroadcast(db, b.type.shape)];
    },
    evaluate(inputs, _, type) {
      const [a, b] = inputs as readonly [Dense, Dense];
      const ia = offsets(type.shape, broadcastStrides(a.shape, type.shape));
      const ib = offsets(type.shape, broadcastStrides(b.shape, type.shape));
      return Float64Array.from(ia, (at, i) => compute(a.data[at] ?? 0, b.data[ib[i] ?? 0] ?? 0));
    },
  };
}

function unary(name: string, compute: (x: number) => number, derivative: (x: Value, result: Value) => Value): Primitive {
  return {
    name,
    shape(inputs) {
      const [x] = inputs;
      if (x?.dtype !== 'float') throw mismatch(name, inputs, 'one float');
      return x;
    },
    gradient(value, cotangent) {
      const [x] = value.inputs as readonly [Value];
      return [multiply(cotangent, derivative(x, value))];
    },
    evaluate: (inputs) => {
      const [x] = inputs as readonly [Dense];
      return x.data.map(compute);
    },
  };
}

export const ADD = binary(
  'add',
  (a, b) => a + b,
  (_a, _b, _r, d) => [d, d],
);
export const SUBTRACT = binary(
  'subtract',
  (a, b) => a - b,
  (_a, _b, _r, d) => [d, negate(d)],
);
export const MULTIPLY = binary(
  'multiply',
  (a, b) => a * b,
  (a, b, _r, d) => [multiply(d, b), multiply(d, a)],
);
export const DIVIDE = binary(
  'divide',
  (a, b) => a / b,
  (_a, b, r, d) => {
    const da = divide(d, b);
    return [da, negate(multiply(da, r))];
  },
);
export const NEGATE = unary(
  'negate',
  (x) => -x,
  () => constant(-1),
);
export const EXP = unary('exp', Math.exp, (_, result) => result);
export const LOG = unary('log', Math.log, (x) => divide(constant(1), x));
export const SQRT = unary('sqrt', Math.sqrt, (_, result) => divide(constant(0.5), result));
export const TANH = unary('tanh', Math.tanh, (_, result) => subtract(constant(1), multiply(result, result)));
export const RELU = unary(
  'relu',
  (x) => Math.max(x, 0),
  (_, result) => step(result),
);
/** Flat wherever it is differentiable. */
export const STEP = unary(
  'step',
  (x) => (x > 0 ? 1 : 0),
  () => constant(0),
);
export const ERF = unary('erf', erfOf, (x) => multiply(constant(2 / Math.sqrt(Math.PI)), exp(negate(multiply(x, x)))));

export const add = (a: Value, b: Value): Value => apply(ADD, [a, b]);
export const subtract = (a: Value, b: Value): Value => apply(SUBTRACT, [a, b]);
export const multiply = (a: Value, b: Value): Value => apply(MULTIPLY, [a, b]);
export const divide = (a: Value, b: Value): Value => apply(DIVIDE, [a, b]);
export const negate = (x: Value): Value => apply(NEGATE, [x]);
export const exp = (x: Value): Value => apply(EXP, [x]);
export const log = (x: Value): Value => apply(LOG, [x]);
export const sqrt = (x: Value): Value => apply(SQRT, [x]);
export const tanh = (x: Value): Value => apply(TANH, [x]);
export const erf = (x: Value): Value => apply(ERF, [x]);
/** max(x, 0); its slope at 0 is 0. */
export const relu = (x: Value): Value => apply(RELU, [x]);
/** 1 where x is positive, else 0. */
export const step = (x: Value): Value => apply(STEP, [x]);
export const scale = (x: Value, factor: number): Value => multiply(x, constant(factor));
export const square = (x: Value): Value => multiply(x, x);

/** Gaussian error linear unit, exact form x·Φ(x) (arXiv 1606.08415), in the shape that onnxruntime recognises and fuses. */
export const gelu = (x: Value): Value => scale(multiply(x, add(erf(divide(x, constant(Math.SQRT2))), constant(1))), 0.5);

/** Its approximation by tanh, as GPT-2 has it: ½x·(1 + tanh(√(2/π)·(x + 0.044715·x³))). */
export function geluTanh(x: Value): Value {
  const inner = scale(multiply(x, add(scale(square(x), 0.044715), constant(1))), Math.sqrt(2 / Math.PI));
  return scale(multiply(x, add(tanh(inner), constant(1))), 0.5);
}

/** x·σ(x), also called swish; the logistic function by way of tanh. */
export const silu = (x: Value): Value => scale(multiply(x, add(tanh(scale(x, 0.5)), constant(1))), 0.5);

/**
 * The error function to double precision: its Maclaurin series for |x| < 3, the continued fraction of
 * erfc beyond (Abramowitz & Stegun 7.1.6 and 7.1.14).
 */
export function erfOf(x: number): number {
  const z = Math.abs(x);
  if (Number.isNaN(z)) return z;
  if (z > 6) return Math.sign(x);
  if (z < 3) {
    let term = z;
    let total = z;
    for (let n = 1; Math.abs(term) > 1e-18 * total; n++) {
      term *= (2 * z * z) / (2 * n + 1);
      total += term;
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * total;
  }
  let fraction = z;
  for (let n = 60; n >= 1; n--) fraction = z + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / fraction);
}
