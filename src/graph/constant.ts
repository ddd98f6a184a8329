// Numbers known when a program is written: scalars of formulas, masks.

import { apply, type Primitive } from './primitive';
import { sizeOf, type Value } from './value';

export const CONSTANT: Primitive = {
  name: 'constant',
  shape: (_, attributes) => ({ dtype: 'float', shape: attributes.shape as readonly number[] }),
  gradient: () => [],
  evaluate: (_, attributes) => attributes.data as Float64Array,
};

/** @param data row-major values; a single number makes a scalar of shape []. */
export function constant(data: number | Float64Array, shape: readonly number[] = []): Value {
  const values = typeof data === 'number' ? new Float64Array(sizeOf(shape)).fill(data) : data;
  if (values.length !== sizeOf(shape)) throw new TypeError(`constant: ${values.length} values for shape [${shape.join(', ')}]`);
  return apply(CONSTANT, [], { data: values, shape });
}

/** The single number that a constant consists of throughout, if it is one. */
export function constantNumber(value: Value): number | undefined {
  if (value.primitive !== 'constant') return undefined;
  const data = value.attributes.data as Float64Array;
  const first = data[0];
  return first !== undefined && data.every((x) => x === first) ? first : undefined;
}
