// Constants, and primitives that move elements without computing.

import { numberList, numberOf } from '../../../graph/primitive';
import type { Value } from '../../../graph/value';
import type { Surroundings } from '../../surroundings';
import { keepsOrder } from '../../transpositions';
import { inputOf, type Rule } from '../rule';
import { columnSums } from './reduce';

const extentOf = (value: Value, axis: number): number => value.type.shape[axis] ?? 1;

export const SHAPE_RULES: Readonly<Record<string, Rule>> = {
  constant: (value) => ({
    needs: [],
    write: (model) => model.floats(value.attributes.data as Float64Array, value.type.shape),
  }),
  reshape(value, around) {
    const source = inputOf(value, 0);
    const sums = around.isPrivate(source) ? columnSums(source, value.type.shape) : undefined;
    return sums ?? { needs: [source], write: (model, [x]) => model.reshape(x as string, value.type.shape) };
  },
  transpose(value) {
    const order = numberList(value.attributes, 'order');
    const inOrder = keepsOrder(inputOf(value, 0).type.shape, order);
    return {
      needs: value.inputs,
      write: (model, names) =>
        inOrder ? model.reshape(names[0] as string, value.type.shape) : model.node('Transpose', names, { attributes: { perm: order } }),
    };
  },
  broadcast: (value) => ({
    needs: value.inputs,
    write: (model, [x]) => model.node('Expand', [x as string, model.int64s(value.type.shape)]),
  }),
  slice(value, around) {
    const axis = numberOf(value.attributes, 'axis');
    const from = numberOf(value.attributes, 'from');
    const source = inputOf(value, 0);
    const starts = tiling(source, axis, around);
    if (starts === undefined)
      return {
        needs: value.inputs,
        write: (model, [x]) =>
          model.node('Slice', [x as string, model.int64s([from]), model.int64s([numberOf(value.attributes, 'to')]), model.int64s([axis])]),
      };
    return {
      needs: value.inputs,
      write(model, [x]) {
        const extents = starts.map((start, i) => (starts[i + 1] ?? extentOf(source, axis)) - start);
        const parts = model.once(`split ${x} ${axis}`, () =>
          model.nodeOf(starts.length, 'Split', [x as string, model.int64s(extents)], { attributes: { axis } }),
        );
        return parts[starts.indexOf(from)] as string;
      },
    };
  },
  place(value) {
    const axis = numberOf(value.attributes, 'axis');
    const at = numberOf(value.attributes, 'at');
    const rank = value.type.shape.length;
    const pads = new Array<number>(2 * rank).fill(0);
    pads[axis] = at;
    pads[rank + axis] = extentOf(value, axis) - at - extentOf(inputOf(value, 0), axis);
    return {
      needs: value.inputs,
      write: (model, [x]) => model.node('Pad', [x as string, model.int64s(pads)]),
    };
  },
  concat: (value) => ({
    needs: value.inputs,
    write: (model, names) => model.node('Concat', names, { attributes: { axis: numberOf(value.attributes, 'axis') } }),
  }),
};

/** Where the slices of `source` along an axis start, if together they cover it once: then one Split makes them all. */
function tiling(source: Value, axis: number, around: Surroundings): number[] | undefined {
  const bounds = new Map<number, number>();
  for (const user of around.users(source)) {
    if (user.primitive !== 'slice' || user.attributes.axis !== axis) continue;
    const from = numberOf(user.attributes, 'from');
    const to = numberOf(user.attributes, 'to');
    if ((bounds.get(from) ?? to) !== to) return undefined;
    bounds.set(from, to);
  }
  const starts = [...bounds.keys()].sort((a, b) => a - b);
  const covers = starts.every((start, i) => bounds.get(start) === (starts[i + 1] ?? extentOf(source, axis)));
  return starts.length > 1 && starts[0] === 0 && covers ? starts : undefined;
}
