// Batches for training and validation. A batch is a pure function of (configuration, position), and a
// position is two numbers that a checkpoint keeps, so a resumed run reads on exactly where it stopped.

import type { DataConfig, ModelConfig } from '../experiment/config';
import { Failure } from '../experiment/failure';
import { randomStream, shuffle } from '../experiment/random';
import type { Batch } from './batch';
import { configuredTokeniser } from './configuredTokeniser';
import { readCorpus } from './corpus';
import { type Entropies, entropies } from './entropy';
import { openPairs } from './pairs';
import type { TokenArray, Tokeniser } from './tokeniser';
import type { BatchPosition, TrainingData } from './trainingData';
import { NEXT_TOKENS, type Windows, windowsFor } from './windows';

export interface DatasetOptions {
  readonly data: DataConfig;
  readonly model: Pick<ModelConfig, 'architecture' | 'objective' | 'context' | 'vocabulary'>;
  readonly seed: number;
  /** Folder that holds `corpora/`. */
  readonly assets: string;
}

/** Tells the stream of batch order from every other one that has the same seed. */
const ORDER_PURPOSE = 0x6f72646572;

/**
 * Reads, encodes and splits the corpus.
 * Throws `Failure` `corpus-…` (see `readCorpus`), `corpus-short-training` or `corpus-short-validation`
 * (field `model.context`), `vocabulary-mismatch` or `vocabulary-file-size` (field `model.vocabulary`), and those of
 * `configuredTokeniser`.
 */
export async function openDataset(options: DatasetOptions): Promise<Dataset> {
  const { data, model, seed, assets } = options;
  const tokeniser = await fittingTokeniser(options);
  const corpus = await readCorpus(data.source, assets);
  const tokens = tokeniser.encodeBytes(corpus.bytes);
  const validation = Math.round(tokens.length * data.validationFraction);
  const training = tokens.length - validation;
  const windows = windowsFor(model, tokeniser, seed);
  const needed = windows.length(model.context);
  const lengths = { field: 'model.context', value: model.context, needed, tokens: tokens.length, source: data.source };
  if (training < needed) throw new Failure('corpus-short-training', { ...lengths, length: training });
  if (validation < needed) {
    throw new Failure('corpus-short-validation', { ...lengths, length: validation, fraction: data.validationFraction });
  }
  return new Dataset(tokeniser, corpus.description, tokens.subarray(0, training), tokens.subarray(training), seed, windows);
}

/** What a configuration trains on: pairs from a table, or windows of running text. */
export async function openData(options: DatasetOptions): Promise<TrainingData> {
  const { data, model, seed } = options;
  if (model.objective !== 'pair-class') return await openDataset(options);
  return await openPairs(data.source, await fittingTokeniser(options), data.validationFraction, seed);
}

/** The configured tokeniser. Throws `Failure` where the model has not as many tokens. */
export async function fittingTokeniser({ data, model }: Pick<DatasetOptions, 'data' | 'model'>): Promise<Tokeniser> {
  const tokeniser = await configuredTokeniser({ data, model });
  const { name, vocabulary } = tokeniser;
  if (model.vocabulary === vocabulary) return tokeniser;
  const args = { field: 'model.vocabulary', value: model.vocabulary, vocabulary };
  if (name === 'wordpiece') throw new Failure('vocabulary-file-size', { ...args, file: data.vocabularyFile });
  throw new Failure('vocabulary-mismatch', { ...args, tokeniser: name });
}

export class Dataset implements TrainingData {
  /** Of the validation split's own counts, in nats per token: what a model of that order could reach at best. */
  readonly entropies: Entropies;
  /** Of the validation split: a loss in nats per token divided by it is in nats per byte. */
  readonly bytesPerToken: number;
  private order: { readonly epoch: number; readonly context: number; readonly starts: Int32Array } | undefined;

  constructor(
    readonly tokeniser: Tokeniser,
    readonly description: string,
    readonly trainTokens: TokenArray,
    readonly validationTokens: TokenArray,
    private readonly seed: number,
    private readonly windows: Windows = NEXT_TOKENS,
  ) {
    this.entropies = entropies(validationTokens, tokeniser.vocabulary);
    let bytes = 0;
    for (const token of validationTokens) bytes += tokeniser.byteLength(token);
    this.bytesPerToken = bytes / validationTokens.length;
  }

  /** What a run's metrics say of the text, once. */
  get yardsticks(): Readonly<Record<string, number>> {
    const unigram = { 'entropy/unigram': this.entropies.unigram };
    // What the token before tells says nothing of a token between two known ones.
    if (this.windows !== NEXT_TOKENS) return unigram;
    return { ...unigram, 'entropy/bigram': this.entropies.bigram, bytes_per_token: this.bytesPerToken };
  }

  /**
   * The training batch at `position` and the position after it. Every epoch visits windows that do not
   * overlap, from an offset and in an order of its own; a batch may reach into the next epoch.
   * @param batch B: sequences
   * @param context T: tokens per sequence; throws a RangeError where the split is not longer than it
   */
  train(batch: number, context: number, position: BatchPosition): Batch & { readonly next: BatchPosition } {
    const starts = new Int32Array(batch);
    const keys: (readonly number[])[] = [];
    let { epoch, index } = position;
    for (let b = 0; b < batch; b++) {
      let order = this.epochOrder(epoch, context);
      if (index >= order.length) {
        epoch += 1;
        index = 0;
        order = this.epochOrder(epoch, context);
      }
      starts[b] = order[index] ?? 0;
      keys.push([epoch, index]);
      index += 1;
    }
    return { ...this.windows.batch(this.trainTokens, starts, context, keys), next: { epoch, index } };
  }

  /**
   * `count` micro-batches of the validation split, always the same: windows at even distances from the
   * split's first token to its last, which overlap only where the split is too short for so many.
   */
  validation(batch: number, context: number, count: number): Batch[] {
    const last = this.lastStart(this.validationTokens, context);
    const total = count * batch;
    return Array.from({ length: count }, (_, k) => {
      const starts = Int32Array.from({ length: batch }, (_, b) => Math.round((last * (k * batch + b)) / Math.max(1, total - 1)));
      const keys = Array.from(starts, (_, b) => [k * batch + b]);
      return this.windows.batch(this.validationTokens, starts, context, keys);
    });
  }

  /** First tokens of an epoch's windows in the order they are visited. */
  private epochOrder(epoch: number, context: number): Int32Array {
    if (this.order?.epoch === epoch && this.order.context === context) return this.order.starts;
    const last = this.lastStart(this.trainTokens, context);
    const stride = this.windows.stride(context);
    const random = randomStream(this.seed, ORDER_PURPOSE, epoch, context);
    const offset = random.below(Math.min(stride - 1, last) + 1);
    const count = Math.floor((last - offset) / stride) + 1;
    const starts = Int32Array.from({ length: count }, (_, i) => offset + i * stride);
    shuffle(starts, random);
    this.order = { epoch, context, starts };
    return starts;
  }

  /** The last token at which a window can begin. */
  private lastStart(tokens: TokenArray, context: number): number {
    const needed = this.windows.length(context);
    if (tokens.length < needed) throw new RangeError(`${tokens.length} tokens hold no window of ${needed}`);
    return tokens.length - needed;
  }
}
