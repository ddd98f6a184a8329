// Where a pass finds weights and leaves gradients. A single thread's pass works on the weights
// themselves, and so do those of a team where the engine reads memory that threads share; where it does not,
// they work on copies of one slot at a time. A slot is a place of the model: 0 the embedding, l layer l, L + 1 the head.

import type { KnownMemory } from '../engine/alignedMemory';
import type { Engine, FloatArray, HostKernels, Storage, StorageEntry, Tensor } from '../engine/engine';
import { prefixed } from '../graph/prefixed';
import type { ParameterLayout } from '../model/layout';
import type { Model } from '../model/model';
import { allBlocks, type Block, placesOf, type Weights } from './weights';

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
  return placesOf(model).map(([, layout]) => layout);
}

/** The numbers of each layer, as programs take them. */
export function constantsOf(engine: Engine, model: Model): readonly Readonly<Record<string, Tensor>>[] {
  return Array.from({ length: model.config.layers }, (_, i) => {
    const numbers = Object.entries(model.constantsOf(i + 1)).map(([name, value]) => [name, engine.tensor([value], [])] as const);
    return prefixed('constant.', Object.fromEntries(numbers));
  });
}

/** What the head reads: its own parameters and, where tied, the token table. @param weights of a slot, by name. */
export function headWeights(
  { tied, config }: Model,
  weights: (slot: number) => Readonly<Record<string, Tensor>>,
): Readonly<Record<string, Tensor>> {
  const table = tied === undefined ? {} : { [tied]: weights(0)[tied] as Tensor };
  return { ...weights(config.layers + 1), ...table };
}

export class OwnMemory implements PassMemory {
  private readonly blocks: readonly Block[];
  private readonly scratch: ScratchStorages;

  /** @param complete told of every slot whose gradient is there, where it is to be used at once. */
  constructor(
    private readonly engine: Engine,
    weights: Weights,
    private readonly complete?: (slot: number) => void,
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
    this.complete?.(slot);
  }

  private block(slot: number): Block {
    const block = this.blocks[slot];
    if (!block) throw new Error(`the model has no slot ${slot}`);
    return block;
  }
}

/** Arrays in shared memory, by slot. */
export type SharedSlots = readonly FloatArray[];

/** What the threads of a team share. */
export interface SharedState {
  readonly weights: SharedSlots;
  /** Of a step: what every thread's part of every micro-batch added up to. */
  readonly gradients: SharedSlots;
  /** What the optimiser keeps. */
  readonly states: SharedSlots;
  /** Of each thread, for its part of a gradient. */
  readonly parts: readonly SharedSlots[];
  /** In which all that lies. */
  readonly memories: readonly KnownMemory[];
  /** By slot how many parts were added since the start (it may wrap); after them a cell that says someone failed. */
  readonly turns: Int32Array;
}

export function newTurns(slots: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * (slots + 1)));
}

/** Ends the waiting of every thread for one that will not come. */
export function abandon(turns: Int32Array): void {
  Atomics.store(turns, turns.length - 1, 1);
}

/** A thread's place in the order in which gradients are added: the order decides the last bit of their sum. */
export interface Rank {
  readonly index: number;
  readonly of: number;
}

export class SharedMemory implements PassMemory {
  private readonly layouts: readonly ParameterLayout[];
  /** By slot, where the engine reads shared memory: the weights themselves, and the sums that the first thread begins. */
  private readonly own: readonly { readonly weight: Storage; readonly gradient: Storage }[] | undefined;
  private readonly copies: ScratchStorages;
  /** By slot, for parts that are then added. */
  private readonly results: (slot: number) => Storage;
  /** By slot: parts that this thread added. */
  private readonly added: Int32Array;

  constructor(
    private readonly engine: Engine,
    model: Model,
    private readonly shared: SharedState,
    private readonly rank: Rank,
  ) {
    this.layouts = slotLayouts(model);
    this.own =
      engine.storageOver &&
      this.layouts.map(({ entries }, slot) => ({
        weight: storageOver(engine, shared.weights[slot] as FloatArray, entries),
        gradient: storageOver(engine, shared.gradients[slot] as FloatArray, entries),
      }));
    this.copies = new ScratchStorages(engine);
    const scratch = new ScratchStorages(engine);
    const parts = this.own && new StoragesOver(engine, shared.parts[rank.index] ?? []);
    this.results = (slot) => parts?.of(slot, this.layout(slot)) ?? scratch.of(this.layout(slot));
    this.added = new Int32Array(this.layouts.length);
  }

  weights(slot: number): Readonly<Record<string, Tensor>> {
    const own = this.own?.[slot];
    if (own) return own.weight.tensors;
    const copy = this.copies.of(this.layout(slot));
    flatOf(copy).set(this.shared.weights[slot] as FloatArray);
    return copy.tensors;
  }

  target(slot: number, first: boolean): Storage {
    const own = this.begins(first) ? this.own?.[slot] : undefined;
    return own?.gradient ?? this.results(slot);
  }

  /** Adds when it is this thread's turn. @throws Error where another thread failed meanwhile. */
  written(slot: number, first: boolean): void {
    const { turns, gradients } = this.shared;
    const mine = this.added[slot] as number;
    this.waitFor(slot, Math.imul(mine, this.rank.of) + this.rank.index);
    const target = this.target(slot, first);
    const [sum, part] = [gradients[slot] as FloatArray, flatOf(target)];
    if (!this.begins(first)) kernelsOf(this.engine).accumulate(sum, part);
    else if (target !== this.own?.[slot]?.gradient) sum.set(part);
    this.added[slot] = mine + 1;
    Atomics.add(turns, slot, 1);
    Atomics.notify(turns, slot);
  }

  /** Whether this thread's part of this micro-batch is the first of a step's sum. Nobody else then touches it. */
  private begins(first: boolean): boolean {
    return first && this.rank.index === 0;
  }

  private waitFor(slot: number, due: number): void {
    const { turns } = this.shared;
    for (let seen = Atomics.load(turns, slot); seen !== (due | 0); seen = Atomics.load(turns, slot)) {
      if (Atomics.load(turns, turns.length - 1) !== 0) throw new Error('another thread failed');
      Atomics.wait(turns, slot, seen, PATIENCE);
    }
  }

  private layout(slot: number): ParameterLayout {
    const layout = this.layouts[slot];
    if (!layout) throw new Error(`the model has no slot ${slot}`);
    return layout;
  }
}

/** Milliseconds after which a waiting thread asks whether there is still something to wait for. */
const PATIENCE = 200;

function storageOver(engine: Engine, flat: FloatArray, entries: readonly StorageEntry[]): Storage {
  if (!engine.storageOver) throw new Error(`engine ${engine.identity.name} reads no memory but its own`);
  return engine.storageOver(flat, entries);
}

/** Storages over arrays of slots, some of which share theirs. */
class StoragesOver {
  private readonly storages = new Map<FloatArray, Storage>();

  constructor(
    private readonly engine: Engine,
    private readonly arrays: SharedSlots,
  ) {}

  of(slot: number, layout: ParameterLayout): Storage | undefined {
    const flat = this.arrays[slot];
    if (!flat) return undefined;
    const found = this.storages.get(flat) ?? storageOver(this.engine, flat, layout.entries);
    this.storages.set(flat, found);
    return found;
  }
}

/** One storage per layout, made when first asked for. */
export class ScratchStorages {
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
