// What a run is trained and validated on, whatever it is made of.

import type { Batch } from './batch';

/** Where training has got to: window or pair `index` of `epoch`, both from 0. Plain JSON. */
export interface BatchPosition {
  readonly epoch: number;
  readonly index: number;
}

export const FIRST_POSITION: BatchPosition = { epoch: 0, index: 0 };

export interface TrainingData {
  /** For people. */
  readonly description: string;
  /** What a run's metrics say of the data, once. */
  readonly yardsticks: Readonly<Record<string, number>>;
  /**
   * The training batch at `position` and the position after it; a batch may reach into the next epoch.
   * @param batch B: sequences @param context T: tokens per sequence
   */
  train(batch: number, context: number, position: BatchPosition): Batch & { readonly next: BatchPosition };
  /** `count` micro-batches of what is never trained on, always the same. */
  validation(batch: number, context: number, count: number): Batch[];
}
