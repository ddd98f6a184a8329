// A running average of the weights beside them (EMA): smoother than any single step, and what is often
// evaluated in their place.

import { flatOf } from './memory';
import { allBlocks, type Weights } from './weights';

/**
 * a ← a + (1 − d)(θ − a), d = min(decay, (1 + step)/(10 + step)): young averages forget faster, or they would
 * long remember the initial weights (as TensorFlow's ExponentialMovingAverage has it). A weight that stays is
 * its own average, exactly.
 * @param step 1-based, whose update the weights have seen.
 */
export function averageWeights(weights: Weights, decay: number, step: number): void {
  const rest = 1 - Math.min(decay, (1 + step) / (10 + step));
  for (const { weight, average } of allBlocks(weights)) {
    if (!average) continue;
    const theta = flatOf(weight);
    for (let i = 0; i < average.length; i++) {
      const a = average[i] as number;
      average[i] = a + rest * ((theta[i] as number) - a);
    }
  }
}

/** What `compute` gives with the averages in the weights' place; both are as they were when it is done. */
export async function withAverages<T>(weights: Weights, compute: () => Promise<T>): Promise<T> {
  exchange(weights);
  try {
    return await compute();
  } finally {
    exchange(weights);
  }
}

/** In place, so that it takes no memory and other threads see it. */
function exchange(weights: Weights): void {
  for (const { weight, average } of allBlocks(weights)) {
    if (!average) continue;
    const theta = flatOf(weight);
    for (let i = 0; i < average.length; i++) {
      const kept = theta[i] as number;
      theta[i] = average[i] as number;
      average[i] = kept;
    }
  }
}
