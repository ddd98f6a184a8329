// One or more small programs for every primitive, which the engine suite runs on every engine and the
// gradient test differentiates. A primitive without a case fails both.

import { constant } from '../../../src/graph/constant';
import { matmul } from '../../../src/graph/contract';
import {
  add,
  divide,
  erf,
  exp,
  gelu,
  geluTanh,
  log,
  multiply,
  negate,
  relu,
  silu,
  sqrt,
  step,
  subtract,
  tanh,
} from '../../../src/graph/elementwise';
import { pick, rows, scatterRows, spread } from '../../../src/graph/indexing';
import { layerInverse, layerMean, layerNorm, logSoftmax, rmsNorm, softmax } from '../../../src/graph/normalise';
import { maximum, nonFinite } from '../../../src/graph/observation';
import { sum, total } from '../../../src/graph/reduce';
import { broadcast, concat, place, reshape, slice, transpose } from '../../../src/graph/shape';
import { input, type Program, sizeOf, type Value } from '../../../src/graph/value';

export interface PrimitiveCase {
  /** The primitive it is about. */
  readonly primitive: string;
  readonly title: string;
  readonly program: Program;
  /** Float inputs lie within these bounds: (−2, 2), or positive where the primitive wants it. */
  readonly positive?: boolean;
}

type Build = (...inputs: Value[]) => Value;
type Shape = readonly number[];

/** A case over float inputs of these shapes, called a, b, c. */
function floats(primitive: string, title: string, shapes: readonly Shape[], build: Build, positive = false): PrimitiveCase {
  const inputs = Object.fromEntries(shapes.map((shape, i) => ['abc'[i] as string, input('abc'[i] as string, shape)]));
  return { primitive, title, positive, program: { name: title, inputs, outputs: { y: build(...Object.values(inputs)) } } };
}

/** A case over one float input and row or column numbers below `bound`. */
function indexed(primitive: string, title: string, shape: Shape, count: number, bound: number, build: Build): PrimitiveCase {
  const a = input('a', shape);
  const ids = input(`ids<${bound}`, [count], 'int');
  return { primitive, title, program: { name: title, inputs: { a, [`ids<${bound}`]: ids }, outputs: { y: build(a, ids) } } };
}

const BINARY_SHAPES: readonly (readonly [string, Shape, Shape])[] = [
  ['same shapes', [3, 4], [3, 4]],
  ['a row', [3, 4], [4]],
  ['a column', [3, 1], [3, 4]],
  ['both repeated', [3, 1], [1, 4]],
  ['a scalar', [], [2, 3]],
  ['two scalars', [], []],
  ['more axes', [4, 5], [2, 3, 4, 5]],
];

function binaryCases(primitive: string, build: (a: Value, b: Value) => Value, positive = false): PrimitiveCase[] {
  return BINARY_SHAPES.map(([title, a, b]) => floats(primitive, `${primitive} of ${title}`, [a, b], build as Build, positive));
}

function unaryCases(primitive: string, build: (x: Value) => Value, positive = false): PrimitiveCase[] {
  return [[], [5], [3, 4]].map((shape) => floats(primitive, `${primitive} of [${shape}]`, [shape], build as Build, positive));
}

const scores = (): Float64Array => Float64Array.from({ length: 16 }, (_, i) => (i % 4 > Math.floor(i / 4) ? -1e30 : 0));

