// Forward and backward through the whole depth for one micro-batch, layer by layer through the same
// few executables. It owns the buffers between layers; nothing is allocated per step.

import type { Batch } from '../data/batch';
import type { Engine, Storage, Tensor } from '../engine/engine';
import type { ExperimentConfig } from '../experiment/config';
import { prefixed } from '../graph/prefixed';
import { UNSEEN } from '../model/attention';
import type { BatchShape } from '../model/block';
import type { Model } from '../model/model';
import type { Keeping } from '../model/plan';
import { LOSS_SCALE } from '../model/precision';
import type { Variant } from '../model/programs';
import { addPartial } from '../model/statistics';
import { Masks, type MicroBatch } from './masks';
import { constantsOf, flatOf, headWeights, kernelsOf, type PassMemory } from './memory';
import { type CompiledDerivative, Programs } from './programs';

/** Partials by row of the depth picture (0 embedding, l layer l) and `<part>.<partial>`. */
export type Partials = readonly Map<string, number>[];

/**
 * Where `segment` is above 1, backward goes forward through one segment again, keeping what it wants there, and
 * `savedLayers` says nothing.
 */
export interface PassOptions extends Keeping {
  /** Of the run: dropout follows from it. */
  readonly seed: number;
  /** Names of those that are reduced where a step is recorded. */
  readonly statistics: readonly string[];
  /** Of what waits between programs; float32 where nothing is said. */
  readonly precision?: ExperimentConfig['training']['precision'];
}

type Tensors = Record<string, Tensor>;

