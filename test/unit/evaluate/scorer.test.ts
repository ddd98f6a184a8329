// Log-probabilities from a model: split, cut and padded as they should be, equal to what the trainer's
// own evaluation says of the same tokens; and text drawn from them.

import { describe, expect, test, vi } from 'vitest';
import { openTokeniser } from '../../../src/data/tokeniser';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { CachedModel } from '../../../src/evaluate/cachedModel';
import { CausalModel } from '../../../src/evaluate/causalModel';
import { placeWeights } from '../../../src/evaluate/forwardPass';
import { draw, generate } from '../../../src/evaluate/generate';
import { encodePair, ModelScorer, type NextTokens } from '../../../src/evaluate/scorer';
import type { ModelConfig } from '../../../src/experiment/config';
import { randomStream } from '../../../src/experiment/random';
import { CATALOGUE } from '../../../src/model/catalogue';
import { describeModel } from '../../../src/model/model';
import { flatOf } from '../../../src/trainer/memory';
import { allBlocks } from '../../../src/trainer/weights';
import { smallConfig, trainer, VARIANTS } from '../trainer/harness';

const bytes = await openTokeniser('bytes');
const TINY = { layers: 3, hidden: 8, feedForward: 16, context: 20, vocabulary: 256 };

/** A random model that the trainer has, and the same as a `CausalModel`. */
async function both(change: Partial<ModelConfig> = {}) {
  const engine = createReferenceEngine();
  const config = smallConfig({ ...TINY, ...change }, { batch: 1 });
  const { pass, weights } = await trainer(engine, config, 0, true);
  const description = describeModel(config.model);
  const own = placeWeights(engine, description);
  const blocks = allBlocks(weights);
  for (const [i, { weight }] of own.entries()) await weight.write(flatOf((blocks[i] as (typeof blocks)[number]).weight));
  const model = await CausalModel.compile(engine, description, own);
  return { pass, model, cached: () => CachedModel.compile(engine, description, own, model) };
}

/** After a letter comes the next one, twice as likely as anything else. */
const alphabet: NextTokens = {
  context: 8,
  logits: async (tokens, positions) =>
    positions.map((position) => Float64Array.from({ length: 256 }, (_, i) => (i === (tokens[position] ?? 0) + 1 ? Math.log(2) : 0))),
};

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const TEXT = 'It was the best of ti'; // 21 bytes: one of context and as many as the model sees.

test.each([...CATALOGUE.schemes.map(({ name }) => [name, { scheme: name }] as const), ...VARIANTS])(
  'log-probabilities are the losses of the trainer (%s)',
  async (_, change) => {
    const { pass, model } = await both(change);
    const tokens = bytes.encode(TEXT);
    const loss = await pass.evaluate({ tokens: tokens.slice(0, -1), targets: tokens.slice(1) });
    const { logProbabilities, shortened } = await new ModelScorer(model, bytes).score('I', TEXT.slice(1));
    expect(logProbabilities).toHaveLength(20);
    expect(-sum(logProbabilities) / 20).toBeCloseTo(loss, 10);
    expect(shortened).toBe(false);
  },
);

test.each([...CATALOGUE.schemes.map(({ name }) => [name, { scheme: name }] as const), ...VARIANTS])(
  'remembered keys and values change no logit, before and after the window moves (%s)',
  async (_, change) => {
    const { model, cached } = await both({ layers: 2, context: 6, ...change });
    const remembering = await cached();
    const asked = vi.spyOn(model, 'logits');
    const tokens = bytes.encode('It was the');
    for (let length = 2; length <= tokens.length; length++) {
      const window = tokens.subarray(Math.max(0, length - 6), length);
      const [expected] = await model.logits(window, [window.length - 1]);
      const [found] = await remembering.logits(window, [window.length - 1]);
      expect(found).toHaveLength(256);
      found?.forEach((value, i) => {
        expect(value).toBeCloseTo(expected?.[i] ?? Number.NaN, 9);
      });
    }
    // By this test for all nine windows, by the model that remembers only for the four that have moved.
    expect(asked).toHaveBeenCalledTimes(9 + 4);
  },
);

