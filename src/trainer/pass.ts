// Forward and backward through the whole depth for one micro-batch, layer by layer through the same
// few executables. It owns the buffers between layers; nothing is allocated per step.

import type { Batch } from '../data/batch';
import type { Engine, Storage, Tensor } from '../engine/engine';
import type { BatchShape } from '../model/block';
import type { Model } from '../model/model';
import type { Variant } from '../model/programs';
import { Masks, type MicroBatch } from './masks';
import { flatOf, kernelsOf, type PassMemory } from './memory';
import { type CompiledDerivative, Programs } from './programs';

/** Partial sums by row of the depth picture (0 embedding, l layer l) and `<part>.<partial>`. */
export type Partials = readonly Map<string, number>[];

export interface PassOptions {
  /** The last this many layers keep what backward wants; the others recompute. */
  readonly savedLayers: number;
  /** Of the run: dropout follows from it. */
  readonly seed: number;
}

type Tensors = Record<string, Tensor>;

export class Pass {
  private readonly programs: Programs;
  private readonly rows: number;
  private readonly depth: number;
  /** Streams at each border: `carries[l]` enters layer l + 1. */
  private readonly carries: Tensors[];
  /** Two alternating sets of cotangents of the streams. */
  private readonly cotangents: readonly [Tensors, Tensors];
  private readonly saved: (Tensors | undefined)[];
  private readonly constants: Tensors[];
  private readonly tied: Storage | undefined;
  private readonly masks: Masks;
  private readonly loss: Tensor;

  constructor(
    private readonly engine: Engine,
    private readonly model: Model,
    private readonly memory: PassMemory,
    shape: BatchShape,
    private readonly options: PassOptions,
  ) {
    this.programs = new Programs(engine, model, shape);
    this.rows = shape.batch * shape.context;
    this.depth = model.config.layers;
    const streams = (prefix: string): Tensors =>
      Object.fromEntries(model.streams.map((name) => [`${prefix}carry.${name}`, engine.allocate([this.rows, model.config.hidden])]));
    this.carries = Array.from({ length: this.depth + 1 }, () => streams(''));
    this.cotangents = [streams('d.'), streams('d.')];
    this.saved = new Array<Tensors | undefined>(this.depth).fill(undefined);
    this.constants = Array.from({ length: this.depth }, (_, i) =>
      Object.fromEntries(Object.entries(model.constantsOf(i + 1)).map(([name, value]) => [`constant.${name}`, engine.tensor([value], [])])),
    );
    this.tied = model.tied === undefined ? undefined : this.tableStorage(model.tied);
    this.masks = new Masks(engine, options.seed, model.config.dropout, shape.batch);
    this.loss = engine.allocate([]);
  }

  /**
   * One micro-batch: adds its gradients (of the mean loss over its targets) to the blocks' gradients.
   * @param at which decides masks, and whether to overwrite rather than add.
   * @param partials where statistics are wanted: sums are added to it.
   * @returns mean loss over the micro-batch's targets, in nats.
   */
  async train(batch: Batch, at: MicroBatch, partials?: Partials): Promise<number> {
    const fed = this.feed(batch);
    await this.forward(fed, at, partials);
    const loss = await this.head(fed, at.first);
    await this.backward(fed, at, partials);
    return loss / batch.targets.length;
  }

  /** Mean loss over the micro-batch's targets, in nats, without touching gradients. */
  async evaluate(batch: Batch): Promise<number> {
    const fed = this.feed(batch);
    await this.forward(fed);
    const executable = await this.programs.evaluation();
    await executable.run({ ...this.headWeights(), ...this.carries[this.depth], ...fed }, { loss: this.loss });
    return (await this.lossSum()) / batch.targets.length;
  }

  async dispose(): Promise<void> {
    await this.programs.dispose();
  }

  /** The batch as inputs of programs, each of which takes what it needs. */
  private feed({ tokens, targets }: Batch): Tensors {
    return {
      tokens: this.engine.tensor(tokens, [tokens.length], 'int'),
      targets: this.engine.tensor(targets, [targets.length], 'int'),
    };
  }

  /** @param at where backward follows: then activations are dropped and what it wants is kept. */
  private async forward(fed: Tensors, at?: MicroBatch, partials?: Partials): Promise<void> {
    const variant: Variant = { statistics: partials !== undefined, dropping: at !== undefined };
    const embedding = await this.programs.embedding(variant);
    const embedded = await embedding.forward.run({ ...this.memory.weights(0), ...this.masksOf(0, at), ...fed }, this.carries[0]);
    await this.gather(partials?.[0], embedding.statistics.forward, embedded.statistics);
    for (let l = 1; l <= this.depth; l++) {
      const save = at !== undefined && this.saves(l);
      const program = await this.programs.block(this.model.kindOf(l), save, variant);
      const into = save ? { ...this.carries[l], ...this.savedFor(l, program) } : (this.carries[l] as Tensors);
      const inputs = { ...this.memory.weights(l), ...this.constants[l - 1], ...this.carries[l - 1], ...this.masksOf(l, at), ...fed };
      const outputs = await program.forward.run(inputs, into);
      await this.gather(partials?.[l], program.statistics.forward, outputs.statistics);
    }
  }