export class Pass {
  private readonly programs: Programs;
  private readonly rows: number;
  private readonly depth: number;
  private readonly segment: number;
  /** Streams at each border: `carries[l]` enters layer l + 1. Inside segments, each shares with its like in the others. */
  private readonly carries: readonly Tensors[];
  /** Two alternating sets of cotangents of the streams. */
  private readonly cotangents: readonly [Tensors, Tensors];
  /** The same, as backward takes them. */
  private readonly seeds: readonly [Tensors, Tensors];
  /** Of tensors that stay, their names as results. */
  private readonly asResults = new WeakMap<Readonly<Tensors>, Tensors>();
  private readonly saved = new Map<string | number, Tensors>();
  /** By layer, what its programs are given and where they write. */
  private readonly joined = { forward: new Joined(), into: new Joined(), backward: new Joined(), out: new Joined() };
  private readonly constants: readonly Readonly<Tensors>[];
  private readonly tied: Storage | undefined;
  private readonly masks: Masks;
  private readonly loss: Tensor;
  private scale: { readonly of: number; readonly tensors: Tensors } | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly model: Model,
    private readonly memory: PassMemory,
    private readonly shape: BatchShape,
    private readonly options: PassOptions,
  ) {
    const inHalves = options.precision === 'float16';
    this.programs = new Programs(engine, model, shape, options.kept, inHalves);
    this.rows = shape.batch * shape.context;
    this.depth = model.config.layers;
    const streams = (prefix: string): Tensors =>
      Object.fromEntries(
        model.streams.map((name) => [
          `${prefix}carry.${name}`,
          engine.allocate([this.rows, model.config.hidden], inHalves ? 'half' : 'float'),
        ]),
      );
    this.segment = options.segment;
    const inside = Array.from({ length: this.segment }, () => streams(''));
    this.carries = Array.from({ length: this.depth + 1 }, (_, l) =>
      l % this.segment === 0 ? streams('') : (inside[l % this.segment] as Tensors),
    );
    this.cotangents = [streams('d.'), streams('d.')];
    this.seeds = [seeds(this.cotangents[0]), seeds(this.cotangents[1])];
    this.constants = constantsOf(engine, model);
    this.tied = model.tied === undefined ? undefined : this.tableStorage(model.tied);
    this.masks = new Masks(engine, options.seed, model.config.dropout, shape.batch);
    this.loss = engine.allocate([]);
  }

  /**
   * One micro-batch: adds its gradients (of the mean loss over its targets) to the blocks' gradients.
   * @param at which decides masks, and whether to overwrite rather than add.
   * @param partials where statistics are wanted: added to.
   * @returns mean loss over the micro-batch's targets, in nats.
   */
  async train(batch: Batch, at: MicroBatch, partials?: Partials): Promise<number> {
    const fed = feed(this.engine, batch, this.shape);
    await this.forward(fed, at, partials);
    const loss = await this.head(fed, at);
    await this.backward(fed, at, partials);
    return loss / batch.targets.length;
  }

  /** Mean loss over the micro-batch's targets, in nats, without touching gradients. */
  async evaluate(batch: Batch): Promise<number> {
    const fed = feed(this.engine, batch, this.shape);
    await this.forward(fed);
    const executable = await this.programs.evaluation();
    await executable.run(
      { ...headWeights(this.model, (slot) => this.memory.weights(slot)), ...this.carries[this.depth], ...fed },
      { loss: this.loss },
    );
    return (await this.lossSum()) / batch.targets.length;
  }

  async dispose(): Promise<void> {
    await this.programs.dispose();
  }

  /** @param at where backward follows: then activations are dropped and what it wants is kept. */
  private async forward(fed: Tensors, at?: MicroBatch, partials?: Partials): Promise<void> {
    const variant = this.variant(at, partials);
    const embedding = await this.programs.embedding(variant);
    const embedded = await embedding.forward.run({ ...this.memory.weights(0), ...this.masksOf(0, at), ...fed }, this.carries[0]);
    await this.gather(partials?.[0], embedding.statistics.forward, embedded.statistics);
    for (let l = 1; l <= this.depth; l++) await this.layerForward(l, variant, at !== undefined && l > this.recomputed, fed, at, partials);
  }

  private async layerForward(
    l: number,
    variant: Variant,
    save: boolean,
    fed: Tensors,
    at?: MicroBatch,
    partials?: Partials,
  ): Promise<void> {
    const program = await this.programs.block(this.model.kindOf(l), save, variant);
    const into = this.joined.into.of(l, [this.carries[l], save ? this.savedFor(l, program) : NOTHING]);
    const inputs = this.joined.forward.of(l, this.entering(l, fed, at));
    const outputs = await program.forward.run(inputs, into);
    if (partials) await this.gather(partials[l], program.statistics.forward, outputs.statistics);
  }

  /** What both directions of a layer are given. */
  private entering(l: number, fed: Tensors, at: MicroBatch | undefined): (Readonly<Tensors> | undefined)[] {
    return [this.memory.weights(l), this.constants[l - 1], this.carries[l - 1], this.masksOf(l, at), fed.padding ? fed : NOTHING];
  }

  private variant(at: MicroBatch | undefined, partials: Partials | undefined): Variant {
    return {
      statistics: partials ? this.options.statistics : [],
      ...(partials && at?.counted && { histograms: at.counted }),
      dropping: at !== undefined,
    };
  }

  /** Layers, from the first, whose forward pass keeps nothing inside them. */
  private get recomputed(): number {
    if (this.segment === 1) return this.depth - this.options.savedLayers;
    return Math.floor((this.depth - 1) / this.segment) * this.segment;
  }

  /** Forward again through the segment that ends with layer `last`, from its kept border. */
  private async again(last: number, fed: Tensors, at: MicroBatch): Promise<void> {
    for (let l = last - this.segment + 1; l <= last; l++) await this.layerForward(l, { statistics: [], dropping: true }, true, fed, at);
  }

  private async head(fed: Tensors, at: MicroBatch): Promise<number> {
    const { first } = at;
    const slot = this.depth + 1;
    const executable = await this.programs.head();
    const target = this.memory.target(slot, first);
    const into = { loss: this.loss, ...results(target.tensors), ...this.cotangents[this.depth % 2], ...results(this.tied?.tensors ?? {}) };
    const weights = headWeights(this.model, (slot) => this.memory.weights(slot));
    await executable.run({ ...weights, ...this.carries[this.depth], ...fed, ...this.scaleOf(at) }, into);
    this.memory.written(slot, first);
    return this.lossSum();
  }

  private async backward(fed: Tensors, at: MicroBatch, partials?: Partials): Promise<void> {
    const { first } = at;
    const variant = this.variant(at, partials);
    for (let l = this.depth; l >= 1; l--) {
      const segmented = this.segment > 1;
      if (segmented && l <= this.recomputed && l % this.segment === 0) await this.again(l, fed, at);
      const save = segmented || l > this.recomputed;
      const program = await this.programs.block(this.model.kindOf(l), save, variant);
      const target = this.memory.target(l, first);
      const kept = save ? this.savedFor(l, program) : NOTHING;
      const inputs = this.joined.backward.of(l, [...this.entering(l, fed, at), kept, this.seeds[l % 2], this.scaleOf(at)]);
      const into = this.joined.out.of(l, [this.resultsIn(target), this.cotangents[(l - 1) % 2]]);
      const outputs = await program.backward.run(inputs, into);
      this.memory.written(l, first);
      if (partials) await this.gather(partials[l], program.statistics.backward, outputs.statistics);
    }
    const embedding = await this.programs.embedding(variant);
    const target = this.memory.target(0, first);
    const inputs = { ...this.memory.weights(0), ...this.masksOf(0, at), ...fed, ...this.seeds[0], ...this.scaleOf(at) };
    const outputs = await embedding.backward.run(inputs, results(target.tensors));
    this.addTied(target);
    this.memory.written(0, first);
    await this.gather(partials?.[0], embedding.statistics.backward, outputs.statistics);
  }

  private resultsIn({ tensors }: Storage): Tensors {
    const found = this.asResults.get(tensors) ?? results(tensors);
    this.asResults.set(tensors, found);
    return found;
  }

  /** Masks of a layer (0: the embedding): the same in both directions. */
  private masksOf(layer: number, at: MicroBatch | undefined): Tensors {
    const sites = layer === 0 ? this.model.embeddingMasks : this.model.kindOf(layer).masks;
    return at && sites.length > 0 ? this.masks.of(layer, sites, at) : NOTHING;
  }

  private scaleOf({ lossScale }: MicroBatch): Tensors {
    if (lossScale === undefined) return NOTHING;
    if (this.scale?.of !== lossScale) this.scale = { of: lossScale, tensors: { [LOSS_SCALE]: this.engine.tensor([lossScale], []) } };
    return this.scale.tensors;
  }

  private savedFor(layer: number, program: CompiledDerivative): Tensors {
    const key = this.segment > 1 ? `${this.model.kindOf(layer).name} ${layer % this.segment}` : layer;
    const found = this.saved.get(key);
    if (found) return found;
    const made = Object.fromEntries(
      Object.entries(program.saved).map(([name, type]) => [name, this.engine.allocate(type.shape, type.dtype)]),
    );
    this.saved.set(key, made);
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
    const values = this.engine.peek?.(packed) ?? (await this.engine.read(packed));
    for (let i = 0; i < names.length; i++) addPartial(target, names[i] as string, values[i] ?? Number.NaN);
    this.engine.release(packed);
  }

  private async lossSum(): Promise<number> {
    return (await this.engine.read(this.loss))[0] ?? Number.NaN;
  }
}

