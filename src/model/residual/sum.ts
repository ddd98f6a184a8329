// x + f: the sum that schemes without a LayerNorm behind it share.

import { add } from '../../graph/elementwise';
import type { Value } from '../../graph/value';
import type { Joined } from './scheme';

/** A sublayer whose sum is its output. */
export function residualSum(stream: Value, branch: Value): Joined {
  const sum = add(stream, branch);
  return { carry: { x: sum }, branch, stream, sum, output: sum };
}
