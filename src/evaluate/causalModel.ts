// A trained model that only looks forward in time, ready to answer "what comes next": the weights of a
// checkpoint and the forward halves of the trainer's own programs. Memory is one copy of the weights and
// two sets of streams, whatever the depth.

import type { Engine, Executable, FloatArray, Storage, Tensor } from '../engine/engine';
import { prune } from '../graph/differentiate';
import { rows as gather } from '../graph/indexing';
import { simplify } from '../graph/simplify';
import { input, type Program } from '../graph/value';
import { schemeNamed } from '../model/catalogue';
import { headLoss, leave } from '../model/ends';
import type { Place } from '../model/initialise';
import { type ParameterLayout, parameterInputs } from '../model/layout';
import type { Model } from '../model/model';
import { blockPrograms, embeddingPrograms } from '../model/programs';
import { slotLayouts } from '../trainer/memory';

/** Weights of one place of the model; what a checkpoint is loaded into. */
export interface PlacedWeights {
  readonly place: Place;
  readonly layout: ParameterLayout;
  readonly weight: Storage;
}

type Tensors = Readonly<Record<string, Tensor>>;

/** Neither statistics nor dropout: what an evaluation runs. */
const PLAIN = { statistics: [], dropping: false };

/** Positions whose logits are computed at a time: with a large vocabulary they cost more than the layers. */
const ROWS = 16;

/** Room for the weights of every place: embedding, layers, head. */
export function placeWeights(engine: Engine, model: Model): PlacedWeights[] {
  const layouts = slotLayouts(model);
  return layouts.map((layout, slot) => {
    const place: Place = slot === 0 ? 'embedding' : slot === layouts.length - 1 ? 'head' : slot;
    return { place, layout, weight: engine.storage(layout.entries, layout.length) };
  });
}

export class CausalModel {
  /** T: the most tokens that can be looked at together. */
  readonly context: number;
  readonly vocabulary: number;
  /** Two alternating sets of streams. */
  private readonly streams: readonly [Tensors, Tensors];
  private readonly constants: readonly Tensors[];

  private constructor(
    private readonly engine: Engine,
    private readonly model: Model,
    private readonly weights: readonly PlacedWeights[],
    private readonly embedding: Executable,
    private readonly layers: readonly Executable[],
    private readonly head: Executable,
  ) {
    const { context, hidden, vocabulary } = model.config;
    this.context = context;
    this.vocabulary = vocabulary;
    const streams = (): Tensors => Object.fromEntries(model.streams.map((name) => [`carry.${name}`, engine.allocate([context, hidden])]));
    this.streams = [streams(), streams()];
    this.constants = constantsOf(engine, model);
  }

  /** @param weights as `placeWeights` gives them; read at every run, so they may be filled later. */
  static async compile(engine: Engine, model: Model, weights: readonly PlacedWeights[]): Promise<CausalModel> {
    const shape = { batch: 1, context: model.config.context };
    const embedding = await engine.compile(embeddingPrograms(model, shape, PLAIN).forward);
    const kinds = new Map(
      await Promise.all(
        model.kinds.map(async (kind) => [kind, await engine.compile(blockPrograms(model, kind, shape, 'nothing', PLAIN).forward)] as const),
      ),
    );
    const layers = Array.from({ length: model.config.layers }, (_, i) => kinds.get(model.kindOf(i + 1)) as Executable);
    return new CausalModel(
      engine,
      model,
      weights,
      embedding,
      layers,
      await engine.compile(logitsProgram(model, model.config.context, ROWS)),
    );
  }

  /**
   * The logits float[V] of what follows each of some positions.
   * @param tokens from 1 to T of them; the rest of the context is padding, which nothing before it sees
   * @param positions of `tokens`, from 0
   */
  async logits(tokens: ArrayLike<number>, positions: readonly number[]): Promise<FloatArray[]> {
    if (tokens.length < 1 || tokens.length > this.context) throw new RangeError(`${tokens.length} tokens for a context of ${this.context}`);
    const padded = new Int32Array(this.context);
    padded.set(tokens);
    const last = await this.forward(padded);
    const found: FloatArray[] = [];
    for (let from = 0; from < positions.length; from += ROWS) {
      const wanted = positions.slice(from, from + ROWS);
      const rows = new Int32Array(ROWS);
      rows.set(wanted);
      const { logits } = await this.head.run({
        ...headWeights(this.model, this.weights),
        ...last,
        rows: this.engine.tensor(rows, [ROWS], 'int'),
      });
      if (!logits) throw new Error('the head gave no logits');
      const values = (await this.engine.read(logits)) as FloatArray;
      this.engine.release(logits);
      wanted.forEach((_, i) => {
        found.push(values.subarray(i * this.vocabulary, (i + 1) * this.vocabulary));
      });
    }
    return found;
  }

  async dispose(): Promise<void> {
    await Promise.all([...new Set([this.embedding, ...this.layers, this.head])].map((executable) => executable.dispose()));
  }

  private async forward(tokens: Int32Array): Promise<Tensors> {
    const ids = this.engine.tensor(tokens, [this.context], 'int');
    await this.embedding.run({ ...this.weightsOf(0), tokens: ids }, this.streams[0]);
    for (const [i, layer] of this.layers.entries()) {
      const [from, to] = [this.streams[i % 2], this.streams[(i + 1) % 2]];
      await layer.run({ ...this.weightsOf(i + 1), ...this.constants[i], ...from }, to);
    }
    return this.streams[this.layers.length % 2] as Tensors;
  }

  private weightsOf(slot: number): Tensors {
    const found = this.weights[slot];
    if (!found) throw new Error(`the model has no slot ${slot}`);
    return found.weight.tensors;
  }
}

/** What the head reads: its own parameters and, where tied, the token table. */
export function headWeights({ tied }: Model, weights: readonly PlacedWeights[]): Tensors {
  const shared = tied === undefined ? {} : { [tied]: weights[0]?.weight.tensors[tied] as Tensor };
  return { ...weights.at(-1)?.weight.tensors, ...shared };
}

/** The numbers of each layer, as programs take them. */
export function constantsOf(engine: Engine, model: Model): readonly Tensors[] {
  return Array.from({ length: model.config.layers }, (_, i) =>
    Object.fromEntries(Object.entries(model.constantsOf(i + 1)).map(([name, value]) => [`constant.${name}`, engine.tensor([value], [])])),
  );
}

/** `carry.<stream>` float[N, C] and `rows` int[M] to `logits` float[M, V] of those rows. */
export function logitsProgram(model: Model, streamRows: number, count: number): Program {
  const { config } = model;
  const shared = model.tied === undefined ? {} : { [model.tied]: input(model.tied, [config.vocabulary, config.hidden]) };
  const parameters = { ...parameterInputs(model.head), ...shared };
  const streams = Object.fromEntries(model.streams.map((name) => [name, input(`carry.${name}`, [streamRows, config.hidden])]));
  const wanted = input('rows', [count], 'int');
  const x = gather(leave(config, schemeNamed(config.scheme), parameters, streams), wanted);
  // The loss is not asked for, so any targets do; pruning drops them.
  const { logits } = headLoss(config, x, parameters, wanted);
  const carries = Object.fromEntries(Object.entries(streams).map(([name, value]) => [`carry.${name}`, value]));
  return simplify(prune({ name: 'logits', inputs: { ...parameters, ...carries, rows: wanted }, outputs: { logits } }));
}
