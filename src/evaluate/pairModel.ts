// An encoder that was trained to say whether two texts mean the same, ready to be asked.

import { pairBatch } from '../data/pairs';
import type { Tokeniser } from '../data/tokeniser';
import type { Engine, Executable, FloatArray } from '../engine/engine';
import { FRAME_TOKENS } from '../experiment/objective';
import type { Model } from '../model/model';
import { headWeights } from '../trainer/memory';
import { feed } from '../trainer/pass';
import { logitsProgram } from './causalModel';
import { ForwardPass, type PlacedWeights, weightsOf } from './forwardPass';
import { judge, type Score } from './scorer';
import type { AskedPair } from './task';

/** What says how likely it is that two texts do not mean the same, and that they do. */
export interface PairScorer {
  scorePair(pair: AskedPair): Promise<readonly [no: Score, yes: Score]>;
}

export class PairModel implements PairScorer {
  private constructor(
    private readonly engine: Engine,
    private readonly model: Model,
    private readonly weights: readonly PlacedWeights[],
    private readonly tokeniser: Tokeniser,
    private readonly pass: ForwardPass,
    private readonly head: Executable,
  ) {}

  /** @param weights as `placeWeights` gives them; read at every run. @param tokeniser one with special tokens */
  static async compile(engine: Engine, model: Model, weights: readonly PlacedWeights[], tokeniser: Tokeniser): Promise<PairModel> {
    const { context } = model.config;
    const pass = await ForwardPass.compile(engine, model, weights, { batch: 1, context });
    return new PairModel(engine, model, weights, tokeniser, pass, await engine.compile(logitsProgram(model, context, 1)));
  }

  async scorePair(pair: AskedPair): Promise<readonly [no: Score, yes: Score]> {
    const { special, encode } = this.tokeniser;
    if (!special) throw new Error(`the tokeniser ${this.tokeniser.name} has no special tokens`);
    const { context } = this.model.config;
    const [first, second] = [encode(pair.first), encode(pair.second)];
    const batch = pairBatch(special, [{ first, second, label: 0 }], context);
    const fed = feed(this.engine, batch, { batch: 1, context });
    const last = await this.pass.run(fed);
    const rows = this.engine.tensor([0], [1], 'int');
    const { logits } = await this.head.run({ ...headWeights(this.model, weightsOf(this.weights)), ...last, rows });
    if (!logits) throw new Error('the head gave no logits');
    const values = (await this.engine.read(logits)) as FloatArray;
    this.engine.release(logits);
    const shortened = first.length + second.length > context - FRAME_TOKENS;
    const score = (label: number): Score => {
      const { logProbability, likeliest } = judge(values, label);
      return { logProbabilities: [logProbability], greedy: likeliest, shortened };
    };
    return [score(0), score(1)];
  }

  async dispose(): Promise<void> {
    await Promise.all([this.pass.dispose(), this.head.dispose()]);
  }
}
