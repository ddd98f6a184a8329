// What only whoever looks at a program asks for: the largest element, and which elements are no numbers.

import { constant } from './constant';
import { multiply, step, subtract } from './elementwise';
import { apply, type Dense, mismatch, type Primitive } from './primitive';
import type { Value } from './value';

export const MAXIMUM: Primitive = {
  name: 'maximum',
  shape(inputs) {
    const [x] = inputs;
    if (x?.dtype !== 'float') throw mismatch('maximum', inputs, 'one float');
    return { dtype: 'float', shape: [] };
  },
  /** Of every element that is as large as the largest. */
  gradient(value, cotangent) {
    const [x] = value.inputs as readonly [Value];
    return [multiply(subtract(constant(1), step(subtract(value, x))), cotangent)];
  },
  evaluate: (inputs) => {
    const [x] = inputs as readonly [Dense];
    return Float64Array.of(x.data.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY));
  },
};

/** Flat wherever it is differentiable. */
export const NON_FINITE: Primitive = {
  name: 'nonFinite',
  shape(inputs) {
    const [x] = inputs;
    if (x?.dtype !== 'float') throw mismatch('nonFinite', inputs, 'one float');
    return x;
  },
  gradient: (_, cotangent) => [multiply(cotangent, constant(0))],
  evaluate: (inputs) => {
    const [x] = inputs as readonly [Dense];
    return x.data.map((value) => (Number.isFinite(value) ? 0 : 1));
  },
};

/** The largest element, shape []. NaN where all are; where some are, an engine may pass them over. */
export const maximum = (x: Value): Value => apply(MAXIMUM, [x]);
/** 1 where x is NaN or infinite, else 0. */
export const nonFinite = (x: Value): Value => apply(NON_FINITE, [x]);
