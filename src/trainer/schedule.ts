// Learning rate over steps.

import type { ExperimentConfig } from '../experiment/config';

/**
 * Learning rate of a step: linear warm-up from 0, then the schedule down to `final` at the last step.
 * @param step 1-based. @param config of which learning rate, schedule and number of steps count.
 */
export function learningRate(step: number, config: Pick<ExperimentConfig, 'optimiser' | 'schedule' | 'training'>): number {
  const { learningRate: peak } = config.optimiser;
  const { steps } = config.training;
  const { name, warmup, final, decay, decayShape } = config.schedule;
  if (step <= warmup) return (peak * step) / warmup;
  const done = share(step - warmup, steps - warmup);
  switch (name) {
    case 'constant':
      return peak;
    case 'linear':
    case 'cosine':
      return peak * fallen(name, done, final);
    case 'warmup-stable-decay':
      return peak * fallen(decayShape, share(step - (steps - decay), decay), final);
    default:
      throw new Error(`no schedule is called '${name satisfies never}'`);
  }
}

/** How much of a stretch of steps is done, from 0 to 1. */
function share(done: number, of: number): number {
  if (done <= 0) return 0;
  return done < of ? done / of : 1;
}

/** Share of the peak after the share t of a fall from 1 to `final`. */
function fallen(shape: ExperimentConfig['schedule']['decayShape'], t: number, final: number): number {
  switch (shape) {
    case 'linear':
      return 1 - (1 - final) * t;
    case 'cosine':
      return final + ((1 - final) * (1 + Math.cos(Math.PI * t))) / 2;
    case 'exponential':
      return final ** t;
    case 'one-minus-root':
      return final + (1 - final) * (1 - Math.sqrt(t));
    default:
      throw new Error(`no fall is called '${shape satisfies never}'`);
  }
}
