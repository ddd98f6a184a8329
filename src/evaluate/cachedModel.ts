// A causal model that remembers the keys and values of the tokens it has seen, so that one more token
// costs one row of every matrix product instead of the whole context. The layers are those of the
// trainer, traced for a single token; only what its query meets is widened by what is remembered.

import type { Engine, Executable, FloatArray, Storage, Tensor } from '../engine/engine';
import { constant } from '../graph/constant';
import { prune } from '../graph/differentiate';
import { multiply } from '../graph/elementwise';
import { rows as gather } from '../graph/indexing';
import { prefixed } from '../graph/prefixed';
import { sum } from '../graph/reduce';
import { broadcast, concat, reshape } from '../graph/shape';
import { simplify } from '../graph/simplify';
import { input, type Program, type Value } from '../graph/value';
import { rotated, UNSEEN } from '../model/attention';
import { type BlockKind, traceBlock } from '../model/block';
import { schemeNamed } from '../model/catalogue';
import { embed, enter } from '../model/ends';
import { parameterInputs } from '../model/layout';
import type { Model } from '../model/model';
import type { Heads, ResidualScheme, SublayerScope } from '../model/residual/scheme';
import { constantsOf, flatOf, headWeights } from '../trainer/memory';
import { type CausalModel, logitsProgram } from './causalModel';
import { type PlacedWeights, weightsOf } from './forwardPass';
import type { NextTokens } from './scorer';

const POSITIONS = 'embedding.positions.weight';
const ONE_TOKEN = { batch: 1, context: 1 };

type Tensors = Readonly<Record<string, Tensor>>;

interface Executables {
  readonly embedding: Executable;
  /** Of every layer; layers of a kind share one. */
  readonly layers: readonly Executable[];
  readonly head: Executable;
}

export class CachedModel implements NextTokens {
  readonly context: number;
  private readonly seen: number[] = [];
  /** Keys and values [1, H, T, D] of every layer. */
  private readonly memory: readonly Storage[];
  private readonly constants: readonly Tensors[];

  private constructor(
    private readonly engine: Engine,
    private readonly model: Model,
    private readonly weights: readonly PlacedWeights[],
    private readonly whole: CausalModel,
    private readonly executables: Executables,
  ) {
    const { context, hidden, heads } = model.config;
    this.context = context;
    const shape = [1, heads, context, hidden / heads];
    const entries = ['memory.key', 'memory.value'].map((name, i) => ({ name, shape, offset: i * context * hidden }));
    this.memory = executables.layers.map(() => engine.storage(entries, 2 * context * hidden));
    this.constants = constantsOf(engine, model);
  }

  /** @param whole answers what memory cannot: once the window moves, every token stands at another position. */
  static async compile(engine: Engine, model: Model, weights: readonly PlacedWeights[], whole: CausalModel): Promise<CachedModel> {
    const kinds = new Map<BlockKind, Executable>();
    for (const kind of model.kinds) kinds.set(kind, await engine.compile(stepProgram(model, kind)));
    const layers = Array.from({ length: model.config.layers }, (_, i) => kinds.get(model.kindOf(i + 1)) as Executable);
    const embedding = await engine.compile(embeddingProgram(model));
    return new CachedModel(engine, model, weights, whole, { embedding, layers, head: await engine.compile(logitsProgram(model, 1, 1)) });
  }

  /** As `CausalModel.logits`; quick where `tokens` go on from those of the last call and only the last position is asked for. */
  async logits(tokens: ArrayLike<number>, positions: readonly number[]): Promise<FloatArray[]> {
    const goesOn = tokens.length > this.seen.length && tokens.length <= this.context && this.seen.every((token, i) => token === tokens[i]);
    if (!goesOn || positions.length !== 1 || positions[0] !== tokens.length - 1) return await this.whole.logits(tokens, positions);
    let carry: Tensors = {};
    for (let at = this.seen.length; at < tokens.length; at++) carry = await this.step(tokens[at] ?? 0);
    const rows = this.engine.tensor([0], [1], 'int');
    const { logits } = await this.executables.head.run({ ...headWeights(this.model, weightsOf(this.weights)), ...carry, rows });
    if (!logits) throw new Error('the head gave no logits');
    const values = (await this.engine.read(logits)) as FloatArray;
    this.engine.release(logits);
    return [values];
  }

  /** The next tokens are another text's: what is left of this one's keys and values is never looked at. */
  forget(): void {
    this.seen.length = 0;
  }

  async dispose(): Promise<void> {
    const { embedding, layers, head } = this.executables;
    await Promise.all([...new Set([embedding, ...layers, head])].map((executable) => executable.dispose()));
  }

