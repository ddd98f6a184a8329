// A thread's share of what is done to weights between backward passes: norms and updates. Each block is one
// thread's whole, and what it gives does not depend on whose: any number of threads gives the same bits.

import type { Engine } from '../engine/engine';
import type { ExperimentConfig } from '../experiment/config';
import type { Rank } from './memory';
import { type BlockSums, measureGradient, type UpdateStep, updateBlock } from './update';
import type { Block } from './weights';

/** By slot: 0 the embedding, l layer l, L + 1 the head. */
export type SlotSums = readonly (readonly [slot: number, sums: BlockSums])[];

export class Share {
  private readonly own: readonly (readonly [slot: number, block: Block])[];

  constructor(
    private readonly engine: Engine,
    blocks: readonly Block[],
    rank: Rank,
  ) {
    const slots = new Set(
      slotsOf(
        blocks.map(({ layout }) => layout.length),
        rank,
      ),
    );
    this.own = blocks.flatMap((block, slot) => (slots.has(slot) ? [[slot, block] as const] : []));
  }

  /** Of the gradients as they are now. @param microBatches whose gradients were added up. */
  measure(microBatches: number): SlotSums {
    return this.own.map(([slot, block]) => [slot, measureGradient(this.engine, block, microBatches)]);
  }

  /** Takes the step. @param clipping factor on every gradient. @returns sums of weights and updates alone. */
  update(config: ExperimentConfig, at: UpdateStep, clipping: number): SlotSums {
    return this.own.map(([slot, block]) => {
      const sums: BlockSums = new Map();
      updateBlock(this.engine, block, config, at, sums, clipping);
      return [slot, sums];
    });
  }
}

/** Slots of a rank, such that all have about as much to do: longest first, each to whoever has least so far. */
export function slotsOf(lengths: readonly number[], { index, of }: Rank): number[] {
  const loads = new Array<number>(of).fill(0);
  const longestFirst = lengths.map((length, slot) => ({ length, slot })).sort((a, b) => b.length - a.length || a.slot - b.slot);
  const mine: number[] = [];
  for (const { length, slot } of longestFirst) {
    const least = loads.indexOf(Math.min(...loads));
    loads[least] = (loads[least] as number) + length;
    if (least === index) mine.push(slot);
  }
  return mine;
}
