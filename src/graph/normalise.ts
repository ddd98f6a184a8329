// Functions over the last axis that engines have fused kernels for: softmax, its logarithm, LayerNorm
// with the mean and inverse deviation that its gradient wants.

import { constant } from './constant';
import { add, divide, exp, multiply, scale, sqrt, square, subtract } from './elementwise';
import { apply, type Dense, mismatch, numberOf, type Primitive } from './primitive';
import { sum } from './reduce';
import { broadcast } from './shape';
import { sizeOf, type TensorType, type Value } from './value';

/** Calls `visit` with each row over the last axis: its number and its elements. */
function eachRow(x: Dense, visit: (row: Float64Array, index: number) => void): void {
  const width = x.shape.at(-1) ?? 1;
  for (let start = 0; start < x.data.length; start += width) visit(x.data.subarray(start, start + width), start / width);
}

function sameShape(name: string): Primitive['shape'] {
  return (inputs) => {
    const [x] = inputs;
    if (x?.dtype !== 'float' || x.shape.length === 0) throw mismatch(name, inputs, 'one float with at least one axis');
    return x;
  };
}

const lastAxis = (x: Value): number[] => [x.type.shape.length - 1];

export const SOFTMAX: Primitive = {
  name: 'softmax',
  shape: sameShape('softmax'),
  gradient(value, d) {
    return [multiply(value, subtract(d, sum(multiply(d, value), lastAxis(value), true)))];
  },
  evaluate(inputs) {
    const [x] = inputs as readonly [Dense];
    const result = new Float64Array(x.data.length);
    eachRow(x, (row, index) => {
      const top = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const powers = row.map((v) => Math.exp(v - top));
      const all = powers.reduce((a, b) => a + b, 0);
      result.set(
        powers.map((p) => p / all),
        index * row.length,
      );
    });
    return result;
  },
};

export const LOG_SOFTMAX: Primitive = {
  name: 'logSoftmax',
  shape: sameShape('logSoftmax'),
  gradient(value, d) {
    return [subtract(d, multiply(exp(value), sum(d, lastAxis(value), true)))];
  },
  evaluate(inputs) {
    const [x] = inputs as readonly [Dense];
    const result = new Float64Array(x.data.length);
    eachRow(x, (row, index) => {
      const top = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const shift = top + Math.log(row.reduce((all, v) => all + Math.exp(v - top), 0));
      result.set(
        row.map((v) => v - shift),
        index * row.length,
      );
    });
    return result;
  },
};

function moments(row: Float64Array, epsilon: number): { mean: number; inverse: number } {
  const mean = row.reduce((a, b) => a + b, 0) / row.length;
  const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / row.length;
  return { mean, inverse: 1 / Math.sqrt(variance + epsilon) };
}

const keptLast = (type: TensorType): TensorType => ({ dtype: 'float', shape: [...type.shape.slice(0, -1), 1] });

export const LAYER_MEAN: Primitive = {
  name: 'layerMean',
  shape: (inputs, attributes) => keptLast(sameShape('layerMean')(inputs, attributes)),
  gradient(value, d) {
    const [x] = value.inputs as readonly [Value];
    return [broadcast(scale(d, 1 / (x.type.shape.at(-1) ?? 1)), x.type.shape)];
  },
  evaluate(inputs, attributes, type) {
    const result = new Float64Array(sizeOf(type.shape));
    eachRow(inputs[0] as Dense, (row, index) => {
      result[index] = moments(row, numberOf(attributes, 'epsilon')).mean;
    });
    return result;
  },
};

export const LAYER_INVERSE: Primitive = {
  name: 'layerInverse',
  shape: (inputs, attributes) => keptLast(sameShape('layerInverse')(inputs, attributes)),
  gradient(value, d) {
    const [x] = value.inputs as readonly [Value];
    const epsilon = numberOf(value.attributes, 'epsilon');
    const cube = multiply(value, multiply(value, value));
    return [multiply(scale(multiply(d, cube), -1 / (x.type.shape.at(-1) ?? 1)), subtract(x, layerMean(x, epsilon)))];
  },
  evaluate(inputs, attributes, type) {
    const result = new Float64Array(sizeOf(type.shape));
    eachRow(inputs[0] as Dense, (row, index) => {
      result[index] = moments(row, numberOf(attributes, 'epsilon')).inverse;
    });
    return result;
  },
};

export const LAYER_NORM: Primitive = {
  name: 'layerNorm',
  shape(inputs) {
    const [x, gain, bias] = inputs;
    const width = `${x?.shape.at(-1)}`;
    if (x?.dtype !== 'float' || gain?.shape.join() !== width || bias?.shape.join() !== width)
      throw mismatch('layerNorm', inputs, 'float[..., C], float[C], float[C]');
    return x;
  },
  gradient(value, d) {
    const [x, gain] = value.inputs as readonly [Value, Value];
    const epsilon = numberOf(value.attributes, 'epsilon');
    const width = x.type.shape.at(-1) ?? 1;
    const inverse = layerInverse(x, epsilon);
    const normalised = multiply(subtract(x, layerMean(x, epsilon)), inverse);
    const g = multiply(d, gain);
    const meanOf = (v: Value) => scale(sum(v, lastAxis(x), true), 1 / width);
    const dx = multiply(inverse, subtract(subtract(g, meanOf(g)), multiply(normalised, meanOf(multiply(g, normalised)))));
    const lead = x.type.shape.slice(0, -1).map((_, axis) => axis);
    return [dx, sum(multiply(d, normalised), lead), sum(d, lead)];
  },
  evaluate(inputs, attributes) {
    const [x, gain, bias] = inputs as readonly [Dense, Dense, Dense];
    const result = new Float64Array(x.data.length);
    eachRow(x, (row, index) => {
      const { mean, inverse } = moments(row, numberOf(attributes, 'epsilon'));
      result.set(
        row.map((v, c) => (v - mean) * inverse * (gain.data[c] ?? 0) + (bias.data[c] ?? 0)),
        index * row.length,
      );
    });
    return result;
  },
};

/** Over the last axis; entries of −∞ become 0. */
export const softmax = (x: Value): Value => apply(SOFTMAX, [x]);
export const logSoftmax = (x: Value): Value => apply(LOG_SOFTMAX, [x]);
/** (x − mean)/√(variance + epsilon) · gain + bias over the last axis; x [..., C], gain and bias [C]. */
export const layerNorm = (x: Value, gain: Value, bias: Value, epsilon: number): Value => apply(LAYER_NORM, [x, gain, bias], { epsilon });
/** x/√(mean square + epsilon) · gain over the last axis (arXiv 1910.07467); x [..., C], gain [C]. */
export function rmsNorm(x: Value, gain: Value, epsilon: number): Value {
  const meanSquare = scale(sum(square(x), lastAxis(x), true), 1 / (x.type.shape.at(-1) ?? 1));
  return multiply(divide(x, sqrt(add(meanSquare, constant(epsilon)))), gain);
}
/** Mean over the last axis, kept; `epsilon` only pairs it with its LayerNorm, so that an engine can compute both at once. */
export const layerMean = (x: Value, epsilon: number): Value => apply(LAYER_MEAN, [x], { epsilon });
/** 1/√(variance + epsilon) over the last axis, kept. */
export const layerInverse = (x: Value, epsilon: number): Value => apply(LAYER_INVERSE, [x], { epsilon });
