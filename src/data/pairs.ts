// Pairs of texts and whether they mean the same, from a table in the format of GLUE's QQP (arXiv 1804.07461),
// as an encoder reads them: `[CLS] A [SEP] B [SEP]`, cut or padded to the context.

import path from 'node:path';
import { Failure } from '../experiment/failure';
import { FRAME_TOKENS } from '../experiment/objective';
import { randomStream, shuffle } from '../experiment/random';
import type { Batch } from './batch';
import { type Fields, tabLines } from './lines';
import type { SpecialTokens, Tokeniser } from './tokeniser';
import type { BatchPosition, TrainingData } from './trainingData';
import { framed, joined } from './windows';

export interface TextPair {
  readonly first: string;
  readonly second: string;
  /** 1 where both mean the same, else 0. */
  readonly label: number;
}

/** Throws `Failure` `evaluation-field-…` for a line without the columns of QQP. */
export function pairOf(line: Fields): TextPair {
  return { first: line.text('question1'), second: line.text('question2'), label: line.oneOf('is_duplicate', ['0', '1']) };
}

/**
 * Pairs as a model of context T reads them. What does not fit is cut from the end of the longer text, token
 * by token, as google-research/bert does it.
 */
export function pairBatch(
  special: SpecialTokens,
  pairs: readonly { readonly first: Int32Array; readonly second: Int32Array; readonly label: number }[],
  context: number,
): Batch {
  const parts = pairs.map(({ first, second }) => {
    let [a, b] = [first.length, second.length];
    while (a + b > context - FRAME_TOKENS) {
      if (a > b) a -= 1;
      else b -= 1;
    }
    return framed(special, first.subarray(0, a), second.subarray(0, b), context);
  });
  return {
    tokens: joined(parts.map(({ tokens }) => tokens)),
    types: joined(parts.map(({ types }) => types)),
    lengths: Int32Array.from(parts, ({ length }) => length),
    targets: Int32Array.from(pairs, ({ label }) => label),
    places: new Int32Array(pairs.length),
  };
}

/** Tells the stream of the pairs' order from every other one that has the same seed. */
const ORDER_PURPOSE = 0x7061697273;

/**
 * Reads the table at `source`. Lines that lack columns, of which the official training file has some, are left
 * out and counted in the description.
 * @param validationFraction of the pairs, from the end
 * Throws `Failure` `evaluation-file-…`, `evaluation-field-…` or `pairs-too-few`.
 */
export async function openPairs(source: string, tokeniser: Tokeniser, validationFraction: number, seed: number): Promise<PairData> {
  if (!tokeniser.special) throw new Error(`the tokeniser ${tokeniser.name} has no special tokens`);
  const { lines, uneven } = await tabLines(source, Number.POSITIVE_INFINITY, true);
  const pairs = lines.map(pairOf);
  const validation = Math.round(pairs.length * validationFraction);
  if (validation === 0 || validation === pairs.length) throw new Failure('pairs-too-few', { field: 'data.source', value: source });
  const store = new PairStore(tokeniser, pairs);
  const left = uneven === 0 ? '' : `; ${uneven} lines without all columns are left out`;
  const description = `${path.basename(source)}: ${pairs.length} pairs, of which ${validation} for validation${left}`;
  return new PairData(description, store, pairs.length - validation, tokeniser.special, seed);
}

/** Encoded pairs in a few flat arrays: as objects, some hundred thousand would take several times the memory. */
class PairStore {
  private readonly tokens: Int32Array;
  /** Pair i's texts lie between `ends[2i]`, `ends[2i + 1]` and `ends[2i + 2]`. */
  private readonly ends: Int32Array;
  private readonly labels: Uint8Array;

  constructor(tokeniser: Tokeniser, pairs: readonly TextPair[]) {
    const texts = pairs.flatMap(({ first, second }) => [tokeniser.encode(first), tokeniser.encode(second)]);
    this.tokens = joined(texts);
    this.ends = new Int32Array(texts.length + 1);
    texts.forEach((text, i) => {
      this.ends[i + 1] = (this.ends[i] ?? 0) + text.length;
    });
    this.labels = Uint8Array.from(pairs, ({ label }) => label);
  }

  get count(): number {
    return this.labels.length;
  }

  at(i: number) {
    const [from, middle, to] = this.ends.subarray(2 * i, 2 * i + 3);
    return { first: this.tokens.subarray(from, middle), second: this.tokens.subarray(middle, to), label: this.labels[i] ?? 0 };
  }
}

export class PairData implements TrainingData {
  readonly yardsticks = {};
  private order: { readonly epoch: number; readonly pairs: Int32Array } | undefined;

  /** @param training how many of the pairs, from the first, are trained on */
  constructor(
    readonly description: string,
    private readonly store: PairStore,
    private readonly training: number,
    private readonly special: SpecialTokens,
    private readonly seed: number,
  ) {}

  /** Every epoch visits each pair once, in an order of its own. */
  train(batch: number, context: number, position: BatchPosition): Batch & { readonly next: BatchPosition } {
    let { epoch, index } = position;
    const chosen = Array.from({ length: batch }, () => {
      if (index >= this.training) {
        epoch += 1;
        index = 0;
      }
      return this.store.at(this.epochOrder(epoch)[index++] ?? 0);
    });
    return { ...pairBatch(this.special, chosen, context), next: { epoch, index } };
  }

  /** Pairs at even distances from the first to the last. */
  validation(batch: number, context: number, count: number): Batch[] {
    const [total, last] = [count * batch, this.store.count - 1 - this.training];
    return Array.from({ length: count }, (_, k) => {
      const chosen = Array.from({ length: batch }, (_, b) => Math.round((last * (k * batch + b)) / Math.max(1, total - 1)));
      return pairBatch(
        this.special,
        chosen.map((i) => this.store.at(this.training + i)),
        context,
      );
    });
  }

  private epochOrder(epoch: number): Int32Array {
    if (this.order?.epoch === epoch) return this.order.pairs;
    const pairs = Int32Array.from({ length: this.training }, (_, i) => i);
    shuffle(pairs, randomStream(this.seed, ORDER_PURPOSE, epoch));
    this.order = { epoch, pairs };
    return pairs;
  }
}
