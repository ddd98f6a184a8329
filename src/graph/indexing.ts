// Rows and elements chosen by integer tensors, each beside the primitive that is its transpose:
// embedding lookup and its gradient, the target's log-probability and its gradient.

import { apply, type Dense, mismatch, numberOf, type Primitive } from './primitive';
import { sizeOf, type Value } from './value';

export const ROWS: Primitive = {
  name: 'rows',
  shape(inputs) {
    const [table, ids] = inputs;
    if (table?.dtype !== 'float' || table.shape.length !== 2 || ids?.dtype !== 'int' || ids.shape.length !== 1)
      throw mismatch('rows', inputs, 'float[V, C] and int[N]');
    return { dtype: 'float', shape: [ids.shape[0] ?? 0, table.shape[1] ?? 0] };
  },
  gradient(value, cotangent) {
    const [table, ids] = value.inputs as readonly [Value, Value];
    return [scatterRows(cotangent, ids, table.type.shape[0] ?? 0), undefined];
  },
  evaluate(inputs, _, type) {
    const [table, ids] = inputs as readonly [Dense, Dense];
    const width = type.shape[1] ?? 0;
    const result = new Float64Array(sizeOf(type.shape));
    ids.data.forEach((id, row) => {
      result.set(table.data.subarray(id * width, (id + 1) * width), row * width);
    });
    return result;
  },
};

export const SCATTER_ROWS: Primitive = {
  name: 'scatterRows',
  shape(inputs, attributes) {
    const [x, ids] = inputs;
    if (x?.dtype !== 'float' || x.shape.length !== 2 || ids?.dtype !== 'int' || ids.shape[0] !== x.shape[0])
      throw mismatch('scatterRows', inputs, 'float[N, C] and int[N]');
    return { dtype: 'float', shape: [numberOf(attributes, 'rows'), x.shape[1] ?? 0] };
  },
  gradient: (value, cotangent) => [rows(cotangent, value.inputs[1] as Value), undefined],
  evaluate(inputs, _, type) {
    const [x, ids] = inputs as readonly [Dense, Dense];
    const width = type.shape[1] ?? 0;
    const result = new Float64Array(sizeOf(type.shape));
    ids.data.forEach((id, row) => {
      for (let c = 0; c < width; c++) result[id * width + c] = (result[id * width + c] ?? 0) + (x.data[row * width + c] ?? 0);
    });
    return result;
  },
};

export const PICK: Primitive = {
  name: 'pick',
  shape(inputs) {
    const [x, ids] = inputs;
    if (x?.dtype !== 'float' || x.shape.length !== 2 || ids?.dtype !== 'int' || ids.shape.join() !== `${x.shape[0]}`)
      throw mismatch('pick', inputs, 'float[N, V] and int[N]');
    return { dtype: 'float', shape: ids.shape };
  },
  gradient(value, cotangent) {
    const [x, ids] = value.inputs as readonly [Value, Value];
    return [spread(cotangent, ids, x.type.shape[1] ?? 0), undefined];
  },
  evaluate(inputs) {
    const [x, ids] = inputs as readonly [Dense, Dense];
    const width = x.shape[1] ?? 0;
    return ids.data.map((id, row) => x.data[row * width + id] ?? 0);
  },
};

export const SPREAD: Primitive = {
  name: 'spread',
  shape(inputs, attributes) {
    const [x, ids] = inputs;
    if (x?.dtype !== 'float' || x.shape.length !== 1 || ids?.dtype !== 'int' || ids.shape.join() !== x.shape.join())
      throw mismatch('spread', inputs, 'float[N] and int[N]');
    return { dtype: 'float', shape: [x.shape[0] ?? 0, numberOf(attributes, 'columns')] };
  },
  gradient: (value, cotangent) => [pick(cotangent, value.inputs[1] as Value), undefined],
  evaluate(inputs, _, type) {
    const [x, ids] = inputs as readonly [Dense, Dense];
    const width = type.shape[1] ?? 0;
    const result = new Float64Array(sizeOf(type.shape));
    ids.data.forEach((id, row) => {
      result[row * width + id] = x.data[row] ?? 0;
    });
    return result;
  },
};

/** float[V, C], int[N] → float[N, C]: row `ids[n]` of the table. */
export const rows = (table: Value, ids: Value): Value => apply(ROWS, [table, ids]);
/** float[N, C], int[N] → float[rows, C]: row n is added to row `ids[n]`. */
export const scatterRows = (x: Value, ids: Value, count: number): Value => apply(SCATTER_ROWS, [x, ids], { rows: count });
/** float[N, V], int[N] → float[N]: element `ids[n]` of row n. */
export const pick = (x: Value, ids: Value): Value => apply(PICK, [x, ids]);
/** float[N], int[N] → float[N, columns]: x[n] at column `ids[n]`, zeros elsewhere. */
export const spread = (x: Value, ids: Value, columns: number): Value => apply(SPREAD, [x, ids], { columns });
