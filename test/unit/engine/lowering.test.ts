// What programs are lowered to: the fusions that make thin, deep models fast, and that they keep their hands
// off what they must not swallow. That the results are right is the engine suite's matter.

import { describe, expect, it } from 'vitest';
import { lower, RULES } from '../../../src/engine/onnxruntime/lower';
import { constant } from '../../../src/graph/constant';
import { matmul } from '../../../src/graph/contract';
import { add, erf, gelu, multiply, scale, subtract } from '../../../src/graph/elementwise';
import { spread } from '../../../src/graph/indexing';
import { layerInverse, layerMean, layerNorm } from '../../../src/graph/normalise';
import { PRIMITIVES } from '../../../src/graph/primitives';
import { sum, total } from '../../../src/graph/reduce';
import { concat, reshape, slice, transpose } from '../../../src/graph/shape';
import { input, makeValue, type Program, reachable, type Value } from '../../../src/graph/value';

function program(outputs: Readonly<Record<string, Value>>): Program {
  const inputs = reachable(Object.values(outputs)).filter((value) => value.primitive === 'input');
  return { name: 'test', inputs: Object.fromEntries(inputs.map((value) => [String(value.attributes.name), value])), outputs };
}

/** Operators in the model, sorted; reshapes cost nothing and are left out. */
function operators(outputs: Readonly<Record<string, Value>>): string[] {
  return lower(program(outputs))
    .nodes.map((node) => node.operator)
    .filter((operator) => operator !== 'Reshape')
    .sort();
}

const x = input('x', [6, 4]);
const w = input('w', [4, 8]);
const row = input('row', [4]);
const other = input('other', [6, 4]);

