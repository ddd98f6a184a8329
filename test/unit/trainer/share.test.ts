// Norms and updates shared out: every block is somebody's, all have about as much to do, and who does it leaves
// no trace in the numbers.

import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { randomStream } from '../../../src/experiment/random';
import { describeModel } from '../../../src/model/model';
import { flatOf } from '../../../src/trainer/memory';
import { Share, slotsOf } from '../../../src/trainer/share';
import { addSums, applyUpdate, type BlockSums, clippingOf, gradientsOf, measureGradients } from '../../../src/trainer/update';
import { allBlocks, allocateWeights, blocksOver, initialiseWeights } from '../../../src/trainer/weights';
import { smallConfig } from './harness';

const engine = createReferenceEngine();

describe('shares', () => {
  it('take every slot once, whoever there are, and weigh about the same', () => {
    const lengths = [5000, ...Array.from({ length: 20 }, () => 500), 40];
    for (const of of [1, 2, 3, 5]) {
      const shares = Array.from({ length: of }, (_, index) => slotsOf(lengths, { index, of }));
      expect(shares.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, slot) => slot));
      const loads = shares.map((slots) => slots.reduce((sum, slot) => sum + (lengths[slot] ?? 0), 0));
      expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(of < 4 ? 500 : 5000);
    }
  });

  it('update to the same bits as one thread, with the same norms', async () => {
    const config = smallConfig({ tiedEmbeddings: false }, { averaging: 0 });
    const model = describeModel(config.model);
    const make = async () => {
      const weights = allocateWeights(engine, model, config, 3);
      await initialiseWeights(weights, config);
      const random = randomStream(4);
      for (const block of allBlocks(weights))
        flatOf(block.gradient).forEach((_, i, flat) => {
          (flat as Float32Array).fill(random.normal(), i, i + 1);
        });
      return weights;
    };
    const [alone, together] = [await make(), await make()];
    const blocks = allBlocks(together);
    const memory = {
      weights: blocks.map((block) => flatOf(block.weight)),
      gradients: blocks.map((block) => flatOf(block.gradient)),
      states: blocks.map((block) => block.state.flat),
    };
    const shares = [0, 1, 2].map((index) => new Share(engine, index === 0 ? blocks : blocksOver(model, config, memory), { index, of: 3 }));
    for (let step = 1; step <= 3; step++) {
      const at = { step, learningRate: 1e-2, microBatches: 2 };
      const whole = measureGradients(engine, alone, 2);
      const sums: BlockSums[] = [];
      for (const [slot, found] of shares.flatMap((share) => share.measure(2))) sums[slot] = found;
      const parts = gradientsOf(sums);
      expect(parts).toEqual(whole);
      applyUpdate(engine, alone, config, at, whole);
      for (const [slot, found] of shares.flatMap((share) => share.update(config, at, clippingOf(config, parts))))
        addSums(parts.sums[slot] as BlockSums, found);
      expect(parts).toEqual(whole);
    }
    allBlocks(alone).forEach((block, slot) => {
      expect(flatOf(blocks[slot]?.weight as never)).toEqual(flatOf(block.weight));
      expect(blocks[slot]?.state.flat).toEqual(block.state.flat);
    });
  });
});
