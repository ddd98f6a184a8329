// Whether a step may be taken, and if not, what is the first thing wrong with it, in the order in which
// a step computes: weights, forward, loss, backward, optimiser state.

import type { Gradients } from '../update';
import { type CarefulOptions, findTrouble, type Share } from './careful';
import { spoiled, type Trouble, topmostBadGradient } from './trouble';

export interface Computed {
  readonly loss: number;
  readonly gradients: Gradients;
}

/**
 * To be asked before every update. Where loss and gradient norm are finite, it costs one pass over the
 * optimiser's state, which the update is about to read anyway.
 * @param shares of the step by thread and micro-batch; called only where something is wrong.
 */
export async function troubleBeforeUpdate(
  options: CarefulOptions,
  { loss, gradients }: Computed,
  shares: () => readonly Share[],
): Promise<Trouble | undefined> {
  const { engine, weights } = options;
  if (Number.isFinite(loss) && Number.isFinite(gradients.norm)) return spoiled(engine, weights, 'state');
  const found = spoiled(engine, weights, 'weight') ?? (await findTrouble(options, shares()));
  // Nothing may be saved that holds a second trouble.
  const state = spoiled(engine, weights, 'state');
  if (found) return state ? { ...found, inMemory: true } : found;
  if (state) return state;
  const seen = topmostBadGradient(weights, gradients.sums) ?? { kind: 'loss', place: 'head', part: 'head', inMemory: false };
  return { ...seen, once: true };
}