describe('scoring', () => {
  test('what is padded or split elsewhere changes nothing', async () => {
    const { model } = await both();
    const scorer = new ModelScorer(model, bytes);
    const whole = await scorer.score('It', ' was the best');
    const short = await scorer.score('It', ' was');
    expect(short.logProbabilities).toEqual(whole.logProbabilities.slice(0, 4));
    const spaced = await scorer.score('It ', 'was');
    expect(spaced.logProbabilities).toEqual(short.logProbabilities);
  });

  test('too long a text loses its left end, too long a continuation is scored in pieces', async () => {
    const { model } = await both();
    const scorer = new ModelScorer(model, bytes);
    const fits = await scorer.score(TEXT.slice(0, 12), TEXT.slice(12));
    const long = await scorer.score(`Once upon a time. ${TEXT.slice(0, 12)}`, TEXT.slice(12));
    expect(long).toEqual({ ...fits, shortened: true });
    const endless = await scorer.score('x', `${TEXT}${TEXT}`);
    expect(endless.logProbabilities).toHaveLength(42);
    expect(endless.logProbabilities.every((value) => value < 0)).toBe(true);
    expect(endless.logProbabilities.slice(-20)).toEqual((await scorer.score('I', TEXT.slice(1))).logProbabilities);
  });

  test('a continuation is greedy only where each of its tokens is the likeliest', async () => {
    const scorer = new ModelScorer(alphabet, bytes);
    const right = await scorer.score('abc', 'def');
    expect(right.greedy).toBe(true);
    for (const value of right.logProbabilities) expect(value).toBeCloseTo(Math.log(2 / 257), 12);
    const wrong = await scorer.score('abc', 'dex');
    expect(wrong.greedy).toBe(false);
    expect(wrong.logProbabilities[2]).toBeCloseTo(Math.log(1 / 257), 12);
    expect((await scorer.score('abc', 'defghijklmnop')).greedy).toBe(true);
    expect((await scorer.score('abc', 'xefghijklmnop')).greedy).toBe(false);
  });

  test('context and continuation are encoded together and split at the context’s tokens', async () => {
    const gpt2 = await openTokeniser('gpt2');
    const { tokens, contextLength } = encodePair(gpt2, 'The answer is ', 'yes');
    expect([gpt2.decode(tokens.slice(0, contextLength)), gpt2.decode(tokens.slice(contextLength))]).toEqual(['The answer is', ' yes']);
    expect([...encodePair(gpt2, '', 'yes').tokens]).toEqual([50256, ...gpt2.encode('yes')]);
    expect(encodePair(bytes, '  ', 'yes')).toEqual({ tokens: Int32Array.from(Buffer.from('\n  yes')), contextLength: 1 });
  });
});

describe('generating', () => {
  async function text(
    model: NextTokens,
    prompt: string,
    count: number,
    sampling: Partial<{ temperature: number; topP: number; seed: number }>,
  ) {
    let made = '';
    for await (const piece of generate(model, bytes, prompt, count, { temperature: 1, topP: 1, seed: 1, ...sampling })) made += piece;
    return made;
  }

  test('without temperature it takes the likeliest token, every time', async () => {
    const { model } = await both();
    const made = await text(model, 'It', 30, { temperature: 0 });
    expect(await text(model, 'It', 30, { temperature: 0, seed: 2 })).toBe(made);
    expect(await text(alphabet, 'abc', 12, { temperature: 0 })).toBe('defghijklmno');
  });

  test('with it, the seed decides', async () => {
    const { model } = await both();
    const [one, again, other] = await Promise.all([
      text((await both()).model, 'It', 12, { seed: 5 }),
      text((await both()).model, 'It', 12, { seed: 5 }),
      text(model, 'It', 12, { seed: 6 }),
    ]);
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  test('characters of several bytes come out whole', async () => {
    const written = [...Buffer.from('é…😀z')];
    let at = 0;
    const typist: NextTokens = {
      context: 4,
      logits: async () => {
        const token = written[at++];
        return [Float64Array.from({ length: 256 }, (_, i) => (i === token ? 1 : 0))];
      },
    };
    const pieces: string[] = [];
    for await (const piece of generate(typist, bytes, '', written.length, { temperature: 0, topP: 1, seed: 0 })) pieces.push(piece);
    expect(pieces).toEqual(['é', '…', '😀', 'z']);
  });

  test('draws follow the probabilities, and only from the likeliest ones', () => {
    const logits = Float64Array.of(Math.log(0.1), Math.log(0.6), Math.log(0.3));
    const counts = (options: { temperature: number; topP: number; topK?: number }) => {
      const random = randomStream(3);
      const found = [0, 0, 0];
      for (let i = 0; i < 4000; i++) {
        const token = draw(logits, options, random);
        found[token] = (found[token] ?? 0) + 1 / 4000;
      }
      return found;
    };
    const all = counts({ temperature: 1, topP: 1 });
    [0.1, 0.6, 0.3].forEach((share, i) => {
      expect(all[i]).toBeCloseTo(share, 1);
    });
    const two = counts({ temperature: 1, topP: 0.7 });
    expect(two[0]).toBe(0);
    expect(two[1]).toBeCloseTo(2 / 3, 1);
    expect(counts({ temperature: 1, topP: 0.5 })).toEqual([0, expect.closeTo(1), 0]);
    expect(counts({ temperature: 1, topP: 1, topK: 1 })).toEqual(counts({ temperature: 1, topP: 0.01 }));
    expect(counts({ temperature: 1, topP: 1, topK: 2 })).toEqual(two);
    // Squared and normalised: 0.36 of 0.46.
    expect(counts({ temperature: 0.5, topP: 1 })[1]).toBeCloseTo(0.36 / 0.46, 1);
  });
});
