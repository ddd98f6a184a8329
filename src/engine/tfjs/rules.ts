// What each primitive is in TensorFlow.js. Plain operators only, which every backend of it has.

import type { Tensor as Native, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { flagOf, numberList, numberOf } from '../../graph/primitive';
import type { Value } from '../../graph/value';
import type { Tf } from './library';

/** @returns a tensor of the value's type; what it makes on the way is the caller's to clean up. */
export type Rule = (tf: Tf, inputs: readonly Native[], value: Value) => Native;

const unary =
  (name: 'neg' | 'exp' | 'log' | 'sqrt' | 'tanh' | 'erf' | 'relu' | 'step'): Rule =>
  (tf, [x]) =>
    tf[name](x as Native);

const binary =
  (name: 'add' | 'sub' | 'mul' | 'div'): Rule =>
  (tf, [a, b]) =>
    tf[name](a as Native, b as Native);

const EPSILON = 'epsilon';

function moments(tf: Tf, x: Native, value: Value): { centred: Native; mean: Native; inverse: Native } {
  const mean = tf.mean(x, -1, true);
  const centred = tf.sub(x, mean);
  const variance = tf.mean(tf.square(centred), -1, true);
  return { centred, mean, inverse: tf.rsqrt(tf.add(variance, numberOf(value.attributes, EPSILON))) };
}

/** int[N, 2]: each row's number beside the column that it means. */
function cells(tf: Tf, ids: Native): Native {
  return tf.stack([tf.range(0, ids.shape[0] ?? 0, 1, 'int32'), ids], 1);
}

export const RULES: Readonly<Record<string, Rule>> = {
  constant: (tf, _, value) => tf.tensor(Float32Array.from(value.attributes.data as Float64Array), [...value.type.shape], 'float32'),
  add: binary('add'),
  subtract: binary('sub'),
  multiply: binary('mul'),
  divide: binary('div'),
  negate: unary('neg'),
  exp: unary('exp'),
  log: unary('log'),
  sqrt: unary('sqrt'),
  tanh: unary('tanh'),
  erf: unary('erf'),
  relu: unary('relu'),
  step: unary('step'),
  sum: (tf, [x], { attributes }) => {
    const axes = numberList(attributes, 'axes');
    return axes.length === 0 ? (x as Native).clone() : tf.sum(x as Native, [...axes], flagOf(attributes, 'keep'));
  },
  reshape: (tf, [x], { type }) => tf.reshape(x as Native, [...type.shape]),
  transpose: (tf, [x], { attributes }) => tf.transpose(x as Native, [...numberList(attributes, 'order')]),
  broadcast: (tf, [x], { type }) => tf.broadcastTo(x as Native, [...type.shape]),
  slice(tf, [x], { attributes, type }) {
    const axis = numberOf(attributes, 'axis');
    const begin = type.shape.map((_, i) => (i === axis ? numberOf(attributes, 'from') : 0));
    return tf.slice(x as Native, begin, [...type.shape]);
  },
  place(tf, [x], { attributes, type }) {
    const [axis, at] = [numberOf(attributes, 'axis'), numberOf(attributes, 'at')];
    const extents = (x as Native).shape;
    return tf.pad(
      x as Native,
      type.shape.map((extent, i): [number, number] => (i === axis ? [at, extent - at - (extents[i] ?? 0)] : [0, 0])),
    );
  },
  concat: (tf, parts, { attributes }) => tf.concat([...parts], numberOf(attributes, 'axis')),
  matmul(tf, [a, b], { attributes }) {
    const product = tf.matMul(a as Native, b as Native, flagOf(attributes, 'transposeA'), flagOf(attributes, 'transposeB'));
    const factor = numberOf(attributes, 'scale');
    return factor === 1 ? product : tf.mul(product, factor);
  },
  rows: (tf, [table, ids]) => tf.gather(table as Native, ids as Tensor1D),
  scatterRows: (tf, [x, ids], { type }) => tf.scatterND(tf.expandDims(ids as Native, 1), x as Native, [...type.shape]),
  pick: (tf, [x, ids]) => tf.gatherND(x as Native, cells(tf, ids as Native)),
  spread: (tf, [x, ids], { type }) => tf.scatterND(cells(tf, ids as Native), x as Native, [...type.shape]),
  softmax: (tf, [x]) => tf.softmax(x as Tensor2D),
  logSoftmax(tf, [x]) {
    const shifted = tf.sub(x as Native, tf.max(x as Native, -1, true));
    return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)));
  },
  layerNorm(tf, [x, gain, bias], value) {
    const { centred, inverse } = moments(tf, x as Native, value);
    return tf.add(tf.mul(tf.mul(centred, inverse), gain as Native), bias as Native);
  },
  layerMean: (tf, [x]) => tf.mean(x as Native, -1, true),
  layerInverse: (tf, [x], value) => moments(tf, x as Native, value).inverse,
  maximum: (tf, [x]) => tf.max(x as Native),
  // x − x is NaN for whatever is not finite.
  nonFinite: (tf, [x]) => tf.cast(tf.isNaN(tf.sub(x as Native, x as Native)), 'float32'),
};
