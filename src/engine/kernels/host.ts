// Loops over flat host memory for engines whose tensors live there: on a CPU the update of a thin
// layer is faster here than as operators of an engine. Plain indexed loops, no closures: V8 turns
// them into straight machine code as long as one process keeps to one array type, and it does.

import type { AdamWScalars, FloatArray, HostKernels, UpdateSums } from '../engine';

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

/**
 * Adam with decoupled weight decay, arXiv 1711.05101 algorithm 2, decay scaled by the learning rate:
 * θ ← θ − lr·m̂/(√v̂ + ε) − lr·λ·θ. The sums are of the values as stored, so in float32 the update
 * counted is the step that rounding left.
 */
function adamw(
  weight: FloatArray,
  gradient: FloatArray,
  first: FloatArray,
  second: FloatArray,
  from: number,
  to: number,
  scalars: AdamWScalars,
): UpdateSums {
  const { beta1, beta2, epsilon, gradientScale } = scalars;
  const rest1 = 1 - beta1;
  const rest2 = 1 - beta2;
  const stepSize = scalars.learningRate / (1 - beta1 ** scalars.step);
  const rootCorrection = 1 / Math.sqrt(1 - beta2 ** scalars.step);
  const keep = 1 - scalars.learningRate * scalars.weightDecay;
  // Rounding here is faster than reading back what was stored.
  const single = weight instanceof Float32Array;
  let weightSquares = 0;
  let updateSquares = 0;
  for (let i = from; i < to; i++) {
    const g = (gradient[i] as number) * gradientScale;
    const m = beta1 * (first[i] as number) + rest1 * g;
    const v = beta2 * (second[i] as number) + rest2 * g * g;
    const before = weight[i] as number;
    first[i] = m;
    second[i] = v;
    const exact = keep * before - (stepSize * m) / (Math.sqrt(v) * rootCorrection + epsilon);
    const after = single ? Math.fround(exact) : exact;
    weight[i] = after;
    const update = after - before;
    weightSquares += after * after;
    updateSquares += update * update;
  }
  return { weightSquares, updateSquares };
}

export const HOST_KERNELS: HostKernels = { sumOfSquares, accumulate, adamw };