  private async head(fed: Tensors, first: boolean): Promise<number> {
    const slot = this.depth + 1;
    const executable = await this.programs.head();
    const target = this.memory.target(slot, first);
    const into = { loss: this.loss, ...results(target.tensors), ...this.cotangents[this.depth % 2], ...results(this.tied?.tensors ?? {}) };
    await executable.run({ ...this.headWeights(), ...this.carries[this.depth], ...fed }, into);
    this.memory.written(slot, first);
    return this.lossSum();
  }

  private async backward(fed: Tensors, at: MicroBatch, partials?: Partials): Promise<void> {
    const { first } = at;
    const variant: Variant = { statistics: partials !== undefined, dropping: true };
    for (let l = this.depth; l >= 1; l--) {
      const save = this.saves(l);
      const program = await this.programs.block(this.model.kindOf(l), save, variant);
      const target = this.memory.target(l, first);
      const kept = save ? this.savedFor(l, program) : {};
      const inputs = {
        ...this.memory.weights(l),
        ...this.constants[l - 1],
        ...this.carries[l - 1],
        ...kept,
        ...this.masksOf(l, at),
        ...fed,
        ...seeds(this.cotangents[l % 2]),
      };
      const outputs = await program.backward.run(inputs, { ...results(target.tensors), ...this.cotangents[(l - 1) % 2] });
      this.memory.written(l, first);
      await this.gather(partials?.[l], program.statistics.backward, outputs.statistics);
    }
    const embedding = await this.programs.embedding(variant);
    const target = this.memory.target(0, first);
    const inputs = { ...this.memory.weights(0), ...this.masksOf(0, at), ...fed, ...seeds(this.cotangents[0]) };
    const outputs = await embedding.backward.run(inputs, results(target.tensors));
    this.addTied(target);
    this.memory.written(0, first);
    await this.gather(partials?.[0], embedding.statistics.backward, outputs.statistics);
  }

  /** Masks of a layer (0: the embedding): the same in both directions. */
  private masksOf(layer: number, at: MicroBatch | undefined): Tensors {
    const sites = layer === 0 ? this.model.embeddingMasks : this.model.kindOf(layer).masks;
    return at ? this.masks.of(layer, sites, at) : {};
  }

  private saves(layer: number): boolean {
    return layer > this.depth - this.options.savedLayers;
  }

  /** What the head reads: its own parameters and, where tied, the token table. */
  private headWeights(): Tensors {
    const { tied } = this.model;
    const shared = tied === undefined ? {} : { [tied]: this.memory.weights(0)[tied] as Tensor };
    return { ...this.memory.weights(this.depth + 1), ...shared };
  }

  private savedFor(layer: number, program: CompiledDerivative): Tensors {
    const found = this.saved[layer - 1];
    if (found) return found;
    const made = Object.fromEntries(
      Object.entries(program.saved).map(([name, type]) => [name, this.engine.allocate(type.shape, type.dtype)]),
    );
    this.saved[layer - 1] = made;
    return made;
  }

  /** The head's share of the token table's gradient joins the embedding's. */
  private addTied(target: Storage): void {
    if (!this.tied || this.model.tied === undefined) return;
    const entry = this.model.embedding.entries.find((candidate) => candidate.name === this.model.tied);
    if (!entry) throw new Error(`the embedding has no parameter '${this.model.tied}'`);
    kernelsOf(this.engine).accumulate(flatOf(target).subarray(entry.offset, entry.offset + this.tied.length), flatOf(this.tied));
  }

  private tableStorage(name: string): Storage {
    const { vocabulary, hidden } = this.model.config;
    return this.engine.storage([{ name, shape: [vocabulary, hidden], offset: 0 }], vocabulary * hidden);
  }

  private async gather(target: Map<string, number> | undefined, names: readonly string[], packed: Tensor | undefined): Promise<void> {
    if (!target || !packed) return;
    const values = await this.engine.read(packed);
    names.forEach((name, i) => {
      target.set(name, (target.get(name) ?? 0) + (values[i] ?? Number.NaN));
    });
    this.engine.release(packed);
  }

  private async lossSum(): Promise<number> {
    return (await this.engine.read(this.loss))[0] ?? Number.NaN;
  }
}

/** Gradients by the name under which a program gives them. */
function results(tensors: Readonly<Tensors>): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`d.${name}`, tensor]));
}

/** Cotangents named as results, renamed to what the next backward takes: `d.carry.x` to `seed.carry.x`. */
function seeds(cotangents: Readonly<Tensors> | undefined): Tensors {
  return Object.fromEntries(Object.entries(cotangents ?? {}).map(([name, tensor]) => [name.replace(/^d\./, 'seed.'), tensor]));
}
