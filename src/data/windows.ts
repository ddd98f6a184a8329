// How windows of a text become what a model is fed: for a decoder a window and the tokens after each of its
// tokens; for an encoder two segments in a frame of special tokens, some of them hidden and asked for.

import type { ModelConfig } from '../experiment/config';
import { FRAME_TOKENS, targetsPerSequence } from '../experiment/objective';
import { type RandomStream, randomStream } from '../experiment/random';
import type { Batch } from './batch';
import type { SpecialTokens, TokenArray, Tokeniser } from './tokeniser';

export interface Windows {
  /** Tokens from one window to the next, and tokens of text that a window looks at, for a context of T tokens. */
  stride(context: number): number;
  length(context: number): number;
  /**
   * @param starts first token of each sequence's window
   * @param keys what makes the random choices of each sequence its own
   */
  batch(text: TokenArray, starts: Int32Array, context: number, keys: readonly (readonly number[])[]): Batch;
}

/** Targets are the tokens moved one on. */
export const NEXT_TOKENS: Windows = {
  stride: (context) => context,
  length: (context) => context + 1,
  batch(text, starts, context) {
    const tokens = new Int32Array(starts.length * context);
    const targets = new Int32Array(starts.length * context);
    starts.forEach((start, b) => {
      tokens.set(text.subarray(start, start + context), b * context);
      targets.set(text.subarray(start + 1, start + context + 1), b * context);
    });
    return { tokens, targets };
  },
};

/** Tells the stream of masked tokens from every other one that has the same seed. */
const MASK_PURPOSE = 0x6d61736b;
/** Of the chosen tokens, the share that is hidden; half of the rest is replaced, the other half left (arXiv 1810.04805). */
const HIDDEN = 0.8;

/** `[CLS] A [SEP] B [SEP]`, A and B the halves of a window; in each, as many places are chosen as in any other. */
export function maskedTokens(tokeniser: Tokeniser, special: SpecialTokens, seed: number): Windows {
  const room = (context: number): number => context - FRAME_TOKENS;
  return {
    stride: room,
    length: room,
    batch(text, starts, context, keys) {
      const chosen = targetsPerSequence({ objective: 'masked-tokens', context });
      const parts = Array.from(starts, (start, b) => {
        const middle = start + Math.ceil(room(context) / 2);
        const { tokens, types } = framed(special, text.subarray(start, middle), text.subarray(middle, start + room(context)), context);
        const random = randomStream(seed, MASK_PURPOSE, ...(keys[b] ?? []));
        return { tokens, types, ...hide(tokens, special, tokeniser.vocabulary, chosen, random) };
      });
      const together = (of: (part: (typeof parts)[number]) => Int32Array): Int32Array => joined(parts.map(of));
      return {
        tokens: together(({ tokens }) => tokens),
        targets: together(({ targets }) => targets),
        places: together(({ places }) => places),
        types: together(({ types }) => types),
      };
    },
  };
}

export interface Framed {
  /** int[T] */
  readonly tokens: Int32Array;
  /** int[T]: 0 up to the first [SEP], 1 up to the second; 0 in the padding. */
  readonly types: Int32Array;
  /** Tokens before the padding. */
  readonly length: number;
}

/** `[CLS] A [SEP] B [SEP]` and padding. @param context T: room for both segments and three more */
export function framed(
  { classify, separate, pad }: SpecialTokens,
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  context: number,
): Framed {
  const tokens = new Int32Array(context).fill(pad);
  const types = new Int32Array(context);
  const middle = first.length + 2;
  const length = middle + second.length + 1;
  tokens[0] = classify;
  tokens.set(first, 1);
  tokens[middle - 1] = separate;
  tokens.set(second, middle);
  tokens[length - 1] = separate;
  types.fill(1, middle, length);
  return { tokens, types, length };
}

/** Chooses places that are no special tokens, and hides what is there. @returns places in order, and what was there. */
function hide(
  tokens: Int32Array,
  { classify, separate, mask }: SpecialTokens,
  vocabulary: number,
  count: number,
  random: RandomStream,
): { readonly places: Int32Array; readonly targets: Int32Array } {
  const free = Int32Array.from(tokens.keys()).filter((place) => tokens[place] !== classify && tokens[place] !== separate);
  for (let i = 0; i < count; i++) {
    const other = i + random.below(free.length - i);
    [free[i], free[other]] = [free[other] ?? 0, free[i] ?? 0];
  }
  const places = free.slice(0, count).sort();
  const targets = places.map((place) => tokens[place] ?? 0);
  for (const place of places) {
    const lot = random.uniform();
    if (lot < HIDDEN) tokens[place] = mask;
    else if (lot < (1 + HIDDEN) / 2) tokens[place] = random.below(vocabulary);
  }
  return { places, targets };
}

/** One after another. */
export function joined(arrays: readonly Int32Array[]): Int32Array {
  const whole = new Int32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    whole.set(array, at);
    at += array.length;
  }
  return whole;
}

/** What an objective makes of windows of text. */
export function windowsFor({ objective }: Pick<ModelConfig, 'objective'>, tokeniser: Tokeniser, seed: number): Windows {
  if (objective !== 'masked-tokens') return NEXT_TOKENS;
  if (!tokeniser.special) throw new Error(`the tokeniser ${tokeniser.name} has no special tokens`);
  return maskedTokens(tokeniser, tokeniser.special, seed);
}
