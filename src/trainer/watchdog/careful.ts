// A step computed once more, slowly, to find where its numbers stop being finite: forward from the
// embedding up, the loss, backward from the head down, and a look at every value that passes from one
// sublayer to the next. Runs only when a step has gone wrong.

import { type Batch, partsOf } from '../../data/batch';
import type { TrainingData } from '../../data/trainingData';
import type { Engine, Executable, Tensor } from '../../engine/engine';
import type { ExperimentConfig } from '../../experiment/config';
import type { Program } from '../../graph/value';
import type { BatchShape, BlockKind } from '../../model/block';
import { carefulPrograms } from '../../model/careful';
import type { Place } from '../../model/initialise';
import type { Part } from '../../model/layout';
import type { Model } from '../../model/model';
import { embeddingPrograms, headPrograms } from '../../model/programs';
import type { TrainerState } from '../checkpoint';
import { Masks, type MicroBatch } from '../masks';
import { constantsOf, flatOf, headWeights, ScratchStorages } from '../memory';
import { feed, results, seeds } from '../pass';
import { allBlocks, type Block, type Weights } from '../weights';
import type { Trouble, TroubleKind } from './trouble';

type Tensors = Readonly<Record<string, Tensor>>;

interface Ways<T> {
  readonly forward: T;
  readonly backward: T;
}

type Compiled = Ways<Executable>;

/** What one thread was given of a step. */
export interface Share {
  readonly batch: Batch;
  readonly at: MicroBatch;
}

/** The step after a state, as a team shares it out. */
export function sharesOf(
  data: TrainingData,
  { training, model }: ExperimentConfig,
  { step, position }: Pick<TrainerState, 'step' | 'position'>,
  workers: number,
): Share[] {
  const { accumulation, batch } = training;
  let at = position;
  return Array.from({ length: accumulation }, (_, micro) => {
    const { next, ...fed } = data.train(batch, model.context, at);
    at = next;
    return partsOf(fed, workers).map((part, i) => {
      const sample = micro * batch + (i * batch) / workers;
      return { batch: part, at: { first: true, step: step + 1, sample } };
    });
  }).flat();
}

export interface CarefulOptions {
  readonly engine: Engine;
  readonly model: Model;
  readonly weights: Weights;
  /** Of one share. */
  readonly shape: BatchShape;
  readonly seed: number;
}

/** The first value that is not finite in these shares of a step, each computed alone; undefined where all are. */
export async function findTrouble(options: CarefulOptions, shares: readonly Share[]): Promise<Trouble | undefined> {
  const careful = new CarefulPass(options);
  try {
    for (const share of shares) {
      const found = await careful.look(share);
      if (found) return found;
    }
    return undefined;
  } finally {
    await careful.dispose();
  }
}

class CarefulPass {
  private readonly depth: number;
  private readonly masks: Masks;
  private readonly blocks: readonly Block[];
  private readonly constants: readonly Tensors[];
  private readonly copies: ScratchStorages;
  private readonly gradients: ScratchStorages;
  private readonly compiled = new Map<string, Promise<Compiled>>();
  /** Layers between two borders that are kept; the others are computed again on the way back. */
  private readonly stretch: number;

  constructor(private readonly options: CarefulOptions) {
    const { engine, model, weights, shape, seed } = options;
    this.depth = model.config.layers;
    this.blocks = allBlocks(weights);
    this.constants = constantsOf(engine, model);
    this.copies = new ScratchStorages(engine);
    this.gradients = new ScratchStorages(engine);
    this.stretch = Math.ceil(Math.sqrt(this.depth));
    this.masks = new Masks(engine, seed, model.config.dropout, shape.batch);
  }

  async look({ batch, at }: Share): Promise<Trouble | undefined> {
    const fed = feed(this.options.engine, batch, this.options.shape);
    const embedding = await this.embedding();
    const embedded = await embedding.forward.run({ ...this.weights(0), ...this.masksOf(0, at), ...fed });
    if (await this.isBad(embedded, 'carry.')) return trouble('forward', 'embedding', 'embedding');
    const borders = new Map<number, Tensors>([[0, embedded]]);
    let carry: Tensors = embedded;
    for (let l = 1; l <= this.depth; l++) {
      const outputs = await this.forward(l, carry, fed, at);
      if (await this.isBad(outputs, 'between.')) return trouble('forward', l, 'attention');
      if (await this.isBad(outputs, 'carry.')) return trouble('forward', l, 'feed_forward');
      carry = outputs;
      if (l % this.stretch === 0) borders.set(l, carry);
    }
    const head = await this.head();
    const ended = await head.forward.run({ ...headWeights(this.options.model, (slot) => this.weights(slot)), ...carry, ...fed });
    if (await this.isBad(ended, 'loss')) return trouble('loss', 'head', 'head');
    if (await this.isBad(ended, 'd.')) return trouble('gradient', 'head', 'head');
    return this.lookBack(borders, ended, fed, at);
  }

