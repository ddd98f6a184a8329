import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Dataset, openDataset } from '../../../src/data/dataset';
import { entropies } from '../../../src/data/entropy';
import { type BatchPosition, FIRST_POSITION } from '../../../src/data/trainingData';
import type { DataConfig } from '../../../src/experiment/config';
import { randomStream } from '../../../src/experiment/random';

let root: string;
let file: string;
/** Bytes whose neighbours tell where they stand: a window's place can be read off its tokens. */
const LENGTH = 4000;

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'fathom-dataset-'));
  await mkdir(path.join(root, 'corpora'));
  file = path.join(root, 'text.txt');
  const random = randomStream(1);
  await writeFile(
    file,
    Uint8Array.from({ length: LENGTH }, () => 32 + random.below(90)),
  );
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

function open(overrides: Partial<DataConfig> = {}, context = 16, seed = 5, vocabulary = 256): Promise<Dataset> {
  const data: DataConfig = {
    source: file,
    tokeniser: 'bytes',
    vocabularyFile: '',
    lowerCase: true,
    validationFraction: 0.25,
    ...overrides,
  };
  return openDataset({ data, model: { architecture: 'gpt', objective: 'next-token', context, vocabulary }, seed, assets: root });
}

function startsOf(tokens: ArrayLike<number>, inputs: Int32Array, context: number): number[] {
  const text = Buffer.from(Array.from(tokens)).toString('latin1');
  const count = inputs.length / context;
  return Array.from({ length: count }, (_, b) =>
    text.indexOf(Buffer.from(inputs.subarray(b * context, (b + 1) * context)).toString('latin1')),
  );
}

describe('an encoder’s vocabulary', () => {
  test('is as large as its file says', async () => {
    const vocabularyFile = path.join(import.meta.dirname, '../../fixtures/wordpiece/vocab.txt');
    const data: DataConfig = { source: file, tokeniser: 'wordpiece', vocabularyFile, lowerCase: true, validationFraction: 0.25 };
    const of = (vocabulary: number) =>
      openDataset({ data, model: { architecture: 'bert', objective: 'masked-tokens', context: 16, vocabulary }, seed: 1, assets: root });
    expect((await of(500)).tokeniser.vocabulary).toBe(500);
    const args = { field: 'model.vocabulary', value: 30522, file: vocabularyFile, vocabulary: 500 };
    await expect(of(30522)).rejects.toMatchObject({ code: 'vocabulary-file-size', args });
  });
});

describe('openDataset', () => {
  test('splits the tokens, the validation part from the end', async () => {
    const dataset = await open();
    expect(dataset.trainTokens.length).toBe(3000);
    expect(dataset.validationTokens.length).toBe(1000);
    expect(dataset).toMatchObject({ description: 'text.txt', bytesPerToken: 1 });
    expect(dataset.tokeniser.name).toBe('bytes');
  });

  test('counts bytes per token for words', async () => {
    const words = path.join(root, 'words.txt');
    await writeFile(words, 'the whale and the sea, '.repeat(200));
    const dataset = await open({ source: words, tokeniser: 'gpt2' }, 16, 1, 50257);
    const bytes = dataset.tokeniser.decode(dataset.validationTokens).length;
    expect(dataset.bytesPerToken).toBeCloseTo(bytes / dataset.validationTokens.length, 10);
    expect(dataset.bytesPerToken).toBeGreaterThan(2);
  });

  test.each([
    [3000, {}, 'corpus-short-training'],
    [1000, {}, 'corpus-short-validation'],
    [16, { validationFraction: 0 }, 'corpus-short-validation'],
    [16, { validationFraction: 1 }, 'corpus-short-training'],
  ])('context %i with %j is one failure', async (context, overrides, code) => {
    const error: unknown = await open(overrides, context).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, args: { field: 'model.context', value: context, needed: context + 1, tokens: LENGTH } });
    expect(String(error)).toMatch(/model\.context is \d+.*Use a shorter context/);
  });

  test('the shortest corpus that is long enough works', async () => {
    const dataset = await open({}, 999);
    expect(dataset.validation(2, 999, 1)[0]?.tokens).toHaveLength(1998);
    expect(dataset.train(3, 999, FIRST_POSITION).tokens).toHaveLength(2997);
  });

  test('a vocabulary that is not the tokeniser’s is one failure', async () => {
    await expect(open({}, 16, 1, 300)).rejects.toMatchObject({
      code: 'vocabulary-mismatch',
      args: { field: 'model.vocabulary', value: 300, vocabulary: 256 },
    });
  });
});

