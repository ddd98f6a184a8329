// Forward and backward through the whole depth for one micro-batch, layer by layer through the same
// few executables. It owns the buffers between layers; nothing is allocated per step.

import type { Engine, Storage, Tensor } from '../engine/engine';
import type { BatchShape } from '../model/block';
import type { Model } from '../model/model';
import { flatOf, kernelsOf, type PassMemory } from './memory';
import { type CompiledDerivative, Programs } from './programs';

/** Partial sums by row of the depth picture (0 embedding, l layer l) and `<part>.<partial>`. */
export type Partials = readonly Map<string, number>[];

export interface PassOptions {
  /** The last this many layers keep what backward wants; the others recompute. */
  readonly savedLayers: number;
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
    this.loss = engine.allocate([]);
  }

  /**
   * One micro-batch: adds its gradients (of the mean loss over its tokens) to the blocks' gradients.
   * @param tokens int[N] @param targets int[N] @param first whether to overwrite rather than add.
   * @param partials where statistics are wanted: sums are added to it.
   * @returns mean loss over the micro-batch's tokens, in nats.
   */
  async train(tokens: Int32Array, targets: Int32Array, first: boolean, partials?: Partials): Promise<number> {
    const statistics = partials !== undefined;
    const [ids, goals] = [this.engine.tensor(tokens, [this.rows], 'int'), this.engine.tensor(targets, [this.rows], 'int')];
    await this.forward(ids, statistics, true, partials);
    const loss = await this.head(goals, first);
    await this.backward(ids, first, partials);
    return loss;
  }

  /** Mean loss over the micro-batch's tokens, in nats, without touching gradients. */
  async evaluate(tokens: Int32Array, targets: Int32Array): Promise<number> {
    await this.forward(this.engine.tensor(tokens, [this.rows], 'int'), false, false);
    const executable = await this.programs.evaluation();
    const goals = this.engine.tensor(targets, [this.rows], 'int');
    await executable.run({ ...this.headWeights(), ...this.carries[this.depth], targets: goals }, { loss: this.loss });
    return this.meanLoss();
  }

  async dispose(): Promise<void> {
    await this.programs.dispose();
  }

  private async forward(ids: Tensor, statistics: boolean, forBackward: boolean, partials?: Partials): Promise<void> {
    const embedding = await this.programs.embedding(statistics);
    const embedded = await embedding.forward.run({ ...this.memory.weights(0), tokens: ids }, this.carries[0]);
    await this.gather(partials?.[0], embedding.statistics.forward, embedded.statistics);
    for (let l = 1; l <= this.depth; l++) {
      const save = forBackward && this.saves(l);
      const program = await this.programs.block(this.model.kindOf(l), save, statistics);
      const into = save ? { ...this.carries[l], ...this.savedFor(l, program) } : (this.carries[l] as Tensors);
      const outputs = await program.forward.run({ ...this.memory.weights(l), ...this.constants[l - 1], ...this.carries[l - 1] }, into);
      await this.gather(partials?.[l], program.statistics.forward, outputs.statistics);
    }
  }

  private async head(targets: Tensor, first: boolean): Promise<number> {
    const slot = this.depth + 1;
    const executable = await this.programs.head();
    const target = this.memory.target(slot, first);
    const into = { loss: this.loss, ...results(target.tensors), ...this.cotangents[this.depth % 2], ...results(this.tied?.tensors ?? {}) };
    await executable.run({ ...this.headWeights(), ...this.carries[this.depth], targets }, into);
    this.memory.written(slot, first);
    return this.meanLoss();
  }

  private async backward(ids: Tensor, first: boolean, partials?: Partials): Promise<void> {
    const statistics = partials !== undefined;
    for (let l = this.depth; l >= 1; l--) {
      const save = this.saves(l);
      const program = await this.programs.block(this.model.kindOf(l), save, statistics);
      const target = this.memory.target(l, first);
      const kept = save ? this.savedFor(l, program) : {};
      const inputs = {
        ...this.memory.weights(l),
        ...this.constants[l - 1],
        ...this.carries[l - 1],
        ...kept,
        ...seeds(this.cotangents[l % 2]),
      };
      const outputs = await program.backward.run(inputs, { ...results(target.tensors), ...this.cotangents[(l - 1) % 2] });
      this.memory.written(l, first);
      await this.gather(partials?.[l], program.statistics.backward, outputs.statistics);
    }
    const embedding = await this.programs.embedding(statistics);
    const target = this.memory.target(0, first);
    const inputs = { ...this.memory.weights(0), tokens: ids, ...seeds(this.cotangents[0]) };
    const outputs = await embedding.backward.run(inputs, results(target.tensors));
    this.addTied(target);
    this.memory.written(0, first);
    await this.gather(partials?.[0], embedding.statistics.backward, outputs.statistics);
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

  private async meanLoss(): Promise<number> {
    return ((await this.engine.read(this.loss))[0] ?? Number.NaN) / this.rows;
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
