// The projection that sublayers are made of.

import { matmul } from '../graph/contract';
import { add } from '../graph/elementwise';
import type { Value } from '../graph/value';
import type { ParameterOf } from './norm';

/** x·W + b for the parameters `<name>.weight` and `<name>.bias`. */
export function affine(x: Value, parameter: ParameterOf, name: string): Value {
  return add(matmul(x, parameter(`${name}.weight`)), parameter(`${name}.bias`));
}
