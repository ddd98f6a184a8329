// A model's trained state: weights, gradients and moments of the embedding, every layer and the head.
// Each lies flat in its layout's order; what tied embeddings share is one storage that both ends use.

import type { Engine, Storage } from '../engine/engine';
import { hostStorage } from '../engine/storage';
import type { ExperimentConfig } from '../experiment/config';
import { initialValues, type Place } from '../model/initialise';
import type { ParameterLayout } from '../model/layout';
import type { Model } from '../model/model';

/** What one place of the model trains. */
export interface Block {
  readonly place: Place;
  readonly layout: ParameterLayout;
  readonly weight: Storage;
  readonly gradient: Storage;
  readonly first: Storage;
  readonly second: Storage;
}

export interface Weights {
  readonly embedding: Block;
  /** Layer l is `layers[l − 1]`. */
  readonly layers: readonly Block[];
  readonly head: Block;
}

/**
 * Storage for every place, weights zero until `initialise` or a checkpoint fills them.
 * @param shared whether other threads read the weights and add to the gradients; no engine then sees them itself.
 */
export function allocateWeights(engine: Engine, model: Model, shared = false): Weights {
  const block = (place: Place, layout: ParameterLayout): Block => {
    const storage = (): Storage => engine.storage(layout.entries, layout.length);
    const common = shared ? (): Storage => sharedStorage(layout.length) : storage;
    return { place, layout, weight: common(), gradient: common(), first: storage(), second: storage() };
  };
  return {
    embedding: block('embedding', model.embedding),
    layers: Array.from({ length: model.config.layers }, (_, i) => block(i + 1, model.kindOf(i + 1).layout)),
    head: block('head', model.head),
  };
}

function sharedStorage(length: number): Storage {
  return hostStorage(new Float32Array(new SharedArrayBuffer(4 * length)), [], () => {
    throw new Error('no engine reads shared memory');
  });
}

/** Fills the weights from the configuration's seed. */
export async function initialiseWeights(weights: Weights, config: ExperimentConfig): Promise<void> {
  for (const block of allBlocks(weights)) await block.weight.write(initialValues(block.layout, config.model, config.seed, block.place));
}

/** Embedding, layers, head: the order of rows in depth statistics. */
export function allBlocks(weights: Weights): Block[] {
  return [weights.embedding, ...weights.layers, weights.head];
}

/** Name of a place in checkpoints: parameters are `<prefix><name>`. */
export function prefixOf(place: Place): string {
  return typeof place === 'number' ? `layers.${place}.` : '';
}
