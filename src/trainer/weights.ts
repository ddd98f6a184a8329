// A model's trained state: weights, gradients and what the optimiser keeps, of the embedding, every layer
// and the head. Weights and gradients lie flat in their layout's order, the optimiser's state in that of its
// plan; what tied embeddings share is one storage that both ends use.

import { AlignedMemory, alignedBytes } from '../engine/alignedMemory';
import type { Engine, FloatArray, Storage } from '../engine/engine';
import { hostStorage } from '../engine/storage';
import type { ExperimentConfig } from '../experiment/config';
import { optimiserNamed } from '../model/catalogue';
import { initialValues, type Place } from '../model/initialise';
import type { ParameterLayout } from '../model/layout';
import type { Model } from '../model/model';
import { type Floats, type Optimiser, planState, type StatePlan } from '../model/optimiser/optimiser';

/** What one place of the model trains. */
export interface Block {
  readonly place: Place;
  readonly layout: ParameterLayout;
  readonly weight: Storage;
  readonly gradient: Storage;
  readonly state: OptimiserState;
  /** By thread, where several train: for its part of a gradient. Those of blocks that are alike share it. */
  readonly parts: readonly FloatArray[];
  /** Running average of the weights, where the configuration wants one. */
  readonly average?: Floats;
}

/** What an optimiser keeps of one place, 0 before the first step. */
export interface OptimiserState {
  readonly plan: StatePlan;
  readonly flat: Floats;
  /** By piece of the plan, an array for each of its families. */
  readonly views: readonly (readonly Floats[])[];
}

export interface Weights {
  readonly embedding: Block;
  /** Layer l is `layers[l − 1]`. */
  readonly layers: readonly Block[];
  readonly head: Block;
}

/**
 * Storage for every place, weights zero until `initialise` or a checkpoint fills them.
 * @param config whose optimiser and averaging decide what state there is.
 * @param threads of which, if there are several, all read the weights and add to the gradients; the storages then have no
 * tensors of the engine.
 */
export function allocateWeights(
  engine: Engine,
  model: Model,
  config: Pick<ExperimentConfig, 'optimiser' | 'training'>,
  threads = 1,
): Weights {
  const optimiser = optimiserNamed(config.optimiser.name);
  const plans = plansOf(optimiser);
  // Loops over weights, gradients and state reach them without copying where they lie in one memory.
  const memory = threads > 1 || engine.storageOver ? new AlignedMemory(threads > 1, expectedBytes(model, plans, threads)) : undefined;
  const allocated = (layout: ParameterLayout): Storage => {
    if (!memory) return engine.storage(layout.entries, layout.length);
    const flat = memory.float(layout.length);
    return threads === 1 && engine.storageOver ? engine.storageOver(flat, layout.entries) : storageOver(flat);
  };
  // Layers that are updated at once leave their gradient to the next one of their kind.
  const passing = new Map<ParameterLayout, Storage>();
  const gradientOf = (layout: ParameterLayout): Storage => {
    if (!config.training.fusedUpdate) return allocated(layout);
    const gradient = passing.get(layout) ?? allocated(layout);
    passing.set(layout, gradient);
    return gradient;
  };
  const partsOfLayout = new Map<ParameterLayout, readonly FloatArray[]>();
  const partsOf = (layout: ParameterLayout): readonly FloatArray[] => {
    if (threads === 1 || !memory || !engine.storageOver) return [];
    const parts = partsOfLayout.get(layout) ?? Array.from({ length: threads }, () => memory.float(layout.length));
    partsOfLayout.set(layout, parts);
    return parts;
  };
  const block = (place: Place, layout: ParameterLayout): Block => {
    const plan = plans(place, layout);
    const [weight, gradient] = [allocated(layout), gradientOf(layout)];
    const floats = (length: number): Floats => (weight.flat instanceof Float64Array ? new Float64Array(length) : new Float32Array(length));
    const average = config.training.averaging > 0 ? { average: floats(layout.length) } : {};
    const state = stateOf(plan, memory?.float(plan.length) ?? floats(plan.length));
    return { place, layout, weight, gradient, state, parts: partsOf(layout), ...average };
  };
  return {
    embedding: block('embedding', model.embedding),
    layers: Array.from({ length: model.config.layers }, (_, i) => block(i + 1, model.kindOf(i + 1).layout)),
    head: block('head', model.head),
  };
}

