// Floats that are kept in half as many bits between programs (IEEE 754 binary16: 11 significant bits, from 6e-8 to 65504).
// A program widens what it takes and narrows what it gives; whatever it computes in between, it computes in floats.

import { f16round } from '@petamoriken/float16';
import { apply, type Dense, mismatch, type Primitive } from './primitive';
import type { DType, TensorType, Value } from './value';

const converting = (name: string, from: DType, to: DType, convert: (x: number) => number): Primitive => ({
  name,
  shape(inputs): TensorType {
    const [x] = inputs;
    if (x?.dtype !== from) throw mismatch(name, inputs, `one ${from}`);
    return { dtype: to, shape: x.shape };
  },
  gradient: () => {
    throw new Error(`${name}: what is kept in halves is outside what is differentiated`);
  },
  evaluate: (inputs) => (inputs[0] as Dense).data.map(convert),
});

export const NARROW = converting('narrow', 'float', 'half', f16round);
export const WIDEN = converting('widen', 'half', 'float', (x) => x);

/** The nearest half of every float: beyond 65504 infinite, below 3e-8 zero. */
export const narrow = (x: Value): Value => apply(NARROW, [x]);
export const widen = (x: Value): Value => apply(WIDEN, [x]);
