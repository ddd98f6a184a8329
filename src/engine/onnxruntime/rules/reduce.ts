// Sums over axes.

import { flagOf, numberList } from '../../../graph/primitive';
import { sizeOf } from '../../../graph/value';
import { inputOf, type Rule } from '../rule';

const sum: Rule = (value) => {
  const x = inputOf(value, 0);
  const axes = numberList(value.attributes, 'axes');
  const rank = x.type.shape.length;
  const leading = rank > 1 && axes.length === rank - 1 && !axes.includes(rank - 1);
  if (leading) {
    // A row of ones times the matrix: onnxruntime's product is faster than its reduction over leading axes.
    const columns = x.type.shape[rank - 1] ?? 1;
    const rows = sizeOf(x.type.shape) / columns;
    return {
      needs: [x],
      write(model, names) {
        const matrix = rank === 2 ? (names[0] as string) : model.reshape(names[0] as string, [rows, columns]);
        const row = model.node('MatMul', [model.ones(rows), matrix]);
        return value.type.shape.length === 1 ? row : model.reshape(row, value.type.shape);
      },
    };
  }
  const square = x.primitive === 'multiply' && x.inputs[0] === x.inputs[1];
  const everything = axes.length === rank;
  return {
    needs: square && everything ? [inputOf(x, 0)] : [x],
    write: (model, names) =>
      model.node(square && everything ? 'ReduceSumSquare' : 'ReduceSum', [names[0] as string, model.int64s(axes)], {
        attributes: { keepdims: flagOf(value.attributes, 'keep') ? 1 : 0 },
      }),
  };
};

export const REDUCE_RULES: Readonly<Record<string, Rule>> = { sum };
