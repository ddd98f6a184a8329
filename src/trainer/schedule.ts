// Learning rate over steps.

import type { ExperimentConfig } from '../experiment/config';

/**
 * Learning rate of a step: linear warm-up from 0, then the schedule down to `final` at the last step.
 * @param step 1-based. @param config of which learning rate, schedule and number of steps count.
 */
export function learningRate(step: number, config: Pick<ExperimentConfig, 'optimiser' | 'schedule' | 'training'>): number {
  const { learningRate: peak } = config.optimiser;
  const { name, warmup, final } = config.schedule;
  if (step <= warmup) return (peak * step) / warmup;
  const done = Math.min(1, (step - warmup) / Math.max(1, config.training.steps - warmup));
  switch (name) {
    case 'constant':
      return peak;
    case 'linear':
      return peak * (1 - (1 - final) * done);
    case 'cosine':
      return peak * (final + ((1 - final) * (1 + Math.cos(Math.PI * done))) / 2);
    default:
      throw new Error(`no schedule is called '${name satisfies never}'`);
  }
}
