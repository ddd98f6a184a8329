// x ← LN(α·x + g·f(x)): the program that Post-LN, FLN, ULN and DeepNorm share. They differ in α, in g
// and in initialisation only.

import { add, scale } from '../../graph/elementwise';
import { type Joined, type SublayerScope, streamOf } from './scheme';

export function weightedPostNorm(scope: SublayerScope, alpha: number, gain = 1): Joined {
  const x = streamOf(scope.carry);
  const branch = scale(scope.branch(x), gain);
  const stream = scale(x, alpha);
  const sum = add(stream, branch);
  const output = scope.norm(sum);
  return { carry: { x: output }, branch, stream, sum, output };
}
