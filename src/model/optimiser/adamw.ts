// AdamW: Adam whose weight decay stays out of the moments.

import { elementwise, type Floats, type Optimiser, type Step, type StepScalars } from './optimiser';

/** Running means of gradients and of their squares. */
export const ADAMW_STATE = ['first', 'second'] as const;

/** What the loop over elements needs of a step's numbers. */
export function adamwNumbers({ step, learningRate, gradientScale, weightDecay, beta1, beta2, epsilon }: StepScalars) {
  return {
    ...{ gradientScale, beta1, beta2, epsilon },
    rest1: 1 - beta1,
    rest2: 1 - beta2,
    stepSize: learningRate / (1 - beta1 ** step),
    rootCorrection: 1 / Math.sqrt(1 - beta2 ** step),
    decay: learningRate * weightDecay,
  };
}

/**
 * Adam with decoupled weight decay, arXiv 1711.05101 algorithm 2, decay scaled by the learning rate:
 * θ ← θ − lr·m̂/(√v̂ + ε) − lr·λ·θ. Engines whose memory this process reads have a faster loop for float32.
 */
export const adamwStep: Step = (weight, gradient, [first, second], scalars) => {
  const { gradientScale, beta1, rest1, beta2, rest2, stepSize, rootCorrection, epsilon, decay } = adamwNumbers(scalars);
  const [m_, v_] = [first as Floats, second as Floats];
  // Rounding here is faster than reading back what was stored.
  const single = weight instanceof Float32Array;
  let weightSquares = 0;
  let updateSquares = 0;
  for (let i = 0; i < weight.length; i++) {
    const g = (gradient[i] as number) * gradientScale;
    const m = beta1 * (m_[i] as number) + rest1 * g;
    const v = beta2 * (v_[i] as number) + rest2 * g * g;
    const before = weight[i] as number;
    m_[i] = m;
    v_[i] = v;
    const exact = before - ((stepSize * m) / (Math.sqrt(v) * rootCorrection + epsilon) + decay * before);
    const after = single ? Math.fround(exact) : exact;
    weight[i] = after;
    const update = after - before;
    weightSquares += after * after;
    updateSquares += update * update;
  }
  return { weightSquares, updateSquares };
};

export const ADAMW: Optimiser = {
  descriptor: {
    name: 'adamw',
    title: 'AdamW',
    documentation: 'Adam with decoupled weight decay. Keeps two numbers for every parameter.',
    formula: 'm ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; θ ← θ − lr·m̂/(√v̂ + ε) − lr·λ·θ',
    source: 'arXiv 1711.05101',
    reads: { learningRate: 1e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1 },
  },
  pieces: (layout) => elementwise(layout, ADAMW_STATE, adamwStep),
};
