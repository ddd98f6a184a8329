// What a primitive is: shape rule, gradient rule and meaning, side by side. The meaning is float64
// and obviously right rather than fast; it is what every engine is tested against.

import { type Attributes, formatType, makeValue, sizeOf, type TensorType, type Value } from './value';

/** A float64 tensor on the host, row-major; ints and booleans are whole numbers. */
export interface Dense {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export interface Primitive {
  readonly name: string;
  /** Type of the result; throws where the inputs do not fit. */
  shape(inputs: readonly TensorType[], attributes: Attributes): TensorType;
  /** Cotangent of each input from that of the result; undefined where none flows (indices). */
  gradient(value: Value, cotangent: Value): readonly (Value | undefined)[];
  evaluate(inputs: readonly Dense[], attributes: Attributes, type: TensorType): Float64Array;
}

/** Builds the value of a primitive after its shape rule agreed. */
export function apply(primitive: Primitive, inputs: readonly Value[], attributes: Attributes = {}): Value {
  return makeValue(
    primitive.name,
    inputs,
    attributes,
    primitive.shape(
      inputs.map((value) => value.type),
      attributes,
    ),
  );
}

/** For shape rules: which primitive, what it got, what it wants. */
export function mismatch(primitive: string, inputs: readonly TensorType[], wants: string): Error {
  return new TypeError(`${primitive}(${inputs.map(formatType).join(', ')}): ${wants}`);
}

export function numberList(attributes: Attributes, name: string): readonly number[] {
  const value = attributes[name];
  if (!Array.isArray(value)) throw new TypeError(`attribute ${name} is not a list of numbers`);
  return value;
}

export function numberOf(attributes: Attributes, name: string): number {
  const value = attributes[name];
  if (typeof value !== 'number') throw new TypeError(`attribute ${name} is not a number`);
  return value;
}

export function flagOf(attributes: Attributes, name: string): boolean {
  return attributes[name] === true;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  return strides;
}

/**
 * For each element of `shape` in order, the offset into a tensor with these strides (0 = repeated).
 * One loop serves broadcasting, transposition, slicing and reduction.
 */
export function offsets(shape: readonly number[], strides: readonly number[], start = 0): Int32Array {
  const result = new Int32Array(sizeOf(shape));
  const index = new Array<number>(shape.length).fill(0);
  let offset = start;
  for (let i = 0; i < result.length; i++) {
    result[i] = offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const extent = shape[axis] ?? 1;
      const stride = strides[axis] ?? 0;
      const next = (index[axis] ?? 0) + 1;
      offset += stride;
      if (next < extent) {
        index[axis] = next;
        break;
      }
      index[axis] = 0;
      offset -= stride * extent;
    }
  }
  return result;
}

/** Strides of `from` seen as `to`: extents of 1 and missing leading axes repeat. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const strides = stridesOf(from);
  const lead = to.length - from.length;
  return to.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : (strides[axis - lead] ?? 0)));
}

/** The common shape of two broadcastable shapes, or undefined. */
export function broadcastShapes(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const x = a[axis - (rank - a.length)] ?? 1;
    const y = b[axis - (rank - b.length)] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    shape.push(x === 1 ? y : x);
  }
  return shape;
}
