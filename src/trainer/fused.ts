// The update inside the backward pass: a place of the model is updated as soon as its gradient is there,
// which the next place's then overwrites. What all gradients together would say comes too late for it.

import type { Engine } from '../engine/engine';
import type { ExperimentConfig } from '../experiment/config';
import { type BlockSums, type Gradients, gradientsOf, measureGradient, type UpdateStep, updateBlock } from './update';
import { allBlocks, type Block, type Weights } from './weights';

export class FusedUpdate {
  private readonly sums: BlockSums[];
  private readonly blocks: readonly Block[];
  private at: UpdateStep | undefined;

  constructor(
    private readonly engine: Engine,
    weights: Weights,
    private config: ExperimentConfig,
  ) {
    this.blocks = allBlocks(weights);
    this.sums = this.blocks.map(() => new Map());
  }

  /** Other values of what may change while training, from the next step on. */
  adopt(config: ExperimentConfig): void {
    this.config = config;
  }

  /** To be called before a step's backward pass. */
  begin(at: UpdateStep): void {
    this.at = at;
  }

  /** A slot's gradient is there, and nothing of this step reads its weights any more. */
  complete(slot: number): void {
    const block = this.blocks[slot];
    if (!block || !this.at) throw new Error(`slot ${slot} has a gradient outside any step`);
    const sums = measureGradient(this.engine, block, this.at.microBatches);
    updateBlock(this.engine, block, this.config, this.at, sums);
    this.sums[slot] = sums;
  }

  /** What the step's gradients were; their updates are taken. */
  end(): Gradients {
    this.at = undefined;
    return gradientsOf([...this.sums]);
  }
}
