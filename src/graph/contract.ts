// Matrix products: the only primitive that costs more than memory traffic.

import { apply, type Dense, flagOf, mismatch, numberOf, type Primitive } from './primitive';
import { sizeOf, type Value } from './value';

export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Factor on the product, such as 1/√d of attention. */
  readonly scale?: number;
}

/** Rows, inner extent and columns after the transpositions. */
function extents(a: readonly number[], b: readonly number[], transposeA: boolean, transposeB: boolean) {
  const [a0, a1] = a.slice(-2) as [number, number];
  const [b0, b1] = b.slice(-2) as [number, number];
  return { m: transposeA ? a1 : a0, k: transposeA ? a0 : a1, kb: transposeB ? b1 : b0, n: transposeB ? b0 : b1 };
}

export const MATMUL: Primitive = {
  name: 'matmul',
  shape(inputs, attributes) {
    const [a, b] = inputs;
    const fits = a && b && a.dtype === 'float' && b.dtype === 'float' && a.shape.length >= 2 && a.shape.length === b.shape.length;
    const lead = a?.shape.slice(0, -2) ?? [];
    if (!fits || lead.join() !== b.shape.slice(0, -2).join())
      throw mismatch('matmul', inputs, 'two float matrices with the same leading axes');
    const { m, k, kb, n } = extents(a.shape, b.shape, flagOf(attributes, 'transposeA'), flagOf(attributes, 'transposeB'));
    if (k !== kb) throw mismatch('matmul', inputs, `equal inner extents, not ${k} and ${kb}`);
    return { dtype: 'float', shape: [...lead, m, n] };
  },
  gradient(value, d) {
    const [a, b] = value.inputs as readonly [Value, Value];
    const scale = numberOf(value.attributes, 'scale');
    const ta = flagOf(value.attributes, 'transposeA');
    const tb = flagOf(value.attributes, 'transposeB');
    const da = ta ? matmul(b, d, { transposeA: tb, transposeB: true, scale }) : matmul(d, b, { transposeB: !tb, scale });
    const db = tb ? matmul(d, a, { transposeA: true, transposeB: ta, scale }) : matmul(a, d, { transposeA: !ta, scale });
    return [da, db];
  },
  evaluate(inputs, attributes, type) {
    const [a, b] = inputs as readonly [Dense, Dense];
    const ta = flagOf(attributes, 'transposeA');
    const tb = flagOf(attributes, 'transposeB');
    const scale = numberOf(attributes, 'scale');
    const { m, k, n } = extents(a.shape, b.shape, ta, tb);
    const [rowA, stepA] = ta ? [1, m] : [k, 1];
    const [stepB, columnB] = tb ? [1, k] : [n, 1];
    const result = new Float64Array(sizeOf(type.shape));
    for (let matrix = 0; matrix * m * n < result.length; matrix++) {
      const [atA, atB, at] = [matrix * m * k, matrix * k * n, matrix * m * n];
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let product = 0;
          for (let p = 0; p < k; p++) product += (a.data[atA + i * rowA + p * stepA] ?? 0) * (b.data[atB + p * stepB + j * columnB] ?? 0);
          result[at + i * n + j] = scale * product;
        }
      }
    }
    return result;
  },
};

/** scale · op(a) · op(b); a and b are [..., rows, columns] with the same leading axes. */
export function matmul(a: Value, b: Value, options: MatmulOptions = {}): Value {
  return apply(MATMUL, [a, b], {
    transposeA: options.transposeA ?? false,
    transposeB: options.transposeB ?? false,
    scale: options.scale ?? 1,
  });
}
