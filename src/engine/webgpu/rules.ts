// Where onnxruntime's WebGPU provider lacks a kernel that its processor provider has: what to write instead.
// Whatever has no kernel runs on the processor, with a copy there and back.

import { flagOf, numberOf } from '../../graph/primitive';
import type { Value } from '../../graph/value';
import { RULES } from '../onnxruntime/lower';
import { ELEMENT } from '../onnxruntime/proto';
import { plain, type Rule } from '../onnxruntime/rule';

/** There is no FusedMatMul: batches are transposed and scaled on their own. */
const matmul: Rule = (value, around) => {
  if (value.type.shape.length === 2) return (RULES.matmul as Rule)(value, around);
  const rank = value.type.shape.length;
  const swapped = Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  const factor = numberOf(value.attributes, 'scale');
  return {
    needs: value.inputs,
    write(model, [a, b]) {
      const turned = (name: string, flag: string): string =>
        flagOf(value.attributes, flag) ? model.node('Transpose', [name], { attributes: { perm: swapped } }) : name;
      const product = model.node('MatMul', [turned(a as string, 'transposeA'), turned(b as string, 'transposeB')]);
      return factor === 1 ? product : model.node('Mul', [product, model.floats([factor], [])]);
    },
  };
};

const logSoftmax: Rule = (value: Value) => ({
  needs: value.inputs,
  write(model, [x]) {
    const axis = model.int64s([value.type.shape.length - 1]);
    const reduced = (operator: string, name: string): string => model.node(operator, [name, axis], { attributes: { keepdims: 1 } });
    const shifted = model.node('Sub', [x as string, reduced('ReduceMax', x as string)]);
    return model.node('Sub', [shifted, model.node('Log', [reduced('ReduceSum', model.node('Exp', [shifted]))])]);
  },
});

/** There is no Sign. */
const step: Rule = (value) => ({
  needs: value.inputs,
  write: (model, [x]) =>
    model.node('Cast', [model.node('Greater', [x as string, model.floats([0], [])])], { attributes: { to: ELEMENT.float } }),
});

/** There is no IsNaN, and the way to the processor's waits for all that the card has to do: NaN is not at most anything. */
const nonFinite: Rule = (value) => ({
  needs: value.inputs,
  write(model, [x]) {
    const finite = model.node('LessOrEqual', [model.node('Abs', [x as string]), model.floats([LARGEST], [])]);
    return model.node('Sub', [model.floats([1], []), model.node('Cast', [finite], { attributes: { to: ELEMENT.float } })]);
  },
});

/** Finite float32. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

export const WEBGPU_RULES: Readonly<Record<string, Rule>> = {
  ...RULES,
  matmul,
  logSoftmax,
  step,
  nonFinite,
  relu: (value) => plain(value, 'Relu'),
};