describe('train', () => {
  test('targets are the inputs moved one token on', async () => {
    const dataset = await open();
    const { tokens, targets } = dataset.train(4, 16, FIRST_POSITION);
    for (const [b, start] of startsOf(dataset.trainTokens, tokens, 16).entries()) {
      expect([...targets.subarray(b * 16, b * 16 + 16)]).toEqual([...dataset.trainTokens.subarray(start + 1, start + 17)]);
    }
  });

  test('an epoch visits windows that do not overlap, nearly all of the split, in a shuffled order', async () => {
    const dataset = await open();
    const starts: number[] = [];
    let position: BatchPosition = FIRST_POSITION;
    for (;;) {
      const { tokens: inputs, next } = dataset.train(1, 16, position);
      if (next.epoch > 0) break;
      starts.push(...startsOf(dataset.trainTokens, inputs, 16));
      position = next;
    }
    const sorted = [...starts].sort((a, b) => a - b);
    expect(starts).not.toEqual(sorted);
    expect(sorted.length).toBeGreaterThanOrEqual(186);
    for (const [i, start] of sorted.slice(1).entries()) expect(start - (sorted[i] ?? 0)).toBe(16);
  });

  test('another epoch has another order and another offset; another seed another order', async () => {
    const dataset = await open();
    const offsets = new Set<number>();
    const heads = new Set<string>();
    for (let epoch = 0; epoch < 12; epoch++) {
      const starts = startsOf(dataset.trainTokens, dataset.train(8, 16, { epoch, index: 0 }).tokens, 16);
      offsets.add((starts[0] ?? 0) % 16);
      heads.add(starts.join());
    }
    expect(heads.size).toBe(12);
    expect(offsets.size).toBeGreaterThan(4);
    const other = await open({}, 16, 6);
    expect([...other.train(8, 16, FIRST_POSITION).tokens]).not.toEqual([...dataset.train(8, 16, FIRST_POSITION).tokens]);
  });

  test('a position taken through JSON continues exactly, across epochs and in a new process', async () => {
    const dataset = await open();
    const batches: number[][] = [];
    const positions: BatchPosition[] = [FIRST_POSITION];
    for (let step = 0; step < 80; step++) {
      const { tokens: inputs, next } = dataset.train(7, 16, positions.at(-1) ?? FIRST_POSITION);
      batches.push([...inputs]);
      positions.push(next);
    }
    expect(positions.at(-1)?.epoch).toBeGreaterThanOrEqual(2);
    for (const step of [0, 26, 27, 53, 79]) {
      const fresh = await open();
      const position: BatchPosition = JSON.parse(JSON.stringify(positions[step]));
      expect([...fresh.train(7, 16, position).tokens]).toEqual(batches[step]);
    }
  });

  test('a batch larger than an epoch goes on into the next', async () => {
    const dataset = await open({}, 900);
    const { tokens: inputs, next } = dataset.train(10, 900, FIRST_POSITION);
    expect(inputs).toHaveLength(9000);
    expect(next.epoch).toBeGreaterThanOrEqual(2);
  });
});

describe('validation', () => {
  test('the same windows every time, from the first token to the last', async () => {
    const dataset = await open();
    const batches = dataset.validation(4, 16, 3);
    expect(batches).toEqual((await open()).validation(4, 16, 3));
    const starts = batches.flatMap(({ tokens }) => startsOf(dataset.validationTokens, tokens, 16));
    expect(starts).toHaveLength(12);
    expect(starts[0]).toBe(0);
    expect(starts.at(-1)).toBe(1000 - 17);
    for (const [i, start] of starts.slice(1).entries()) expect(Math.abs(start - (starts[i] ?? 0) - 983 / 11)).toBeLessThanOrEqual(1);
    expect(batches[2]?.targets.at(-1)).toBe(dataset.validationTokens.at(-1));
  });
});

describe('entropies', () => {
  test('of equally likely letters is the logarithm of their number', () => {
    const { unigram, bigram } = entropies(
      Uint8Array.from({ length: 4000 }, (_, i) => i % 4),
      256,
    );
    expect(unigram).toBeCloseTo(Math.log(4), 10);
    expect(bigram).toBe(0);
  });

  test('agree with counting in a table', () => {
    const random = randomStream(9);
    const tokens = Uint16Array.from({ length: 5000 }, (_, i) => (i % 3 === 0 ? 50256 : random.below(12)));
    const pairs = new Map<string, number>();
    const before = new Map<number, number>();
    for (let t = 1; t < tokens.length; t++) {
      const a = tokens[t - 1] ?? 0;
      const key = `${a},${tokens[t]}`;
      pairs.set(key, (pairs.get(key) ?? 0) + 1);
      before.set(a, (before.get(a) ?? 0) + 1);
    }
    let expected = 0;
    for (const [key, count] of pairs) expected -= (count / 4999) * Math.log(count / (before.get(Number(key.split(',')[0])) ?? 0));
    expect(entropies(tokens, 50257).bigram).toBeCloseTo(expected, 10);
  });
});
