// Dropout masks, made outside the engine from (seed, step, sample, layer, site): so the backward pass, a
// resumed run, any cut of a batch into micro-batches and any number of workers see the same ones.

import type { Engine, FloatArray, Storage, Tensor } from '../engine/engine';
import { type RandomStream, randomStream } from '../experiment/random';
import { sizeOf } from '../graph/value';
import type { MaskSite } from '../model/block';
import { flatOf } from './memory';

/** Where a micro-batch stands in a run. */
export interface MicroBatch {
  /** Whether it is its thread's first of the step, whose gradients are put and not added. */
  readonly first: boolean;
  /** The optimiser step, 1-based. */
  readonly step: number;
  /** Which of the step's sequences is its first, 0-based. */
  readonly sample: number;
  /** Micro-batches of the step, all threads' together, where its histograms are counted. */
  readonly counted?: number;
  /** By which cotangents are multiplied while they wait, where they do so in halves. */
  readonly lossScale?: number;
}

export class Masks {
  /** By site; layers share them. */
  private readonly storages = new Map<string, Storage>();

  /** @param batch sequences per micro-batch. */
  constructor(
    private readonly engine: Engine,
    private readonly seed: number,
    private readonly dropout: number,
    private readonly batch: number,
  ) {}

  /**
   * The masks of a layer (0: the embedding) as inputs of its programs, `mask.<site>` [B, ...site.shape]; valid
   * until the next call.
   */
  of(layer: number, sites: readonly MaskSite[], at: MicroBatch): Record<string, Tensor> {
    const masks: Record<string, Tensor> = {};
    sites.forEach((site, index) => {
      const storage = this.storageOf(site);
      const size = sizeOf(site.shape);
      for (let i = 0; i < this.batch; i++) {
        const random = randomStream(this.seed, MASK_STREAM, at.step, at.sample + i, layer, index);
        fillMask(flatOf(storage).subarray(i * size, (i + 1) * size), random, this.dropout);
      }
      Object.assign(masks, storage.tensors);
    });
    return masks;
  }

  private storageOf({ name, shape }: MaskSite): Storage {
    const entry = { name: `mask.${name}`, shape: [this.batch, ...shape], offset: 0 };
    const found = this.storages.get(name) ?? this.engine.storage([entry], sizeOf(entry.shape));
    this.storages.set(name, found);
    return found;
  }
}

/** Tells these random numbers from those of initialisation and data order under the same seed. */
const MASK_STREAM = 2;
/** Each random word serves two elements. */
const LEVELS = 2 ** 16;
const words = new Int32Array(1024);

/** 0 with probability `dropout` (to 2⁻¹⁶), otherwise what keeps the mean at 1. */
export function fillMask(target: FloatArray, random: RandomStream, dropout: number): void {
  const dropped = Math.round(dropout * LEVELS);
  const kept = LEVELS / (LEVELS - dropped);
  for (let from = 0; from < target.length; from += 2 * words.length) {
    const pairs = Math.min(words.length, Math.ceil((target.length - from) / 2));
    random.fillWords(words.subarray(0, pairs));
    for (let i = 0; i < pairs; i++) {
      const word = words[i] as number;
      target[from + 2 * i] = (word & (LEVELS - 1)) < dropped ? 0 : kept;
      // Beyond the end of an odd length nothing is stored.
      target[from + 2 * i + 1] = word >>> 16 < dropped ? 0 : kept;
    }
  }
}
