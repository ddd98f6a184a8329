import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { describeCost } from '../../../src/model/cost';
import { withAverages } from '../../../src/trainer/averaging';
import { flatOf } from '../../../src/trainer/memory';
import { allBlocks } from '../../../src/trainer/weights';
import { smallConfig, trainer } from './harness';

const averaged = (averaging: number, change: Parameters<typeof smallConfig>[1] = {}) =>
  smallConfig({ layers: 2 }, { averaging, ...change });

describe('the average of weights', () => {
  it.each([0.3, 0.999])('follows its formula (decay %f)', async (decay) => {
    const { step, weights } = await trainer(createReferenceEngine(), averaged(decay));
    const block = weights.layers[0] as (typeof weights.layers)[number];
    const expected = Float64Array.from(flatOf(block.weight));
    expect([...(block.average ?? [])]).toEqual([...expected]);
    for (let t = 1; t <= 5; t++) {
      await step();
      // Young averages: (1 + t)/(10 + t) is 0.18, 0.25, 0.31, 0.36, 0.4.
      const d = Math.min(decay, (1 + t) / (10 + t));
      flatOf(block.weight).forEach((theta, i) => {
        expected[i] = d * (expected[i] ?? Number.NaN) + (1 - d) * theta;
      });
      block.average?.forEach((a, i) => {
        expect(a).toBeCloseTo(expected[i] ?? Number.NaN, 14);
      });
    }
  });

  it('changes nothing about the weights, and is not there unless asked for', async () => {
    const [plain, beside] = [await trainer(createReferenceEngine(), averaged(0)), await trainer(createReferenceEngine(), averaged(0.99))];
    for (let i = 0; i < 3; i++) expect((await beside.step()).loss).toBe((await plain.step()).loss);
    expect(allBlocks(plain.weights).every(({ average }) => average === undefined)).toBe(true);
  });

  it('stays exactly what does not move', async () => {
    const { step, weights } = await trainer(createReferenceEngine(), averaged(0.9, { freeze: 'blocks' }));
    for (let i = 0; i < 3; i++) await step();
    for (const { weight, average } of weights.layers) expect([...(average ?? [])]).toEqual([...flatOf(weight)]);
    expect([...(weights.embedding.average ?? [])]).not.toEqual([...flatOf(weights.embedding.weight)]);
  });

  it('stands in the weights’ place for a while, and both come back whole', async () => {
    const { step, weights, pass, batch } = await trainer(createReferenceEngine(), averaged(0.9));
    for (let i = 0; i < 3; i++) await step();
    const look = () => allBlocks(weights).map(({ weight, average }) => ({ weight: [...flatOf(weight)], average: [...(average ?? [])] }));
    const before = look();
    const evaluate = () => pass.evaluate(batch(0, 0));
    const loss = await evaluate();
    const ofAverage = await withAverages(weights, async () => {
      expect(look().map(({ weight }) => weight)).toEqual(before.map(({ average }) => average));
      return evaluate();
    });
    expect(ofAverage).not.toBe(loss);
    expect(look()).toEqual(before);
    await expect(withAverages(weights, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(look()).toEqual(before);
    expect(await evaluate()).toBe(loss);
  });

  it('is counted', () => {
    const [without, with_] = [describeCost(averaged(0)), describeCost(averaged(0.99))];
    expect(with_.memoryTotal - without.memoryTotal).toBe(4 * without.total);
  });
});
