// Functions over the last axis. A LayerNorm, its mean and its inverse deviation are outputs of one
// node where they are of the same values.

import { numberOf } from '../../../graph/primitive';
import type { Value } from '../../../graph/value';
import type { Surroundings } from '../../surroundings';
import { inputOf, type Plan, type Rule } from '../rule';

const overLast =
  (operator: string): Rule =>
  (value) => ({
    needs: value.inputs,
    write: (model, names) => model.node(operator, names, { attributes: { axis: -1 } }),
  });

/** The LayerNorm of the same values and epsilon whose node can serve `value`, which needs its gain and bias early enough. */
function partner(value: Value, around: Surroundings): Value | undefined {
  if (value.primitive === 'layerNorm') return value;
  return around
    .users(inputOf(value, 0))
    .find(
      (user) =>
        user.primitive === 'layerNorm' &&
        user.inputs[0] === value.inputs[0] &&
        user.attributes.epsilon === value.attributes.epsilon &&
        user.inputs.every((source) => source.primitive === 'input' || source.id < value.id),
    );
}

/**
 * The plan of (x − mean)·inverse as the first output of the node that makes mean and inverse, where no
 * LayerNorm with a gain wants that node's first output for itself.
 */
export function normalised(value: Value, around: Surroundings): Plan | undefined {
  for (const [difference, inverse] of [value.inputs, [...value.inputs].reverse()] as [Value, Value][]) {
    const [x, mean] = difference.inputs;
    const fits =
      difference.primitive === 'subtract' &&
      inverse.primitive === 'layerInverse' &&
      mean?.primitive === 'layerMean' &&
      inverse.inputs[0] === x &&
      mean.inputs[0] === x &&
      mean.attributes.epsilon === inverse.attributes.epsilon;
    if (fits && !partner(inverse, around) && !partner(mean, around)) return outputOfNorm(0)(inverse, around);
  }
  return undefined;
}

/**
 * Output `index` (normalised, mean, inverse deviation) of a LayerNormalization. All three are always asked
 * for: they cost nothing, and without them onnxruntime merges an addition before it into
 * SkipLayerNormalization, which takes three times as long on a CPU (1.30).
 */
const outputOfNorm =
  (index: number): Rule =>
  (value, around): Plan => {
    const epsilon = { float: numberOf(value.attributes, 'epsilon') };
    const norm = partner(value, around);
    const width = inputOf(value, 0).type.shape.at(-1) ?? 1;
    return {
      needs: norm?.inputs ?? value.inputs,
      write(model, names) {
        const inputs = norm ? names : [names[0] as string, model.filled(1, [width])];
        const attributes = { axis: -1, epsilon };
        const outputs = model.once(`norm ${inputs} ${epsilon.float}`, () => model.nodeOf(3, 'LayerNormalization', inputs, { attributes }));
        return outputs[index] as string;
      },
    };
  };

export const NORMALISE_RULES: Readonly<Record<string, Rule>> = {
  softmax: overLast('Softmax'),
  logSoftmax: overLast('LogSoftmax'),
  layerNorm: outputOfNorm(0),
  layerMean: outputOfNorm(1),
  layerInverse: outputOfNorm(2),
};
