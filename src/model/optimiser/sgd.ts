// Stochastic gradient descent with momentum: the yardstick of everything else.

import { elementwise, type Floats, type Optimiser, type Step } from './optimiser';

/** m ← μm + g; θ ← θ − lr·m − lr·λ·θ: arXiv 1711.05101 algorithm 1, without Nesterov's look ahead. */
const sgdStep: Step = (weight, gradient, [momentum], { learningRate, gradientScale, weightDecay, momentum: mu }) => {
  const sum = momentum as Floats;
  const keep = 1 - learningRate * weightDecay;
  let weightSquares = 0;
  let updateSquares = 0;
  for (let i = 0; i < weight.length; i++) {
    const m = mu * (sum[i] as number) + (gradient[i] as number) * gradientScale;
    const before = weight[i] as number;
    sum[i] = m;
    weight[i] = keep * before - learningRate * m;
    const after = weight[i] as number;
    const update = after - before;
    weightSquares += after * after;
    updateSquares += update * update;
  }
  return { weightSquares, updateSquares };
};

export const SGD: Optimiser = {
  descriptor: {
    name: 'sgd',
    title: 'SGD with momentum',
    documentation:
      'Stochastic gradient descent with momentum and decoupled weight decay. Keeps one number for every parameter. Every parameter gets the same rate, which deep transformers bear badly.',
    formula: 'm ← μm + g; θ ← θ − lr·m − lr·λ·θ',
    source: 'arXiv 1711.05101',
    reads: { learningRate: 0.1, momentum: 0.9, weightDecay: 1e-3 },
  },
  pieces: (layout) => elementwise(layout, ['momentum'], sgdStep),
};
