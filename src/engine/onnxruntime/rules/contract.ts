// Matrix products. Gemm for two matrices, with a bias where one is added; FusedMatMul for batches of
// them, because it transposes and scales within the product.

import { flagOf, numberOf } from '../../../graph/primitive';
import type { Value } from '../../../graph/value';
import { scaling } from '../../gelu';
import type { Surroundings } from '../../surroundings';
import { CONTRIB, type ModelBuilder } from '../model';
import type { NodeAttribute } from '../proto';
import { inputOf, type Plan, type Rule } from '../rule';

function gemmAttributes(value: Value): Record<string, NodeAttribute> {
  return {
    transA: flagOf(value.attributes, 'transposeA') ? 1 : 0,
    transB: flagOf(value.attributes, 'transposeB') ? 1 : 0,
    alpha: { float: numberOf(value.attributes, 'scale') },
  };
}

/**
 * Extent of a result from which operands are transposed once and for all. The library's product transposes its first
 * one anew for every 128 columns: measured, that and a result that no cache holds cost two fifths of the time where
 * the gradient of a word table is made (512 tokens, 50 000 words), and a twentieth in layers of 768 channels.
 */
const WIDE = 512;

/** aᵀ·b, or aᵀ·bᵀ: the longer extent of the result is made its columns. */
function turned(value: Value): Plan {
  const [rows = 0, columns = 0] = value.type.shape;
  const attributes = gemmAttributes(value);
  const transposed = (model: ModelBuilder, name: string): string =>
    model.once(`transposed ${name}`, () => [model.node('Transpose', [name], { attributes: { perm: [1, 0] } })])[0] as string;
  return {
    needs: value.inputs,
    write(model, [a = '', b = '']) {
      if (rows <= columns) return model.node('Gemm', [transposed(model, a), b], { attributes: { ...attributes, transA: 0 } });
      const first = attributes.transB === 1 ? b : transposed(model, b);
      return transposed(model, model.node('Gemm', [first, a], { attributes: { ...attributes, transA: 0, transB: 0 } }));
    },
  };
}

const matmul: Rule = (value) => {
  if (value.type.shape.length === 2) {
    const attributes = gemmAttributes(value);
    if (attributes.transA === 1 && Math.max(...value.type.shape) >= WIDE && Math.min(...value.type.shape) > 1) return turned(value);
    return { needs: value.inputs, write: (model, names) => model.node('Gemm', names, { attributes }) };
  }
  const { transA = 0, transB = 0, alpha = 1 } = gemmAttributes(value);
  const isPlain = transA === 0 && transB === 0 && numberOf(value.attributes, 'scale') === 1;
  return {
    needs: value.inputs,
    write: (model, names) =>
      isPlain ? model.node('MatMul', names) : model.node('FusedMatMul', names, { domain: CONTRIB, attributes: { transA, transB, alpha } }),
  };
};

/**
 * The plan of product + term as one Gemm, where `value` is that sum, nobody else wants the product, and
 * the term is a row or of the same shape. A number by which only this sum scales the term goes along.
 */
export function biased(value: Value, around: Surroundings): Plan | undefined {
  for (const [product, term] of [value.inputs, [...value.inputs].reverse()] as [Value, Value][]) {
    const fits =
      product.primitive === 'matmul' &&
      product.type.shape.length === 2 &&
      (term.type.shape.join() === `${product.type.shape[1]}` || term.type.shape.join() === product.type.shape.join());
    if (!fits || !around.isPrivate(product)) continue;
    const scaled = around.isPrivate(term) && scaling(term);
    const [added, beta] = scaled ? [scaled.operand, scaled.factor] : [term, 1];
    return {
      needs: [inputOf(product, 0), inputOf(product, 1), added],
      write: (model, names) => model.node('Gemm', names, { attributes: { ...gemmAttributes(product), beta: { float: beta } } }),
    };
  }
  return undefined;
}

export const CONTRACT_RULES: Readonly<Record<string, Rule>> = { matmul };