  /** Takes one more token in. @returns its streams after the last layer. */
  private async step(token: number): Promise<Tensors> {
    const { engine, context: T } = this;
    const at = this.seen.length;
    const ahead = engine.tensor(
      Float32Array.from({ length: T }, (_, i) => (i < at ? 0 : UNSEEN)),
      [T],
    );
    const here = engine.tensor(
      Float32Array.from({ length: T }, (_, i) => (i === at ? 1 : 0)),
      [T, 1],
    );
    const place = { tokens: engine.tensor([token], [1], 'int'), position: engine.tensor([at], [1], 'int') };
    let carry: Tensors = await this.executables.embedding.run({ ...this.weights[0]?.weight.tensors, ...place });
    for (const [i, layer] of this.executables.layers.entries()) {
      const memory = this.memory[i] as Storage;
      const inputs = { ...this.weights[i + 1]?.weight.tensors, ...this.constants[i], ...memory.tensors, ahead, here, ...carry };
      const { key, value, ...next } = await layer.run(inputs);
      await this.remember(memory, at, [key as Tensor, value as Tensor]);
      carry = next;
    }
    this.seen.push(token);
    return carry;
  }

  /** Puts a token's key and value, each [1, H, 1, D], into their places among those of all positions. */
  private async remember(memory: Storage, at: number, made: readonly Tensor[]): Promise<void> {
    const { hidden, heads } = this.model.config;
    const width = hidden / heads;
    const flat = flatOf(memory);
    for (const [i, tensor] of made.entries()) {
      const values = await this.engine.read(tensor);
      for (let h = 0; h < heads; h++)
        flat.set(values.subarray(h * width, (h + 1) * width), i * this.context * hidden + (h * this.context + at) * width);
      this.engine.release(tensor);
    }
  }
}

/** `tokens` int[1] at `position` int[1] to `carry.<stream>` [1, C]. */
function embeddingProgram(model: Model): Program {
  const parameters = parameterInputs(model.embedding);
  const [tokens, position] = [input('tokens', [1], 'int'), input('position', [1], 'int')];
  const table = parameters[POSITIONS];
  const placed = table ? { ...parameters, [POSITIONS]: gather(table, position) } : parameters;
  const entered = enter(model.config, schemeNamed(model.config.scheme), parameters, embed(model.config, ONE_TOKEN, placed, tokens));
  return program('embed one', { ...parameters, tokens, position }, prefixed('carry.', entered));
}

/**
 * One token through one kind of layer: `carry.<stream>` [1, C], `memory.key` and `memory.value` [1, H, T, D],
 * `ahead` [T] (what to add to the scores of places not yet filled) and `here` [T, 1] (1 at the token's own
 * place) to `carry.<stream>` and the token's own `key` and `value` [1, H, 1, D].
 */
function stepProgram(model: Model, kind: BlockKind): Program {
  const { config } = model;
  const { context: T, hidden: C, heads: H } = config;
  const memory = { key: input('memory.key', [1, H, T, C / H]), value: input('memory.value', [1, H, T, C / H]) };
  const [ahead, here] = [input('ahead', [T]), input('here', [T, 1])];
  // The trainer turns rotary heads by their row; a lone token has to be turned by its place instead.
  const turn = (x: Value): Value =>
    config.positions === 'rotary' ? sum(multiply(rotated(broadcast(x, [1, H, T, C / H])), here), [2], true) : x;
  let own: { key: Value; value: Value } | undefined;
  const widen = ({ query, key, value }: Heads): Heads => {
    const turned = { key: turn(key), value };
    own = turned;
    const scores = reshape(concat([ahead, constant(0, [1])], 0), [1, 1, T + 1, 1]);
    // One channel more, in which the query is 1 and each key holds what is to be added to its score.
    return {
      query: concat([turn(query), constant(new Float64Array(H).fill(Math.sqrt(C / H)), [1, H, 1, 1])], 3),
      key: concat([concat([memory.key, turned.key], 2), broadcast(scores, [1, H, T + 1, 1])], 3),
      value: concat([memory.value, value], 2),
    };
  };
  const scheme = remembering(schemeNamed(config.scheme), widen);
  const unplaced = { ...config, positions: 'none' as const };
  const traced = traceBlock(unplaced, scheme, kind, ONE_TOKEN, model.streams, []);
  if (!own) throw new Error(`the scheme '${config.scheme}' has no attention in layers '${kind.name}'`);
  const inputs = { ...traced.inputs, 'memory.key': memory.key, 'memory.value': memory.value, ahead, here };
  return program(`${kind.name} one`, inputs, { ...prefixed('carry.', traced.carry), ...own });
}

/** The scheme with `widen` after whatever it, or query-key norm, does to the heads of attention. */
function remembering(scheme: ResidualScheme, widen: (heads: Heads) => Heads): ResidualScheme {
  const queryKeyNorm = ({ norm }: SublayerScope, { query, key, value }: Heads): Heads => ({
    query: norm(query, 'query_norm'),
    key: norm(key, 'key_norm'),
    value,
  });
  return {
    ...scheme,
    sublayer: (scope) => {
      if (scope.part !== 'attention') return scheme.sublayer(scope);
      const plain = scope.model.queryKeyNorm ? (heads: Heads) => queryKeyNorm(scope, heads) : (heads: Heads) => heads;
      return scheme.sublayer({
        ...scope,
        branch: (x, inside = {}) => scope.branch(x, { ...inside, heads: (heads) => widen((inside.heads ?? plain)(heads)) }),
      });
    },
  };
}

function program(name: string, inputs: Readonly<Record<string, Value>>, outputs: Readonly<Record<string, Value>>): Program {
  return simplify(prune({ name, inputs, outputs }));
}
