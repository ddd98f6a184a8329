// The classifier of pairs: its likelihoods are the trainer's losses, padding says nothing, and known answers
// score what was worked out by hand.

import path from 'node:path';
import { expect, test } from 'vitest';
import { configuredTokeniser } from '../../../src/data/configuredTokeniser';
import { pairBatch } from '../../../src/data/pairs';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { placeWeights } from '../../../src/evaluate/forwardPass';
import { PairModel, type PairScorer } from '../../../src/evaluate/pairModel';
import { runTask } from '../../../src/evaluate/run';
import type { Score } from '../../../src/evaluate/scorer';
import { qqp } from '../../../src/evaluate/tasks/qqp';
import type { ModelConfig } from '../../../src/experiment/config';
import { randomStream } from '../../../src/experiment/random';
import { describeModel } from '../../../src/model/model';
import { allBlocks } from '../../../src/trainer/weights';
import { smallConfig, trainer } from '../trainer/harness';

const FIXTURE = path.join(import.meta.dirname, '../../fixtures/evaluation/qqp.tsv');
const ENCODER = { architecture: 'bert', objective: 'pair-class', scheme: 'upscale', layers: 2, context: 24, vocabulary: 260 } as const;

async function opened(change: Partial<ModelConfig> = {}) {
  const config = smallConfig({ ...ENCODER, ...change }, { batch: 1 });
  const engine = createReferenceEngine();
  const { weights, pass } = await trainer(engine, config, 0, true);
  const description = describeModel(config.model);
  const placed = placeWeights(engine, description);
  for (const [i, { weight }] of allBlocks(weights).entries()) await placed[i]?.weight.write(weight.flat ?? []);
  const tokeniser = await configuredTokeniser(config);
  return { pass, tokeniser, model: await PairModel.compile(engine, description, placed, tokeniser) };
}

test('log-probabilities are the losses of the trainer', async () => {
  const { pass, tokeniser, model } = await opened();
  const { special, encode } = tokeniser;
  if (!special) throw new Error('no special tokens');
  const scores = await model.scorePair({ first: 'Can cats swim?', second: 'Cats' });
  for (const label of [0, 1]) {
    const pair = { first: encode('Can cats swim?'), second: encode('Cats'), label };
    const loss = await pass.evaluate(pairBatch(special, [pair], ENCODER.context));
    expect(scores[label]?.logProbabilities[0]).toBeCloseTo(-loss, 10);
  }
  expect(Math.exp(scores[0].logProbabilities[0] ?? 0) + Math.exp(scores[1].logProbabilities[0] ?? 0)).toBeCloseTo(1, 10);
  expect(scores.map(({ shortened }) => shortened)).toEqual([false, false]);
  expect((await model.scorePair({ first: 'Can cats swim?', second: 'Can dogs swim?' }))[0].shortened).toBe(true);
});

test('padding changes nothing', async () => {
  // Without positions the same weights read any context.
  const [short, long] = await Promise.all([17, 40].map((context) => opened({ positions: 'none', context })));
  const pair = { first: 'Can cats', second: 'swim?' };
  const [a, b] = [await short?.model.scorePair(pair), await long?.model.scorePair(pair)];
  expect(a?.[1].logProbabilities[0]).toBeCloseTo(b?.[1].logProbabilities[0] ?? Number.NaN, 12);
});

test('known answers score what is worked out by hand', async () => {
  // Said: yes, yes, yes, no; right: yes, no, yes, no. Hits 2, false alarms 1, misses 0.
  const said = [1, 1, 1, 0];
  const asked: string[] = [];
  const scorer: PairScorer = {
    async scorePair({ first }) {
      const yes = said[asked.push(first) - 1];
      const score = (logProbability: number): Score => ({ logProbabilities: [logProbability], greedy: false, shortened: false });
      return [score(yes ? -2 : -0.1), score(yes ? -0.1 : -2)];
    },
  };
  const { metrics, examples } = await runTask(qqp, await qqp.read({ data: FIXTURE }, 99), scorer);
  expect(examples).toBe(4);
  expect(asked[1]).toBe('Why is the sea salt?');
  expect(metrics.accuracy).toBe(0.75);
  expect(metrics.precision).toBeCloseTo(2 / 3, 12);
  expect(metrics.recall).toBe(1);
  expect(metrics.f1).toBeCloseTo(0.8, 12);
});

test('a random model is at chance', async () => {
  const { model } = await opened({ layers: 1, hidden: 8, feedForward: 16 });
  const random = randomStream(17);
  const word = () => Array.from({ length: 8 }, () => String.fromCharCode(97 + random.below(26))).join('');
  const examples = Array.from({ length: 300 }, (_, i) => ({ choices: [], answer: i % 2, pair: { first: word(), second: word() } }));
  const { metrics } = await runTask(qqp, examples, model);
  // Three standard deviations of 300 throws of a coin.
  expect(Math.abs((metrics.accuracy ?? 0) - 0.5)).toBeLessThan(0.087);
});