  async dispose(): Promise<void> {
    const executables = (await Promise.all(this.compiled.values())).flatMap(({ forward, backward }) => [forward, backward]);
    await Promise.all([...new Set(executables)].map((executable) => executable.dispose()));
  }

  private async lookBack(
    borders: ReadonlyMap<number, Tensors>,
    ended: Tensors,
    fed: Tensors,
    at: MicroBatch,
  ): Promise<Trouble | undefined> {
    let cotangents = ended;
    for (let from = this.stretch * Math.floor((this.depth - 1) / this.stretch); from >= 0; from -= this.stretch) {
      const carries = [borders.get(from) as Tensors];
      const to = Math.min(from + this.stretch, this.depth);
      for (let l = from + 1; l < to; l++) carries.push(await this.forward(l, carries[l - from - 1] as Tensors, fed, at));
      for (let l = to; l > from; l--) {
        const { backward } = await this.block(this.options.model.kindOf(l));
        const inputs = { ...this.inputs(l, at), ...carries[l - from - 1], ...fed, ...seeds(cotangents) };
        const outputs = await backward.run(inputs, this.gradientsOf(l));
        if (await this.isBad(outputs, 'd.feed_forward.', 'd.between.')) return trouble('gradient', l, 'feed_forward');
        if (await this.isBad(outputs, 'd.')) return trouble('gradient', l, 'attention');
        cotangents = outputs;
      }
    }
    const { backward } = await this.embedding();
    const outputs = await backward.run({ ...this.weights(0), ...this.masksOf(0, at), ...fed, ...seeds(cotangents) });
    return (await this.isBad(outputs, 'd.')) ? trouble('gradient', 'embedding', 'embedding') : undefined;
  }

  private async forward(layer: number, carry: Tensors, fed: Tensors, at: MicroBatch): Promise<Tensors> {
    const { forward } = await this.block(this.options.model.kindOf(layer));
    return forward.run({ ...this.inputs(layer, at), ...carry, ...fed });
  }

  /** Of a layer, but for its carry: parameters, constants, masks. */
  private inputs(layer: number, at: MicroBatch): Tensors {
    return { ...this.weights(layer), ...this.constants[layer - 1], ...this.masksOf(layer, at) };
  }

  private masksOf(layer: number, at: MicroBatch): Tensors {
    const { model } = this.options;
    return this.masks.of(layer, layer === 0 ? model.embeddingMasks : model.kindOf(layer).masks, at);
  }

  /** A copy, valid until the next slot of the same layout: no engine reads the memory that a team shares. */
  private weights(slot: number): Tensors {
    const block = this.blocks[slot] as Block;
    const copy = this.copies.of(block.layout);
    flatOf(copy).set(flatOf(block.weight));
    return copy.tensors;
  }

  /** Where a layer's parameter gradients go, valid until the next of the same layout: a thousand layers must not take a thousand. */
  private gradientsOf(slot: number): Tensors {
    return results(this.gradients.of((this.blocks[slot] as Block).layout).tensors);
  }

  private block(kind: BlockKind): Promise<Compiled> {
    const { model, shape } = this.options;
    return this.remembered(`layer ${kind.name}`, () => carefulPrograms(model, kind, shape));
  }

  private embedding(): Promise<Compiled> {
    const { model, shape } = this.options;
    return this.remembered('embedding', () => embeddingPrograms(model, shape, { statistics: [], dropping: true }));
  }

  /** One program does both ways. */
  private head(): Promise<Compiled> {
    const { model, shape } = this.options;
    return this.remembered('head', () => {
      const { train } = headPrograms(model, shape);
      return { forward: train, backward: train };
    });
  }

  private remembered(key: string, make: () => Ways<Program>): Promise<Compiled> {
    const found = this.compiled.get(key) ?? this.compile(make());
    this.compiled.set(key, found);
    return found;
  }

  private async compile({ forward, backward }: Ways<Program>): Promise<Compiled> {
    const { engine } = this.options;
    const way = await engine.compile(forward);
    return { forward: way, backward: backward === forward ? way : await engine.compile(backward) };
  }

  /** Whether any of the tensors with such a name holds a value that is not finite. */
  private async isBad(tensors: Tensors, ...prefixes: readonly string[]): Promise<boolean> {
    for (const [name, tensor] of Object.entries(tensors)) {
      if (!prefixes.some((prefix) => name.startsWith(prefix))) continue;
      for (const value of await this.options.engine.read(tensor)) if (!Number.isFinite(value)) return true;
    }
    return false;
  }
}

function trouble(kind: TroubleKind, place: Place, part: Part): Trouble {
  return { kind, place, part, inMemory: false };
}