export const CASES: readonly PrimitiveCase[] = [
  floats('constant', 'constant scalar', [[2]], (a) => add(a, constant(0.25))),
  floats('constant', 'constant tensor', [[2, 2]], (a) => multiply(a, constant(Float64Array.of(1, -2, 3.5, 0), [2, 2]))),
  ...binaryCases('add', add),
  ...binaryCases('subtract', subtract),
  ...binaryCases('multiply', multiply),
  ...binaryCases('divide', divide, true),
  floats('multiply', 'multiply with itself', [[3, 4]], (a) => multiply(a, a)),
  ...unaryCases('negate', negate),
  ...unaryCases('exp', exp),
  ...unaryCases('log', log, true),
  ...unaryCases('sqrt', sqrt, true),
  ...unaryCases('tanh', tanh),
  ...unaryCases('erf', erf),
  ...unaryCases('relu', relu),
  ...unaryCases('step', step),
  floats('step', 'step of what is not negative', [[3, 4]], (a) => multiply(step(relu(a as Value)), a as Value)),
  floats('tanh', 'GELU by tanh', [[3, 4]], geluTanh),
  floats('tanh', 'SiLU', [[3, 4]], silu),
  floats('erf', 'GELU', [[3, 4]], gelu),
  floats('erf', 'GELU whose inside is used too', [[3, 4]], (a) => add(gelu(a), erf(divide(a, constant(Math.SQRT2))))),

  floats('sum', 'sum over the first axis', [[5, 3]], (a) => sum(a, [0])),
  floats('sum', 'sum over leading axes, kept', [[2, 3, 4]], (a) => sum(a, [0, 1], true)),
  floats('sum', 'sum over the last axis', [[5, 3]], (a) => sum(a, [1])),
  floats('sum', 'sum over the last axis, kept', [[2, 3, 4]], (a) => sum(a, [2], true)),
  floats('sum', 'sum over a middle axis', [[2, 3, 4]], (a) => sum(a, [1])),
  floats('sum', 'sum over everything', [[2, 3, 4]], total),
  floats('sum', 'sum over everything, kept', [[3, 4]], (a) => sum(a, [0, 1], true)),
  floats('sum', 'sum of squares', [[3, 4]], (a) => total(multiply(a, a))),
  floats('sum', 'sum of squares whose squares are used too', [[3, 4]], (a) => multiply(multiply(a, a), total(multiply(a, a)))),
  floats('sum', 'sum of a vector', [[6]], total),
  floats('sum', 'sum of products with a row', [[5, 3], [3]], (a, b) => sum(multiply(a as Value, b as Value), [1])),

  floats('maximum', 'maximum of a matrix', [[3, 4]], maximum),
  floats('maximum', 'maximum of a scalar', [[]], maximum),
  floats('maximum', 'maximum that is used beside its source', [[2, 3]], (a) => multiply(maximum(a as Value), a as Value)),
  ...unaryCases('nonFinite', nonFinite),

  floats('reshape', 'reshape', [[2, 6]], (a) => reshape(a, [3, 4])),
  floats('reshape', 'reshape to a scalar', [[1, 1]], (a) => reshape(a, [])),
  floats('reshape', 'reshape from a scalar', [[]], (a) => reshape(a, [1])),
  floats('transpose', 'transpose a matrix', [[2, 3]], (a) => transpose(a, [1, 0])),
  floats('transpose', 'transpose four axes', [[2, 3, 4, 2]], (a) => transpose(a, [0, 2, 1, 3])),
  floats('transpose', 'transpose unit axes only', [[2, 1, 4]], (a) => transpose(a, [1, 0, 2])),
  floats('broadcast', 'broadcast a scalar', [[]], (a) => broadcast(a, [2, 3])),
  floats('broadcast', 'broadcast a column', [[3, 1]], (a) => broadcast(a, [2, 3, 4])),
  floats('broadcast', 'broadcast as an operand', [[4], [3, 4]], (a, b) => multiply(broadcast(a as Value, [3, 4]), b as Value)),
  floats('broadcast', 'broadcast that decides the shape', [[1], [4]], (a, b) => multiply(broadcast(a as Value, [3, 4]), b as Value)),
  floats('slice', 'slice in the middle', [[5, 3]], (a) => slice(a, 0, 1, 4)),
  floats('slice', 'slices that tile an axis', [[2, 6]], (a) =>
    add(multiply(slice(a as Value, 1, 0, 2), slice(a as Value, 1, 2, 4)), slice(a as Value, 1, 4, 6)),
  ),
  floats('slice', 'slices that overlap', [[6]], (a) => multiply(slice(a as Value, 0, 0, 4), slice(a as Value, 0, 2, 6))),
  floats('slice', 'slices along two axes', [[4, 4]], (a) =>
    add(slice(slice(a as Value, 0, 0, 2), 1, 0, 2), slice(slice(a as Value, 1, 2, 4), 0, 0, 2)),
  ),
  floats('place', 'place in the middle', [[2, 3]], (a) => place(a, 0, 1, 5)),
  floats('place', 'place at the end of the last axis', [[2, 3]], (a) => place(a, 1, 2, 5)),
  floats(
    'concat',
    'concat',
    [
      [2, 3],
      [1, 3],
      [2, 3],
    ],
    (...parts) => concat(parts, 0),
  ),
  floats(
    'concat',
    'concat along the last axis',
    [
      [2, 1],
      [2, 3],
    ],
    (...parts) => concat(parts, 1),
  ),

  ...[false, true].flatMap((transposeA) =>
    [false, true].flatMap((transposeB) => [
      floats('matmul', `matmul ${transposeA} ${transposeB}`, [transposeA ? [4, 3] : [3, 4], transposeB ? [5, 4] : [4, 5]], (a, b) =>
        matmul(a as Value, b as Value, { transposeA, transposeB, scale: 0.7 }),
      ),
      floats(
        'matmul',
        `matmul of batches ${transposeA} ${transposeB}`,
        [transposeA ? [2, 3, 4, 3] : [2, 3, 3, 4], transposeB ? [2, 3, 5, 4] : [2, 3, 4, 5]],
        (a, b) => matmul(a as Value, b as Value, { transposeA, transposeB, scale: -1.5 }),
      ),
    ]),
  ),
  floats(
    'matmul',
    'matmul of batches, plain',
    [
      [2, 3, 4],
      [2, 4, 2],
    ],
    (a, b) => matmul(a as Value, b as Value),
  ),
  floats('matmul', 'matmul with a bias', [[3, 4], [4, 5], [5]], (a, b, c) => add(matmul(a as Value, b as Value), c as Value)),
  floats('matmul', 'matmul with a bias whose product is used too', [[3, 4], [4, 5], [5]], (a, b, c) => {
    const product = matmul(a as Value, b as Value);
    return multiply(add(product, c as Value), product);
  }),

  indexed('rows', 'rows', [5, 3], 7, 5, (a, ids) => rows(a as Value, ids as Value)),
  indexed('scatterRows', 'scatterRows onto repeated rows', [7, 3], 7, 4, (a, ids) => scatterRows(a as Value, ids as Value, 4)),
  indexed('pick', 'pick', [4, 6], 4, 6, (a, ids) => pick(a as Value, ids as Value)),
  indexed('spread', 'spread subtracted from', [4, 6], 4, 6, (a, ids) =>
    subtract(a as Value, spread(pick(a as Value, ids as Value), ids as Value, 6)),
  ),
  indexed('spread', 'subtracted from a spread', [4, 6], 4, 6, (a, ids) =>
    subtract(spread(pick(a as Value, ids as Value), ids as Value, 6), a as Value),
  ),
  indexed('spread', 'spread added to a row', [4], 4, 6, (a, ids) =>
    add(
      spread(a as Value, ids as Value, 6),
      constant(
        Float64Array.from({ length: 6 }, (_, i) => i),
        [6],
      ),
    ),
  ),
  indexed('spread', 'rows of a spread summed', [4], 4, 6, (a, ids) => sum(spread(a as Value, ids as Value, 6), [1])),
  indexed('spread', 'one number spread', [4, 6], 4, 6, (a, ids) =>
    multiply(a as Value, spread(broadcast(constant(0.3), [4]), ids as Value, 6)),
  ),
  indexed('spread', 'spread', [4], 4, 6, (a, ids) => spread(a as Value, ids as Value, 6)),

  ...[[5], [3, 4], [2, 2, 3]].flatMap((shape) => [
    floats('softmax', `softmax of [${shape}]`, [shape], softmax),
    floats('logSoftmax', `logSoftmax of [${shape}]`, [shape], logSoftmax),
  ]),
  floats('softmax', 'softmax of masked scores', [[2, 4, 4]], (a) => softmax(add(a as Value, constant(scores(), [4, 4])))),
  floats('layerNorm', 'layerNorm', [[3, 6], [6], [6]], (a, b, c) => layerNorm(a as Value, b as Value, c as Value, 1e-5)),
  floats('layerNorm', 'layerNorm of three axes', [[2, 3, 6], [6], [6]], (a, b, c) => layerNorm(a as Value, b as Value, c as Value, 1e-3)),
  floats('layerNorm', 'layerNorm with its mean and inverse', [[3, 6], [6], [6]], (a, b, c) => {
    const normed = layerNorm(a as Value, b as Value, c as Value, 1e-2);
    return add(normed, multiply(layerMean(a as Value, 1e-2), layerInverse(a as Value, 1e-2)));
  }),
  floats('layerNorm', 'layerNorm with the mean and inverse of another epsilon', [[3, 6], [6], [6]], (a, b, c) => {
    const normed = layerNorm(a as Value, b as Value, c as Value, 1e-2);
    return add(normed, multiply(layerMean(a as Value, 0.5), layerInverse(a as Value, 0.5)));
  }),
  floats('sqrt', 'RMSNorm', [[3, 6], [6]], (a, b) => rmsNorm(a as Value, b as Value, 1e-2)),
  floats('layerMean', 'layerMean', [[3, 6]], (a) => layerMean(a as Value, 1e-5)),
  floats('layerInverse', 'layerInverse', [[3, 6]], (a) => layerInverse(a as Value, 1e-2)),
  floats('layerInverse', 'values normalised without gain and bias', [[3, 6]], (a) =>
    multiply(subtract(a as Value, layerMean(a as Value, 1e-2)), layerInverse(a as Value, 1e-2)),
  ),
];

/** Reproducible numbers in [0, 1) (a linear congruential generator; quality is beside the point). */
export function uniform(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Values for a program's inputs: floats in (−2, 2) or (0.5, 2), row numbers below the bound that an input's name ends in. */
export function feedsOf({ program, positive }: PrimitiveCase, seed = 1): Record<string, number[]> {
  const draw = uniform(seed);
  const one = (name: string): number => {
    const bound = name.split('<')[1];
    if (bound) return Math.floor(draw() * Number(bound));
    return positive ? 0.5 + 1.5 * draw() : 4 * draw() - 2;
  };
  return Object.fromEntries(
    Object.entries(program.inputs).map(([name, value]) => [name, Array.from({ length: sizeOf(value.type.shape) }, () => one(name))]),
  );
}
