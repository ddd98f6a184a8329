// Halves on the host: their bits, and the numbers that they stand for.

import { getFloat16, setFloat16 } from '@petamoriken/float16';

const HALF_BYTES = 2;

/** The nearest half of each number. */
export function bitsOf(numbers: ArrayLike<number>): Uint16Array {
  const bits = new Uint16Array(numbers.length);
  const view = new DataView(bits.buffer);
  for (let i = 0; i < bits.length; i++) setFloat16(view, HALF_BYTES * i, numbers[i] as number, true);
  return bits;
}

export function numbersOf(bits: Uint16Array): Float32Array {
  const view = new DataView(bits.buffer, bits.byteOffset, bits.byteLength);
  return Float32Array.from(bits, (_, i) => getFloat16(view, HALF_BYTES * i, true));
}
