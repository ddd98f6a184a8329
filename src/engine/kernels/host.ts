// Loops over flat host memory for engines whose tensors live there: on a CPU they are faster here than
// as operators of an engine. Plain indexed loops, no closures: V8 turns
// them into straight machine code as long as one process keeps to one array type, and it does.

import type { FloatArray, HostKernels } from '../engine';

function sumOfSquares(data: FloatArray, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    const x = data[i] as number;
    sum += x * x;
  }
  return sum;
}

function accumulate(target: FloatArray, source: FloatArray): void {
  if (target.length !== source.length) throw new RangeError(`accumulate: ${source.length} elements onto ${target.length}`);
  for (let i = 0; i < target.length; i++) target[i] = (target[i] as number) + (source[i] as number);
}

export const HOST_KERNELS: HostKernels = { sumOfSquares, accumulate };
