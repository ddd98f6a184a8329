// A trained model that only looks forward in time, ready to answer "what comes next".

import type { Engine, Executable, FloatArray } from '../engine/engine';
import { prune } from '../graph/differentiate';
import { rows as gather } from '../graph/indexing';
import { simplify } from '../graph/simplify';
import { input, type Program } from '../graph/value';
import { schemeNamed } from '../model/catalogue';
import { headLoss, leave } from '../model/ends';
import type { Model } from '../model/model';
import { headInputs } from '../model/programs';
import { headWeights } from '../trainer/memory';
import { ForwardPass, type PlacedWeights, weightsOf } from './forwardPass';

/** Positions whose logits are computed at a time: with a large vocabulary they cost more than the layers. */
const ROWS = 16;

export class CausalModel {
  /** T: the most tokens that can be looked at together. */
  readonly context: number;
  readonly vocabulary: number;

  private constructor(
    private readonly engine: Engine,
    private readonly model: Model,
    private readonly weights: readonly PlacedWeights[],
    private readonly pass: ForwardPass,
    private readonly head: Executable,
  ) {
    this.context = model.config.context;
    this.vocabulary = model.config.vocabulary;
  }

  /** @param weights as `placeWeights` gives them; read at every run, so they may be filled later. */
  static async compile(engine: Engine, model: Model, weights: readonly PlacedWeights[]): Promise<CausalModel> {
    const { context } = model.config;
    const pass = await ForwardPass.compile(engine, model, weights, { batch: 1, context });
    return new CausalModel(engine, model, weights, pass, await engine.compile(logitsProgram(model, context, ROWS)));
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
    const last = await this.pass.run({ tokens: this.engine.tensor(padded, [this.context], 'int') });
    const found: FloatArray[] = [];
    for (let from = 0; from < positions.length; from += ROWS) {
      const wanted = positions.slice(from, from + ROWS);
      const rows = new Int32Array(ROWS);
      rows.set(wanted);
      const { logits } = await this.head.run({
        ...headWeights(this.model, weightsOf(this.weights)),
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
    await Promise.all([this.pass.dispose(), this.head.dispose()]);
  }
}

/** `carry.<stream>` float[N, C] and `rows` int[M] to `logits` float[M, V] of those rows. */
export function logitsProgram(model: Model, streamRows: number, count: number): Program {
  const { config } = model;
  const { parameters, streams, inputs } = headInputs(model, streamRows);
  const wanted = input('rows', [count], 'int');
  const x = gather(leave(config, schemeNamed(config.scheme), parameters, streams), wanted);
  // The loss is not asked for, so any targets do; pruning drops them.
  const { logits } = headLoss(config, x, parameters, wanted);
  return simplify(prune({ name: 'logits', inputs: { ...inputs, rows: wanted }, outputs: { logits } }));
}