/** What an optimiser keeps of a place; layers of a kind share it. */
function plansOf(optimiser: Optimiser): (place: Place, layout: ParameterLayout) => StatePlan {
  const plans = new Map<ParameterLayout, StatePlan>();
  return (place, layout) => {
    const plan = plans.get(layout) ?? planState(optimiser, layout, typeof place === 'number');
    plans.set(layout, plan);
    return plan;
  };
}

/** Of weights, gradients, state and every thread's parts of gradients. */
function expectedBytes(model: Model, plans: ReturnType<typeof plansOf>, threads: number): number {
  let bytes = 0;
  const layouts = new Set<ParameterLayout>();
  for (const [place, layout] of placesOf(model)) {
    bytes += 2 * alignedBytes(4 * layout.length) + alignedBytes(4 * plans(place, layout).length);
    layouts.add(layout);
  }
  if (threads > 1) for (const { length } of layouts) bytes += threads * alignedBytes(4 * length);
  return bytes;
}

/** Every place and its layout, in the order of `allBlocks`. */
export function placesOf(model: Model): (readonly [place: Place, layout: ParameterLayout])[] {
  const layers = Array.from({ length: model.config.layers }, (_, i) => [i + 1, model.kindOf(i + 1).layout] as const);
  return [['embedding', model.embedding], ...layers, ['head', model.head]];
}

/**
 * The same places over memory that another thread has allocated, without averages.
 * @param shared arrays of all places, in the order of `allBlocks`.
 */
export function blocksOver(
  model: Model,
  config: Pick<ExperimentConfig, 'optimiser'>,
  shared: Readonly<Record<'weights' | 'gradients' | 'states', readonly FloatArray[]>>,
): Block[] {
  const plans = plansOf(optimiserNamed(config.optimiser.name));
  return placesOf(model).map(([place, layout], slot) => {
    const [weight, gradient] = [storageOver(shared.weights[slot] as FloatArray), storageOver(shared.gradients[slot] as FloatArray)];
    return { place, layout, weight, gradient, state: stateOf(plans(place, layout), shared.states[slot] as FloatArray), parts: [] };
  });
}

/** For the optimiser's loops alone; what engines read of it, a pass's memory knows. */
function storageOver(flat: FloatArray): Storage {
  return hostStorage(flat, [], () => {
    throw new Error('this storage has no tensors');
  });
}

function stateOf(plan: StatePlan, flat: Floats): OptimiserState {
  return { plan, flat, views: plan.pieces.map(({ extents }) => extents.map(([from, to]) => flat.subarray(from, to))) };
}

/** Fills the weights, and their average, from the configuration's seed. */
export async function initialiseWeights(weights: Weights, config: ExperimentConfig): Promise<void> {
  // One array for all: thousands that are dropped at once would leave the process larger than it has to be.
  const values = new Float32Array(Math.max(...allBlocks(weights).map(({ layout }) => layout.length)));
  for (const { layout, place, weight } of allBlocks(weights))
    await weight.write(initialValues(layout, config.model, config.seed, place, values.subarray(0, layout.length).fill(0)));
  for (const { weight, average } of allBlocks(weights)) if (weight.flat) average?.set(weight.flat);
}

/** Embedding, layers, head: the order of rows in depth statistics. */
export function allBlocks(weights: Weights): Block[] {
  return [weights.embedding, ...weights.layers, weights.head];
}

/** Name of a place in checkpoints: parameters are `<prefix><name>`. */
export function prefixOf(place: Place): string {
  return typeof place === 'number' ? `layers.${place}.` : '';
}
