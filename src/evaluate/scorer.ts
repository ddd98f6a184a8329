// How likely a model finds a continuation of a text: the one question that every task asks. Text is cut
// into tokens and windows as lm-evaluation-harness does it (docs: formats, "Zero-shot evaluation").

import type { Tokeniser } from '../data/tokeniser';
import type { FloatArray } from '../engine/engine';

export interface Score {
  /** ln p of each token of the continuation given everything before it, in nats. */
  readonly logProbabilities: readonly number[];
  /** Whether every token of the continuation is the one that the model finds likeliest. */
  readonly greedy: boolean;
  /** Whether the text did not fit the model's context and lost its left end. */
  readonly shortened: boolean;
}

export interface Scorer {
  score(context: string, continuation: string): Promise<Score>;
}

/** What gives the logits of the tokens after some positions; `CausalModel` is one. */
export interface NextTokens {
  readonly context: number;
  logits(tokens: ArrayLike<number>, positions: readonly number[]): Promise<FloatArray[]>;
}

/** What a text begins after where nothing comes before it: GPT-2's end of text, a line break among bytes. */
export function startToken({ name, vocabulary }: Tokeniser): number {
  return name === 'gpt2' ? vocabulary - 1 : 0x0a;
}

export interface EncodedPair {
  /** Context and continuation together; the context has at least one token. */
  readonly tokens: Int32Array;
  /** Tokens that belong to the context. */
  readonly contextLength: number;
}

/**
 * Both texts encoded as one and split at the number of tokens that the context alone has. White space at
 * the context's end moves to the continuation first, as no tokeniser ends a word with it.
 */
export function encodePair(tokeniser: Tokeniser, context: string, continuation: string): EncodedPair {
  const kept = context.trimEnd();
  const whole = tokeniser.encode(context + continuation);
  if (kept !== '') return { tokens: whole, contextLength: tokeniser.encode(kept).length };
  return { tokens: Int32Array.of(startToken(tokeniser), ...whole), contextLength: 1 };
}

export class ModelScorer implements Scorer {
  constructor(
    private readonly model: NextTokens,
    private readonly tokeniser: Tokeniser,
  ) {}

  /**
   * Where both do not fit the context, the context loses its left end. A continuation that alone is longer
   * is scored in pieces, each after as much as fits.
   */
  async score(context: string, continuation: string): Promise<Score> {
    const { tokens, contextLength } = encodePair(this.tokeniser, context, continuation);
    const logProbabilities: number[] = [];
    let greedy = true;
    for (let end = tokens.length; end > contextLength; ) {
      const start = Math.max(0, end - 1 - this.model.context);
      const first = Math.max(contextLength, start + 1);
      const positions = Array.from({ length: end - first }, (_, i) => first + i - 1 - start);
      const logits = await this.model.logits(tokens.subarray(start, end - 1), positions);
      const found = logits.map((row, i) => judge(row, tokens[first + i] ?? -1));
      logProbabilities.unshift(...found.map(({ logProbability }) => logProbability));
      greedy &&= found.every(({ likeliest }) => likeliest);
      end = first;
    }
    return { logProbabilities, greedy, shortened: tokens.length - 1 > this.model.context };
  }
}

/** ln of the softmax of `logits` at `token`, and whether the token is the first of the largest. */
export function judge(logits: FloatArray, token: number): { logProbability: number; likeliest: boolean } {
  const best = likeliest(logits);
  const top = logits[best] ?? Number.NaN;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - top);
  return { logProbability: (logits[token] ?? Number.NaN) - top - Math.log(sum), likeliest: token === best };
}

/** The first of the largest; 0 where none is a number. */
export function likeliest(logits: FloatArray): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if ((logits[i] ?? 0) > (logits[best] ?? 0)) best = i;
  return best;
}
