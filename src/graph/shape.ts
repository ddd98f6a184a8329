// Primitives that move elements without computing: the same numbers in another shape or order.

import {
  apply,
  broadcastShapes,
  broadcastStrides,
  type Dense,
  mismatch,
  numberList,
  numberOf,
  offsets,
  type Primitive,
  stridesOf,
} from './primitive';
import { sum } from './reduce';
import { sizeOf, type TensorType, type Value } from './value';

function gather(x: Dense, at: Int32Array): Float64Array {
  return Float64Array.from(at, (offset) => x.data[offset] ?? 0);
}

export const RESHAPE: Primitive = {
  name: 'reshape',
  shape(inputs, attributes) {
    const [x] = inputs;
    const shape = numberList(attributes, 'shape');
    if (!x || sizeOf(x.shape) !== sizeOf(shape)) throw mismatch('reshape', inputs, `as many elements as [${shape.join(', ')}]`);
    return { dtype: x.dtype, shape };
  },
  gradient: (value, cotangent) => [reshape(cotangent, (value.inputs[0] as Value).type.shape)],
  evaluate: (inputs) => (inputs[0] as Dense).data,
};

export const TRANSPOSE: Primitive = {
  name: 'transpose',
  shape(inputs, attributes) {
    const [x] = inputs;
    const order = numberList(attributes, 'order');
    if (!x || [...order].sort((a, b) => a - b).join() !== x.shape.map((_, axis) => axis).join())
      throw mismatch('transpose', inputs, `an order of its axes, not ${order}`);
    return { dtype: x.dtype, shape: order.map((axis) => x.shape[axis] ?? 1) };
  },
  gradient(value, cotangent) {
    const order = numberList(value.attributes, 'order');
    return [
      transpose(
        cotangent,
        order.map((_, axis) => order.indexOf(axis)),
      ),
    ];
  },
  evaluate(inputs, attributes, type) {
    const [x] = inputs as readonly [Dense];
    const strides = stridesOf(x.shape);
    return gather(
      x,
      offsets(
        type.shape,
        numberList(attributes, 'order').map((axis) => strides[axis] ?? 0),
      ),
    );
  },
};

export const BROADCAST: Primitive = {
  name: 'broadcast',
  shape(inputs, attributes) {
    const [x] = inputs;
    const shape = numberList(attributes, 'shape');
    if (!x || broadcastShapes(x.shape, shape)?.join() !== shape.join())
      throw mismatch('broadcast', inputs, `a shape that repeats to [${shape.join(', ')}]`);
    return { dtype: x.dtype, shape };
  },
  gradient(value, cotangent) {
    const from = (value.inputs[0] as Value).type.shape;
    const to = value.type.shape;
    const lead = to.length - from.length;
    const axes = to.map((_, axis) => axis).filter((axis) => axis < lead || (from[axis - lead] === 1 && to[axis] !== 1));
    return [reshape(sum(cotangent, axes, true), from)];
  },
  evaluate(inputs, _, type) {
    const [x] = inputs as readonly [Dense];
    return gather(x, offsets(type.shape, broadcastStrides(x.shape, type.shape)));
  },
};

export const SLICE: Primitive = {
  name: 'slice',
  shape(inputs, attributes) {
    const [x] = inputs;
    const [axis, from, to] = [numberOf(attributes, 'axis'), numberOf(attributes, 'from'), numberOf(attributes, 'to')];
    if (!x || from < 0 || to <= from || to > (x.shape[axis] ?? 0)) throw mismatch('slice', inputs, `[${from}, ${to}) within axis ${axis}`);
    return { dtype: x.dtype, shape: x.shape.map((extent, i) => (i === axis ? to - from : extent)) };
  },
  gradient(value, cotangent) {
    const axis = numberOf(value.attributes, 'axis');
    return [place(cotangent, axis, numberOf(value.attributes, 'from'), (value.inputs[0] as Value).type.shape[axis] ?? 0)];
  },
  evaluate(inputs, attributes, type) {
    const [x] = inputs as readonly [Dense];
    const strides = stridesOf(x.shape);
    return gather(x, offsets(type.shape, strides, numberOf(attributes, 'from') * (strides[numberOf(attributes, 'axis')] ?? 0)));
  },
};

