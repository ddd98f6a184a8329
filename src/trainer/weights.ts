// A model's trained state: weights, gradients and moments of the embedding, every layer and the head.
// Each lies flat in its layout's order; what tied embeddings share is one storage that both ends use.

import type { Engine, Storage } from '../engine/engine';
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

/** Storage for every place, weights zero until `initialise` or a checkpoint fills them. */
export function allocateWeights(engine: Engine, model: Model): Weights {
  const block = (place: Place, layout: ParameterLayout): Block => {
    const storage = (): Storage => engine.storage(layout.entries, layout.length);
    return { place, layout, weight: storage(), gradient: storage(), first: storage(), second: storage() };
  };
  return {
    embedding: block('embedding', model.embedding),
    layers: Array.from({ length: model.config.layers }, (_, i) => block(i + 1, model.kindOf(i + 1).layout)),
    head: block('head', model.head),
  };
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
