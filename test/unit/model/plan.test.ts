// What a run is planned to take: the plan follows from the memory at hand, fastest first.

import { describe, expect, it } from 'vitest';
import { planMemory } from '../../../src/model/plan';
import { smallConfig } from '../trainer/harness';

const GB = 1e9;
const deep = {
  ...smallConfig({ layers: 400, hidden: 64, context: 128, vocabulary: 256 }, { activations: 'auto', batch: 8 }),
  engine: { name: 'auto', workers: 0 },
} as const;
const of = (memory: number, cores = 4, change: Partial<typeof deep.training> = {}) =>
  planMemory({ ...deep, training: { ...deep.training, ...change } }, { cores, memory });

describe('planMemory', () => {
  it('keeps everything where there is room, some where there is less, and goes by segments before it drops a thread', () => {
    const roomy = of(100 * GB);
    expect(roomy).toMatchObject({ workers: 4, kept: 'attention', savedLayers: 400, segment: 1 });
    const products = of(roomy.total / 0.6 - 0.1 * GB);
    expect(products).toMatchObject({ workers: 4, kept: 'products', savedLayers: 400, segment: 1 });
    const sums = of(products.total / 0.6 - 0.1 * GB);
    expect(sums).toMatchObject({ workers: 4, kept: 'sums', savedLayers: 400, segment: 1 });
    const between = of(sums.total / 0.6 - 0.1 * GB);
    expect(between).toMatchObject({ workers: 4, kept: 'sums', segment: 1 });
    expect(between.savedLayers).toBeGreaterThan(0);
    expect(between.savedLayers).toBeLessThan(400);
    const lean = of(100 * GB, 4, { activations: 'segments' });
    expect(lean.segment).toBe(12);
    expect(lean.total).toBeLessThan(of(100 * GB, 4, { activations: 'recompute' }).total);
    expect(of((lean.total + 1) / 0.6)).toMatchObject({ workers: 4, segment: 12 });
    expect(of((lean.total - 1e6) / 0.6).workers).toBeLessThan(4);
  });

  it('stays within what the configuration allows, and says so where nothing does', () => {
    const limited = of(100 * GB, 4, { memoryLimit: 0.7 });
    expect(limited.limit).toBe(0.7 * GB);
    expect(limited.total).toBeLessThanOrEqual(0.7 * GB);
    const impossible = of(100 * GB, 4, { memoryLimit: 0.1 });
    expect(impossible.total).toBeGreaterThan(impossible.limit);
    expect(impossible.workers).toBe(1);
  });

  it('uses the threads that are asked for, and only numbers that divide the batch', () => {
    expect(planMemory({ ...deep, engine: { ...deep.engine, workers: 2 } }, { cores: 16, memory: 100 * GB }).workers).toBe(2);
    expect(of(100 * GB, 3).workers).toBe(2);
    expect(planMemory({ ...deep, engine: { name: 'reference', workers: 0 } }, { cores: 16, memory: 100 * GB }).workers).toBe(1);
  });

  it('counts optimiser state, averages and larger batches', () => {
    const base = of(100 * GB);
    expect(of(100 * GB, 4, { averaging: 0.99 }).total).toBeGreaterThan(base.total);
    expect(of(100 * GB, 4, { batch: 16 }).total).toBeGreaterThan(base.total);
    const lion = planMemory({ ...deep, optimiser: { ...deep.optimiser, name: 'lion' } }, { cores: 4, memory: 100 * GB });
    expect(lion.total).toBeLessThan(base.total);
  });

  it('counts half as much for what waits in float16', () => {
    const [whole, half] = [of(100 * GB), of(100 * GB, 4, { precision: 'float16' })];
    const bytes = ({ rows }: typeof whole, part: string): number | undefined => rows.find((row) => row.part === part)?.bytes;
    for (const part of ['activations between layers', 'activations kept by layers'])
      expect(bytes(half, part)).toBe((bytes(whole, part) ?? 0) / 2);
    expect(bytes(half, 'weights and gradients')).toBe(bytes(whole, 'weights and gradients'));
  });
});
