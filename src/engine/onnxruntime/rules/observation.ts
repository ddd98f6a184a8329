// What statistics ask for beyond arithmetic.

import { ELEMENT } from '../proto';
import { inputOf, type Rule } from '../rule';

const maximum: Rule = (value) => {
  const axes = inputOf(value, 0).type.shape.map((_, axis) => axis);
  return {
    needs: value.inputs,
    write: (model, [x]) => model.node('ReduceMax', [x as string, model.int64s(axes)], { attributes: { keepdims: 0 } }),
  };
};

/** x − x is NaN for whatever is not finite: one test instead of two. */
const nonFinite: Rule = (value) => ({
  needs: value.inputs,
  write(model, [x]) {
    const difference = model.node('Sub', [x as string, x as string]);
    return model.node('Cast', [model.node('IsNaN', [difference])], { attributes: { to: ELEMENT.float } });
  },
});

export const OBSERVATION_RULES: Readonly<Record<string, Rule>> = { maximum, nonFinite };
