// Dropout: what masks are made of, and that they depend on the sample alone, not on how batches are cut.
// That gradients and recomputation see the same masks is shown in pass.test.ts.

import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { randomStream } from '../../../src/experiment/random';
import { describeModel } from '../../../src/model/model';
import { blockPrograms, embeddingPrograms } from '../../../src/model/programs';
import { fillMask, Masks } from '../../../src/trainer/masks';
import { flatOf } from '../../../src/trainer/memory';
import { distance, length, smallConfig, trainer } from './harness';

const tokens = (salt: number, count: number, from = 0): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => Math.floor(32 * Math.abs(Math.sin(7.3 * (i + from) + salt))));

async function passOf(batch: number, dropout: number) {
  const { pass, weights } = await trainer(createReferenceEngine(), smallConfig({ dropout }, { batch }));
  const gradient = () => Float64Array.from(flatOf((weights.layers[1] as NonNullable<(typeof weights.layers)[1]>).gradient));
  return { pass, gradient };
}

const CONTEXT = 8;

describe('a mask', () => {
  it.each([0.1, 0.5, 0.95])('drops a share of %f and keeps the mean', (dropout) => {
    const mask = new Float64Array(100_000);
    fillMask(mask, randomStream(1, 2), dropout);
    const share = mask.filter((value) => value === 0).length / mask.length;
    const mean = mask.reduce((sum, value) => sum + value, 0) / mask.length;
    expect(Math.abs(share - dropout)).toBeLessThan(4 * Math.sqrt((dropout * (1 - dropout)) / mask.length));
    expect(Math.abs(mean - 1)).toBeLessThan(4 * Math.sqrt(dropout / (1 - dropout) / mask.length));
    expect(new Set(mask).size).toBe(2);
  });

  it('stays within an odd length', () => {
    const memory = new Float32Array(8).fill(-1);
    fillMask(memory.subarray(0, 5), randomStream(1), 0.5);
    expect([...memory.subarray(5)]).toEqual([-1, -1, -1]);
    expect(memory.subarray(0, 5)).not.toContain(-1);
  });
});

describe('masks', () => {
  const sites = [
    { name: 'one', shape: [4, 16] },
    { name: 'other', shape: [4, 16] },
  ];
  const made = async (seed: number, layer: number, batch = 2, sample = 0): Promise<string[]> => {
    const engine = createReferenceEngine();
    const masks = new Masks(engine, seed, 0.5, batch).of(layer, sites, { first: true, step: 1, sample });
    return Promise.all(Object.values(masks).map(async (mask) => Array.from(await engine.read(mask)).join()));
  };

  it('are another for every seed, layer, site and sample', async () => {
    const all = [...(await made(1, 1)), ...(await made(2, 1)), ...(await made(1, 2))];
    expect(new Set(all).size).toBe(6);
    const [first = ''] = await made(1, 1, 1, 0);
    const [second = ''] = await made(1, 1, 1, 1);
    expect(second).not.toBe(first);
    expect((await made(1, 1))[0]).toBe(`${first},${second}`);
  });
});

describe('programs', () => {
  const masksIn = (dropout: number, dropping: boolean): string[] => {
    const model = describeModel(smallConfig({ dropout }).model);
    const [shape, variant] = [
      { batch: 2, context: CONTEXT },
      { statistics: [], dropping },
    ];
    const block = blockPrograms(model, model.kindOf(1), shape, 'nothing', variant);
    const embedding = embeddingPrograms(model, shape, variant);
    const programs = [block.forward, block.backward, embedding.forward, embedding.backward];
    return programs.flatMap((program) => Object.keys(program.inputs).filter((name) => name.startsWith('mask.'))).sort();
  };

  it('take masks where dropout strikes, forward and backward', () => {
    const sites = ['mask.attention', 'mask.attention_weights', 'mask.embedding', 'mask.feed_forward'];
    expect(masksIn(0.1, true)).toEqual(sites.flatMap((site) => [site, site]));
  });

  it('take none without dropout, and none to evaluate', () => {
    expect(masksIn(0, true)).toEqual([]);
    expect(masksIn(0.1, false)).toEqual([]);
  });
});

describe('a pass with dropout', () => {
  const first = { first: true, step: 3, sample: 0 };

  it('has the same loss and gradients for a batch and for its sequences one by one', async () => {
    const whole = await passOf(2, 0.3);
    const cut = await passOf(1, 0.3);
    const loss = await whole.pass.train({ tokens: tokens(0, 2 * CONTEXT), targets: tokens(1, 2 * CONTEXT) }, first);
    let sum = 0;
    for (const sample of [0, 1])
      sum += await cut.pass.train(
        { tokens: tokens(0, CONTEXT, sample * CONTEXT), targets: tokens(1, CONTEXT, sample * CONTEXT) },
        {
          first: sample === 0,
          step: 3,
          sample,
        },
      );
    expect(sum / 2).toBeCloseTo(loss, 12);
    const halved = cut.gradient().map((value) => value / 2);
    expect(distance(halved, whole.gradient())).toBeLessThan(1e-12 * length(whole.gradient()));
  });

  it('repeats itself at the same place of the run and differs at every other', async () => {
    const { pass } = await passOf(1, 0.3);
    const at = (step: number, sample: number) =>
      pass.train({ tokens: tokens(0, CONTEXT), targets: tokens(1, CONTEXT) }, { first: true, step, sample });
    const here = await at(3, 0);
    expect(await at(3, 0)).toBe(here);
    expect(await at(4, 0)).not.toBe(here);
    expect(await at(3, 1)).not.toBe(here);
  });

  it('evaluates without it', async () => {
    const dropping = await passOf(1, 0.3);
    const plain = await passOf(1, 0);
    const loss = await plain.pass.evaluate({ tokens: tokens(0, CONTEXT), targets: tokens(1, CONTEXT) });
    expect(await dropping.pass.evaluate({ tokens: tokens(0, CONTEXT), targets: tokens(1, CONTEXT) })).toBe(loss);
    expect(await plain.pass.train({ tokens: tokens(0, CONTEXT), targets: tokens(1, CONTEXT) }, first)).toBe(loss);
  });
});