export const PLACE: Primitive = {
  name: 'place',
  shape(inputs, attributes) {
    const [x] = inputs;
    const [axis, at, extent] = [numberOf(attributes, 'axis'), numberOf(attributes, 'at'), numberOf(attributes, 'extent')];
    if (!x || at < 0 || at + (x.shape[axis] ?? extent + 1) > extent)
      throw mismatch('place', inputs, `room at ${at} within ${extent} on axis ${axis}`);
    return { dtype: x.dtype, shape: x.shape.map((size, i) => (i === axis ? extent : size)) };
  },
  gradient(value, cotangent) {
    const axis = numberOf(value.attributes, 'axis');
    const at = numberOf(value.attributes, 'at');
    return [slice(cotangent, axis, at, at + ((value.inputs[0] as Value).type.shape[axis] ?? 0))];
  },
  evaluate(inputs, attributes, type) {
    const [x] = inputs as readonly [Dense];
    const strides = stridesOf(type.shape);
    const result = new Float64Array(sizeOf(type.shape));
    offsets(x.shape, strides, numberOf(attributes, 'at') * (strides[numberOf(attributes, 'axis')] ?? 0)).forEach((at, i) => {
      result[at] = x.data[i] ?? 0;
    });
    return result;
  },
};

export const CONCAT: Primitive = {
  name: 'concat',
  shape(inputs, attributes) {
    const axis = numberOf(attributes, 'axis');
    const rest = (type: TensorType) => `${type.dtype}${type.shape.filter((_, i) => i !== axis)}`;
    const [first] = inputs;
    if (!first || inputs.some((type) => rest(type) !== rest(first)))
      throw mismatch('concat', inputs, `shapes that differ on axis ${axis} only`);
    const extent = inputs.reduce((length, type) => length + (type.shape[axis] ?? 0), 0);
    return { dtype: first.dtype, shape: first.shape.map((size, i) => (i === axis ? extent : size)) };
  },
  gradient(value, cotangent) {
    const axis = numberOf(value.attributes, 'axis');
    let from = 0;
    return value.inputs.map((part) => {
      const extent = part.type.shape[axis] ?? 0;
      from += extent;
      return slice(cotangent, axis, from - extent, from);
    });
  },
  evaluate(inputs, attributes, type) {
    const axis = numberOf(attributes, 'axis');
    const strides = stridesOf(type.shape);
    const result = new Float64Array(sizeOf(type.shape));
    let from = 0;
    for (const part of inputs) {
      offsets(part.shape, strides, from * (strides[axis] ?? 0)).forEach((at, i) => {
        result[at] = part.data[i] ?? 0;
      });
      from += part.shape[axis] ?? 0;
    }
    return result;
  },
};

export const reshape = (x: Value, shape: readonly number[]): Value => apply(RESHAPE, [x], { shape });
/** Axis i of the result is axis `order[i]` of x. */
export const transpose = (x: Value, order: readonly number[]): Value => apply(TRANSPOSE, [x], { order });
export const broadcast = (x: Value, shape: readonly number[]): Value => apply(BROADCAST, [x], { shape });
/** Elements [from, to) of one axis. */
export const slice = (x: Value, axis: number, from: number, to: number): Value => apply(SLICE, [x], { axis, from, to });
/** x at position `at` of an axis with this extent, zeros around it: the transpose of `slice`. */
export const place = (x: Value, axis: number, at: number, extent: number): Value => apply(PLACE, [x], { axis, at, extent });
export const concat = (parts: readonly Value[], axis: number): Value => apply(CONCAT, parts, { axis });