describe('lowering to onnxruntime', () => {
  it('has a rule for every primitive', () => {
    expect(PRIMITIVES.map((primitive) => primitive.name).filter((name) => !(name in RULES))).toEqual([]);
  });

  it('names program and primitive where a rule is missing', () => {
    const strange = makeValue('strange', [x], {}, x.type);
    expect(() => lower({ name: 'odd one', inputs: { x }, outputs: { y: strange } })).toThrow(/'odd one'.*'strange' \(float\[6, 4\]\)/);
  });

  it('puts a bias and a residual into Gemm', () => {
    expect(operators({ y: add(matmul(x, w), input('b', [8])) })).toEqual(['Gemm']);
    const product = matmul(x, input('square', [4, 4]), { transposeB: true });
    expect(operators({ y: add(scale(other, 0.974), product) })).toEqual(['Gemm']);
    expect(operators({ y: add(other, product), product })).toEqual(['Add', 'Gemm']);
  });

  it('transposes operands of large gradients of weights once', () => {
    const [a, b] = [input('a', [4, 6]), input('b', [4, 513])];
    expect(operators({ y: matmul(a, b, { transposeA: true }) })).toEqual(['Gemm', 'Transpose']);
    expect(operators({ y: matmul(b, a, { transposeA: true }) })).toEqual(['Gemm', 'Transpose', 'Transpose']);
    expect(operators({ y: matmul(b, input('c', [6, 4]), { transposeA: true, transposeB: true }) })).toEqual(['Gemm', 'Transpose']);
    expect(operators({ y: matmul(a, a, { transposeA: true }) })).toEqual(['Gemm']);
    expect(operators({ y: matmul(a, b, { transposeA: true }), z: matmul(a, input('d', [4, 600]), { transposeA: true }) })).toEqual([
      'Gemm',
      'Gemm',
      'Transpose',
    ]);
  });

  it('transposes and scales batches of matrices within the product', () => {
    const [q, k] = [input('q', [2, 3, 4]), input('k', [2, 3, 4])];
    expect(operators({ y: matmul(q, k, { transposeB: true, scale: 0.5 }) })).toEqual(['FusedMatMul']);
    expect(operators({ y: matmul(q, input('v', [2, 4, 3])) })).toEqual(['MatMul']);
  });

  it('makes LayerNorm, mean and inverse with one node, and normalised values with none of their own', () => {
    const parts = { mean: layerMean(x, 1e-5), inverse: layerInverse(x, 1e-5) };
    const normalised = multiply(subtract(x, parts.mean), parts.inverse);
    expect(operators({ y: layerNorm(x, row, row, 1e-5), ...parts })).toEqual(['LayerNormalization']);
    expect(operators({ normalised, inverse: parts.inverse })).toEqual(['LayerNormalization']);
    expect(operators({ y: layerNorm(x, row, row, 1e-5), normalised })).toEqual(['LayerNormalization', 'Mul', 'Sub']);
    expect(operators({ y: layerNorm(x, row, row, 1e-5), mean: layerMean(x, 1e-3) })).toEqual(['LayerNormalization', 'LayerNormalization']);
  });

  it('keeps a LayerNorm whose gain depends on the mean apart from it', () => {
    const mean = layerMean(x, 1e-5);
    const gain = multiply(row, total(mean));
    expect(operators({ y: layerNorm(x, gain, row, 1e-5) }).filter((name) => name === 'LayerNormalization')).toHaveLength(2);
  });

  it('sums columns by a product, means by one node, squares by one node', () => {
    expect(operators({ y: sum(x, [0]) })).toEqual(['MatMul']);
    expect(operators({ y: reshape(sum(x, [0], true), [4]) })).toEqual(['MatMul']);
    expect(operators({ y: scale(sum(x, [0]), 0.5) })).toEqual(['MatMul']);
    expect(operators({ y: sum(x, [1]) })).toEqual(['ReduceSum']);
    expect(operators({ y: scale(sum(x, [1], true), 1 / 4) })).toEqual(['ReduceMean']);
    expect(operators({ y: total(multiply(x, x)) })).toEqual(['ReduceSumSquare']);
  });

  it('finds GELU in any order, unless something inside is wanted too', () => {
    expect(operators({ y: gelu(x) })).toEqual(['Gelu']);
    const inner = erf(scale(x, Math.SQRT1_2));
    expect(operators({ y: scale(multiply(add(constant(1), inner), x), 0.5) })).toEqual(['Gelu']);
    expect(operators({ y: scale(multiply(add(constant(1), inner), x), 0.5), inner })).not.toContain('Gelu');
    expect(operators({ y: scale(multiply(add(constant(1), inner), other), 0.5) })).not.toContain('Gelu');
  });

  it('splits once where slices tile an axis', () => {
    const parts = [slice(w, 1, 0, 3), slice(w, 1, 3, 8)];
    expect(operators({ a: parts[0] as Value, b: parts[1] as Value })).toEqual(['Split']);
    expect(operators({ a: slice(w, 1, 0, 3), b: slice(w, 1, 4, 8) })).toEqual(['Slice', 'Slice']);
  });

  it('changes single elements where a spread is subtracted', () => {
    const ids = input('ids', [6], 'int');
    const spreads = spread(input('p', [6]), ids, 4);
    expect(operators({ y: subtract(x, spreads) })).toEqual(['Neg', 'ScatterElements']);
    expect(operators({ y: matmul(subtract(spreads, x), w) })).toEqual(['Gemm', 'Neg', 'ScatterElements']);
    expect(operators({ y: multiply(x, sum(spreads, [1], true)) })).toEqual(['Mul']);
  });

  it('reshapes instead of transposing where only axes of extent 1 move', () => {
    const stacked = transpose(reshape(w, [4, 2, 1, 4]), [1, 2, 0, 3]);
    expect(operators({ a: slice(stacked, 0, 0, 1), b: slice(stacked, 0, 1, 2) })).toEqual(['Split']);
    const pieces = [input('p', [1, 1, 3, 2]), input('q', [1, 1, 3, 2])];
    expect(operators({ y: transpose(concat(pieces, 0), [2, 0, 1, 3]) })).toEqual(['Concat']);
  });

  it('stores equal constants once, and takes inputs only if needed', () => {
    const twice = add(multiply(x, constant(Float64Array.of(1, 2, 3, 4), [4])), constant(Float64Array.of(1, 2, 3, 4), [4]));
    const model = lower({ name: 'test', inputs: { x, unused: w }, outputs: { y: twice } });
    expect(model.initialisers).toHaveLength(1);
    expect(model.inputs.map((each) => each.name)).toEqual(['in.x']);
  });
});
