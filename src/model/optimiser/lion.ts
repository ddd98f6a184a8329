// Lion: the sign of a mean of gradients, so that every parameter moves by the learning rate.

import { elementwise, type Floats, type Optimiser, type Step } from './optimiser';

/** c = β₁m + (1 − β₁)g; θ ← θ − lr·sign(c) − lr·λ·θ; m ← β₂m + (1 − β₂)g: arXiv 2302.06675 algorithm 2. */
const lionStep: Step = (weight, gradient, [momentum], { learningRate, gradientScale, weightDecay, beta1, beta2 }) => {
  const mean = momentum as Floats;
  const [rest1, rest2] = [1 - beta1, 1 - beta2];
  const keep = 1 - learningRate * weightDecay;
  let weightSquares = 0;
  let updateSquares = 0;
  for (let i = 0; i < weight.length; i++) {
    const g = (gradient[i] as number) * gradientScale;
    const m = mean[i] as number;
    const before = weight[i] as number;
    weight[i] = keep * before - learningRate * Math.sign(beta1 * m + rest1 * g);
    mean[i] = beta2 * m + rest2 * g;
    const after = weight[i] as number;
    const update = after - before;
    weightSquares += after * after;
    updateSquares += update * update;
  }
  return { weightSquares, updateSquares };
};

export const LION: Optimiser = {
  descriptor: {
    name: 'lion',
    title: 'Lion',
    documentation:
      'The sign of a running mean: every parameter moves by the learning rate, which is therefore 3 to 10 times smaller than AdamW’s, with a decay as many times larger. Keeps one number for every parameter.',
    formula: 'θ ← θ − lr·sign(β₁m + (1−β₁)g) − lr·λ·θ; m ← β₂m + (1−β₂)g',
    source: 'arXiv 2302.06675',
    reads: { learningRate: 3e-4, beta1: 0.9, beta2: 0.99, weightDecay: 0.3 },
  },
  pieces: (layout) => elementwise(layout, ['momentum'], lionStep),
};
