// Where a pass finds weights and leaves gradients. The main thread's pass works on the weights
// themselves; a worker thread's pass works on copies of one slot at a time, because the engine cannot
// read shared memory (engines.md). A slot is a place of the model: 0 the embedding, l layer l, L + 1 the head.

import type { Engine, FloatArray, HostKernels, Storage, Tensor } from '../engine/engine';
import type { ParameterLayout } from '../model/layout';
import type { Model } from '../model/model';
import { allBlocks, type Block, type Weights } from './weights';

export interface PassMemory {
  /** A slot's weights by name; valid until the next slot of the same layout is asked for. */
  weights(slot: number): Readonly<Record<string, Tensor>>;
  /** Where programs write a micro-batch's gradients of a slot. @param first of the step. */
  target(slot: number, first: boolean): Storage;
  /** The target holds the micro-batch's gradients: puts or adds them to the slot's own. */
  written(slot: number, first: boolean): void;
}

/** Layouts by slot. */
export function slotLayouts(model: Model): ParameterLayout[] {
  return [model.embedding, ...Array.from({ length: model.config.layers }, (_, i) => model.kindOf(i + 1).layout), model.head];
}

export class OwnMemory implements PassMemory {
  private readonly blocks: readonly Block[];
  private readonly scratch: ScratchStorages;

  constructor(
    private readonly engine: Engine,
    weights: Weights,
  ) {
    this.blocks = allBlocks(weights);
    this.scratch = new ScratchStorages(engine);
  }

  weights(slot: number): Readonly<Record<string, Tensor>> {
    return this.block(slot).weight.tensors;
  }

  target(slot: number, first: boolean): Storage {
    return first ? this.block(slot).gradient : this.scratch.of(this.block(slot).layout);
  }

  written(slot: number, first: boolean): void {
    if (!first) kernelsOf(this.engine).accumulate(flatOf(this.block(slot).gradient), flatOf(this.scratch.of(this.block(slot).layout)));
  }

  private block(slot: number): Block {
    const block = this.blocks[slot];
    if (!block) throw new Error(`the model has no slot ${slot}`);
    return block;
  }
}

/** Shared arrays by slot: weights that the main thread publishes, or gradients that one worker leaves. */
export type SharedSlots = readonly Float32Array[];

export function allocateShared(model: Model): SharedSlots {
  return slotLayouts(model).map((layout) => new Float32Array(new SharedArrayBuffer(4 * layout.length)));
}

export class SharedMemory implements PassMemory {
  private readonly layouts: readonly ParameterLayout[];
  private readonly copies: ScratchStorages;
  private readonly results: ScratchStorages;

  constructor(
    private readonly engine: Engine,
    model: Model,
    private readonly published: SharedSlots,
    private readonly gradients: SharedSlots,
  ) {
    this.layouts = slotLayouts(model);
    this.copies = new ScratchStorages(engine);
    this.results = new ScratchStorages(engine);
  }

  weights(slot: number): Readonly<Record<string, Tensor>> {
    const copy = this.copies.of(this.layout(slot));
    flatOf(copy).set(this.published[slot] as Float32Array);
    return copy.tensors;
  }

  target(slot: number): Storage {
    return this.results.of(this.layout(slot));
  }

  written(slot: number, first: boolean): void {
    const [own, result] = [this.gradients[slot] as Float32Array, flatOf(this.results.of(this.layout(slot)))];
    if (first) own.set(result);
    else kernelsOf(this.engine).accumulate(own, result);
  }

  private layout(slot: number): ParameterLayout {
    const layout = this.layouts[slot];
    if (!layout) throw new Error(`the model has no slot ${slot}`);
    return layout;
  }
}

/** One storage per layout, made when first asked for. */
class ScratchStorages {
  private readonly storages = new Map<ParameterLayout, Storage>();

  constructor(private readonly engine: Engine) {}

  of(layout: ParameterLayout): Storage {
    const found = this.storages.get(layout) ?? this.engine.storage(layout.entries, layout.length);
    this.storages.set(layout, found);
    return found;
  }
}

export function kernelsOf(engine: Engine): HostKernels {
  if (!engine.hostKernels) throw new Error(`engine ${engine.identity.name} has no host kernels`);
  return engine.hostKernels;
}

export function flatOf(storage: Storage): FloatArray {
  if (!storage.flat) throw new Error('this engine keeps its memory out of reach of host kernels');
  return storage.flat;
}
