// Matrix products. Gemm for two matrices, with a bias where one is added; FusedMatMul for batches of
// them, because it transposes and scales within the product.

import { flagOf, numberOf } from '../../../graph/primitive';
import type { Value } from '../../../graph/value';
import { scaling } from '../../gelu';
import type { Surroundings } from '../../surroundings';
import { CONTRIB } from '../model';
import type { NodeAttribute } from '../proto';
import { inputOf, type Plan, type Rule } from '../rule';

function gemmAttributes(value: Value): Record<string, NodeAttribute> {
  return {
    transA: flagOf(value.attributes, 'transposeA') ? 1 : 0,
    transB: flagOf(value.attributes, 'transposeB') ? 1 : 0,
    alpha: { float: numberOf(value.attributes, 'scale') },
  };
}

const matmul: Rule = (value) => {
  if (value.type.shape.length === 2)
    return { needs: value.inputs, write: (model, names) => model.node('Gemm', names, { attributes: gemmAttributes(value) }) };
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
