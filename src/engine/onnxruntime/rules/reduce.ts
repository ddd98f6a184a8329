// Sums over axes.

import { constantNumber } from '../../../graph/constant';
import { flagOf, numberList } from '../../../graph/primitive';
import { sizeOf, type Value } from '../../../graph/value';
import type { Surroundings } from '../../surroundings';
import { inputOf, type Plan, type Rule } from '../rule';

/**
 * The plan of a sum over all axes but the last as a row of ones times the matrix, which onnxruntime does
 * faster than a reduction over leading axes.
 * @param shape of the result: the sum's own, or that of a reshape that swallows it.
 * @param factor what stands in the row instead of ones.
 */
export function columnSums(value: Value, shape: readonly number[], factor = 1): Plan | undefined {
  if (value.primitive !== 'sum') return undefined;
  const x = inputOf(value, 0);
  const axes = numberList(value.attributes, 'axes');
  const rank = x.type.shape.length;
  if (rank < 2 || axes.length !== rank - 1 || axes.includes(rank - 1)) return undefined;
  const columns = x.type.shape[rank - 1] ?? 1;
  const rows = sizeOf(x.type.shape) / columns;
  return {
    needs: [x],
    write(model, names) {
      const matrix = rank === 2 ? (names[0] as string) : model.reshape(names[0] as string, [rows, columns]);
      const row = model.node('MatMul', [model.filled(factor, [rows]), matrix]);
      return shape.length === 1 ? row : model.reshape(row, shape);
    },
  };
}

const sum: Rule = (value) => {
  const columns = columnSums(value, value.type.shape);
  if (columns) return columns;
  const x = inputOf(value, 0);
  const axes = numberList(value.attributes, 'axes');
  const square = x.primitive === 'multiply' && x.inputs[0] === x.inputs[1];
  const squares = square && axes.length === x.type.shape.length;
  return {
    needs: squares ? [inputOf(x, 0)] : [x],
    write: (model, [name]) =>
      model.node(squares ? 'ReduceSumSquare' : 'ReduceSum', [name as string, model.int64s(axes)], {
        attributes: { keepdims: flagOf(value.attributes, 'keep') ? 1 : 0 },
      }),
  };
};

/** The plan of a sum times a number as one node, where `value` is that product and nobody else wants the sum. */
export function scaledSum(value: Value, around: Surroundings): Plan | undefined {
  const [source, number] = value.inputs as readonly [Value, Value];
  const factor = constantNumber(number);
  if (factor === undefined || source.type.shape.length < number.type.shape.length) return undefined;
  if (source.primitive === 'reshape' && around.isPrivate(source) && around.isPrivate(inputOf(source, 0)))
    return columnSums(inputOf(source, 0), value.type.shape, factor);
  if (source.primitive !== 'sum' || !around.isPrivate(source)) return undefined;
  const columns = columnSums(source, value.type.shape, factor);
  if (columns) return columns;
  const axes = numberList(source.attributes, 'axes');
  const x = inputOf(source, 0);
  const count = axes.reduce((product, axis) => product * (x.type.shape[axis] ?? 1), 1);
  if (Math.abs(factor * count - 1) > 1e-12) return undefined;
  return {
    needs: [x],
    write: (model, [name]) =>
      model.node('ReduceMean', [name as string, model.int64s(axes)], {
        attributes: { keepdims: flagOf(source.attributes, 'keep') ? 1 : 0 },
      }),
  };
}

export const REDUCE_RULES: Readonly<Record<string, Rule>> = { sum };
