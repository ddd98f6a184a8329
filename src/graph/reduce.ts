// Reductions over axes.

import { apply, type Dense, flagOf, mismatch, numberList, offsets, type Primitive, stridesOf } from './primitive';
import { broadcast, reshape } from './shape';
import type { Value } from './value';

function kept(shape: readonly number[], axes: readonly number[]): number[] {
  return shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
}

export const SUM: Primitive = {
  name: 'sum',
  shape(inputs, attributes) {
    const [x] = inputs;
    const axes = numberList(attributes, 'axes');
    if (x?.dtype !== 'float' || axes.some((axis) => axis < 0 || axis >= x.shape.length))
      throw mismatch('sum', inputs, `one float with axes ${axes}`);
    const shape = flagOf(attributes, 'keep') ? kept(x.shape, axes) : x.shape.filter((_, axis) => !axes.includes(axis));
    return { dtype: 'float', shape };
  },
  gradient(value, cotangent) {
    const [x] = value.inputs as readonly [Value];
    return [broadcast(reshape(cotangent, kept(x.type.shape, numberList(value.attributes, 'axes'))), x.type.shape)];
  },
  evaluate(inputs, attributes) {
    const [x] = inputs as readonly [Dense];
    const shape = kept(x.shape, numberList(attributes, 'axes'));
    const targetStrides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
    const result = new Float64Array(shape.reduce((a, b) => a * b, 1));
    offsets(x.shape, targetStrides).forEach((at, i) => {
      result[at] = (result[at] ?? 0) + (x.data[i] ?? 0);
    });
    return result;
  },
};

/** @param axes counted from 0. @param keep leaves reduced axes with extent 1. */
export function sum(x: Value, axes: readonly number[], keep = false): Value {
  return apply(SUM, [x], { axes: [...axes].sort((a, b) => a - b), keep });
}

/** Sum over everything, shape []. */
export function total(x: Value): Value {
  return sum(
    x,
    x.type.shape.map((_, axis) => axis),
  );
}
