// Text from a model, one token after another, each from the last T tokens. A model that remembers what it
// has seen makes this quick until the text is longer than that.

import type { Tokeniser } from '../data/tokeniser';
import type { FloatArray } from '../engine/engine';
import { type RandomStream, randomStream } from '../experiment/random';
import { likeliest, type NextTokens, startToken } from './scorer';

export interface Sampling {
  /** Divides the logits; 0 always takes the likeliest token. */
  readonly temperature: number;
  /** Only the likeliest tokens that together have this probability are drawn from; 1 leaves all in. */
  readonly topP: number;
  /** Only this many of the likeliest tokens are drawn from; absent leaves all in. */
  readonly topK?: number;
  readonly seed: number;
}

/** Tells the stream of draws from every other one that has the same seed. */
const SAMPLE_PURPOSE = 0x73616d706c65;

/** Bytes of a character in UTF-8, at most. */
const CHARACTER_BYTES = 4;

/**
 * The text that follows `prompt`, in pieces of whole characters as they come to be.
 * @param count tokens to make
 */
export async function* generate(
  model: NextTokens,
  tokeniser: Tokeniser,
  prompt: string,
  count: number,
  sampling: Sampling,
): AsyncGenerator<string> {
  const tokens = prompt === '' ? [startToken(tokeniser)] : [...tokeniser.encode(prompt)];
  const random = randomStream(sampling.seed, SAMPLE_PURPOSE);
  let pending: number[] = [];
  for (let i = 0; i < count; i++) {
    const window = tokens.slice(-model.context);
    const [logits] = await model.logits(window, [window.length - 1]);
    const token = draw(logits ?? new Float64Array(), sampling, random);
    tokens.push(token);
    pending.push(token);
    const text = tokeniser.decode(pending);
    // What ends in the replacement character may be the beginning of a character whose other bytes are still to come.
    if (text.endsWith('\u{fffd}') && pending.length < CHARACTER_BYTES) continue;
    yield text;
    pending = [];
  }
  if (pending.length > 0) yield tokeniser.decode(pending);
}

/** @param logits float[V] @returns a token. */
export function draw(
  logits: FloatArray,
  { temperature, topP, topK = Number.POSITIVE_INFINITY }: Omit<Sampling, 'seed'>,
  random: RandomStream,
): number {
  const best = likeliest(logits);
  if (temperature === 0) return best;
  const top = logits[best] ?? 0;
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - top) / temperature));
  const order = Int32Array.from(weights.keys()).sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0) || a - b);
  const most = Math.min(order.length, topK);
  const wanted = topP * order.subarray(0, most).reduce((sum, token) => sum + (weights[token] ?? 0), 0);
  let kept = 0;
  let mass = 0;
  while (kept < most && (kept === 0 || mass < wanted)) mass += weights[order[kept++] ?? 0] ?? 0;
  let left = random.uniform() * mass;
  for (const token of order.subarray(0, kept)) {
    left -= weights[token] ?? 0;
    if (left < 0) return token;
  }
  return order[kept - 1] ?? best;
}
