// One way back from the card for all that a program hands to the host: every output that is fetched by itself waits
// for the card anew, and a layer's backward pass has one for each of its parameters.

import { sizeOf } from '../../graph/value';
import type { Model, Node, TensorInfo } from '../onnxruntime/proto';

/** Name of the output that holds others, one after another. */
export const PACKED = 'packed';
const FLAT = 'flat';

/** Elements from which on the copy costs more than the wait. */
const LARGE = 2 ** 20;

/**
 * Those that are worth packing, in their order; none where there are fewer than two.
 * @param fetched float outputs that the host gets.
 */
export function packable(fetched: readonly TensorInfo[]): readonly TensorInfo[] {
  const small = fetched.filter(({ shape }) => sizeOf(shape) < LARGE);
  return small.length < 2 ? [] : small;
}

/** The model with these outputs joined into one vector, which comes after those that are left. */
export function packed(model: Model, joined: readonly TensorInfo[]): Model {
  if (joined.length === 0) return model;
  const parts = joined.map((_, i) => `${FLAT}.${i}`);
  const node = (operator: string, inputs: readonly string[], output: string, attributes: Node['attributes'] = {}): Node => {
    return { operator, domain: '', inputs, outputs: [output], attributes };
  };
  return {
    ...model,
    outputs: [
      ...model.outputs.filter((output) => !joined.includes(output)),
      { name: PACKED, element: 'float', shape: [joined.reduce((sum, { shape }) => sum + sizeOf(shape), 0)] },
    ],
    nodes: [
      ...model.nodes,
      ...joined.map(({ name }, i) => node('Reshape', [name, FLAT], parts[i] as string)),
      node('Concat', parts, PACKED, { axis: 0 }),
    ],
    // −1: whatever length there is.
    initialisers: [...model.initialisers, { name: FLAT, element: 'int64', shape: [1], bytes: new Uint8Array(8).fill(255) }],
  };
}

/** Each joined output's part of the vector, by name. */
export function unpacked(vector: Float32Array, joined: readonly TensorInfo[]): ReadonlyMap<string, Float32Array> {
  let offset = 0;
  return new Map(
    joined.map(({ name, shape }) => {
      const from = offset;
      offset += sizeOf(shape);
      return [name, vector.subarray(from, offset)];
    }),
  );
}
