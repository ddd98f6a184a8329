import { describe, expect, it } from 'vitest';
import { describeCost } from '../../../src/model/cost';
import { smallConfig } from '../trainer/harness';

describe('describeCost', () => {
  it('counts GPT-1k exactly as the formula of methods.md does', () => {
    const [L, h, V] = [1000, 256, 50257];
    const config = smallConfig({
      layers: L,
      hidden: h,
      heads: 1,
      feedForward: 4 * h,
      context: 256,
      vocabulary: V,
      positions: 'none',
      tiedEmbeddings: false,
      finalNorm: true,
    });
    expect(describeCost(config).total).toBe(L * (12 * h * h + 13 * h) + 2 * h + 2 * V * h);
    expect((describeCost(config).total / 1e6).toFixed(2)).toBe('815.49');
  });

  it('counts GPT-2 small as its own formula does: V·C + T·C + L(12C² + 13C) + 2C', () => {
    const [L, C, T, V] = [12, 768, 1024, 50257];
    const config = smallConfig({
      scheme: 'pre-ln',
      layers: L,
      hidden: C,
      heads: 12,
      feedForward: 4 * C,
      context: T,
      vocabulary: V,
      finalNorm: true,
    });
    expect(describeCost(config).total).toBe(V * C + T * C + L * (12 * C * C + 13 * C) + 2 * C);
    expect(describeCost(config).total).toBe(124_439_808);
  });

  describe('of bert-base', () => {
    const base = {
      architecture: 'bert',
      scheme: 'post-ln',
      layers: 12,
      hidden: 768,
      heads: 12,
      feedForward: 3072,
      context: 512,
      vocabulary: 30522,
    } as const;

    it('counts the published 109,482,240 with pooler and without a head, and 2·769 more for two classes', () => {
      const { parameters, total } = describeCost(smallConfig({ ...base, objective: 'pair-class' }));
      const head = parameters.find(({ part }) => part === 'head')?.count ?? 0;
      expect(head).toBe(2 * 769);
      expect(total - head).toBe(109_482_240);
      expect(parameters.find(({ part }) => part === 'pooler')?.count).toBe(768 * 769);
    });

    it('counts 109,514,298 with the masked-token head and without a pooler', () => {
      const { total } = describeCost(smallConfig({ ...base, objective: 'masked-tokens' }));
      expect(total).toBe(109_482_240 - 768 * 769 + 768 * 769 + 2 * 768 + 30522);
      expect(total).toBe(109_514_298);
    });
  });

  it('charges for keeping activations', () => {
    const saving = describeCost(smallConfig({ layers: 100, hidden: 64 }, { activations: 'save' })).memoryTotal;
    expect(saving).toBeGreaterThan(describeCost(smallConfig({ layers: 100, hidden: 64 }, { activations: 'recompute' })).memoryTotal);
  });
});
