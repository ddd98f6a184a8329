// Updating inside the backward pass takes the same steps as updating after it, without keeping gradients.

import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { OPTIMISERS } from '../../../src/model/catalogue';
import { flatOf } from '../../../src/trainer/memory';
import { smallConfig, trainer } from './harness';

const configured = (fusedUpdate: boolean, optimiser: Partial<ReturnType<typeof smallConfig>['optimiser']>, tiedEmbeddings = true) => {
  const config = smallConfig({ layers: 3, tiedEmbeddings }, { fusedUpdate, accumulation: 1 });
  return { ...config, optimiser: { ...config.optimiser, clip: 0, ...optimiser } };
};

describe('the fused update', () => {
  it.each(OPTIMISERS.map(({ descriptor: { name } }) => [name] as const))('takes the steps of %s, bit for bit', async (name) => {
    const [after, inside] = await Promise.all([false, true].map((fused) => trainer(createReferenceEngine(), configured(fused, { name }))));
    for (let i = 0; i < 3; i++) {
      const [expected, found] = [await after?.step(), await inside?.step()];
      expect(found?.loss).toBe(expected?.loss);
      expect(found?.norm).toBe(expected?.norm);
      for (const column of ['update_ratio', 'gradient_norm', 'weight_norm'])
        for (const row of ['embedding', 'layer 2', 'head']) expect(found?.depth(row, column)).toEqual(expected?.depth(row, column));
    }
    expect(inside?.parameters()).toEqual(after?.parameters());
  });

  it.each([
    [0, 1],
    [3, 1],
    [0, 2],
  ])('does so whatever layers keep (%i saved, segments of %i)', async (saved, segment) => {
    const run = (fused: boolean) => trainer(createReferenceEngine(), configured(fused, {}, false), saved, false, segment);
    const [after, inside] = [await run(false), await run(true)];
    for (let i = 0; i < 2; i++) expect((await inside.step()).loss).toBe((await after.step()).loss);
    expect(inside.parameters()).toEqual(after.parameters());
  });

  it('keeps one gradient for all layers of a kind', async () => {
    const { weights } = await trainer(createReferenceEngine(), configured(true, {}));
    expect(new Set(weights.layers.map(({ gradient }) => flatOf(gradient))).size).toBe(1);
  });
});