const NOTHING: Tensors = {};

/** Tensors from several places under one roof, which stays as long as the places do: nearly all do from step to step. */
class Joined {
  private readonly known: { readonly parts: readonly (Readonly<Tensors> | undefined)[]; readonly whole: Tensors }[] = [];

  of(layer: number, parts: readonly (Readonly<Tensors> | undefined)[]): Tensors {
    const found = this.known[layer];
    if (found && parts.every((part, i) => part === found.parts[i])) return found.whole;
    const whole: Tensors = Object.assign({}, ...parts);
    this.known[layer] = { parts, whole };
    return whole;
  }
}

/** The batch as inputs of programs, each of which takes what it needs. */
export function feed(engine: Engine, { tokens, targets, places, types, lengths }: Batch, { batch, context }: BatchShape): Tensors {
  const integers = (values: Int32Array): Tensor => engine.tensor(values, [values.length], 'int');
  const perSequence = targets.length / batch;
  return {
    tokens: integers(tokens),
    targets: integers(targets),
    ...(places && { places: integers(places.map((place, i) => Math.floor(i / perSequence) * context + place)) }),
    ...(types && { types: integers(types) }),
    ...(lengths && { padding: engine.tensor(paddingScores(lengths, context), [batch, 1, 1, context]) }),
  };
}

/** float[B·T]: what keeps every token from attending to a key beyond its sequence's length. */
function paddingScores(lengths: Int32Array, context: number): Float32Array {
  return Float32Array.from({ length: lengths.length * context }, (_, i) =>
    i % context < (lengths[Math.floor(i / context)] ?? 0) ? 0 : UNSEEN,
  );
}

/** Gradients by the name under which a program gives them. */
export function results(tensors: Readonly<Tensors>): Tensors {
  return prefixed('d.', tensors);
}

/** Cotangents of the streams among results, as the next backward takes them: `d.carry.x` as `seed.carry.x`. */
export function seeds(cotangents: Readonly<Tensors> | undefined): Tensors {
  const streams = Object.entries(cotangents ?? {}).filter(([name]) => name.startsWith('d.carry.'));
  return Object.fromEntries(streams.map(([name, tensor]) => [name.replace(/^d\./, 'seed.'), tensor]));
}
