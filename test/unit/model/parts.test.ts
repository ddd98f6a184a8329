// What a configuration chooses inside sublayers: activations, norms, rotary positions, and what they cost.

import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { constant } from '../../../src/graph/constant';
import { matmul } from '../../../src/graph/contract';
import { input, type Value } from '../../../src/graph/value';
import { activationNamed } from '../../../src/model/activation';
import { rotated } from '../../../src/model/attention';
import { describeCost } from '../../../src/model/cost';
import { normalise } from '../../../src/model/norm';
import { evaluate } from '../engine/tensors';
import { smallConfig, smallModel } from '../trainer/harness';

async function of(build: (x: Value) => Value, values: readonly number[], shape: readonly number[]): Promise<number[]> {
  const x = input('x', shape);
  const { y = [] } = await evaluate(createReferenceEngine(), { name: 'part', inputs: { x }, outputs: { y: build(x) } }, { x: values });
  return y;
}

describe('activations', () => {
  it.each([
    ['gelu', [-1, 1], [-0.158655254, 0.841344746]],
    ['gelu-tanh', [-1, 1], [-0.158808009, 0.841191991]],
    ['relu', [-1, 1], [0, 1]],
    ['squared-relu', [-1, 1.5], [0, 2.25]],
    ['swiglu', [1, -1, 3, 2], [3 * 0.731058579, -2 * 0.268941421]],
  ])('%s is what its formula says', async (name, values, expected) => {
    const found = await of(activationNamed(name).apply, values, [1, values.length]);
    expect(found).toHaveLength(expected.length);
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 8);
    });
  });
});

describe('norms', () => {
  const parameters: Record<string, Value> = { 'n.gain': constant(2, [2]), 'n.bias': constant(1, [2]), 'n.alpha': constant(0.5, [1]) };
  const named = (norm: string) =>
    of((x) => normalise(smallModel({ norm, layerNormEpsilon: 1e-12 }), (name) => parameters[name] as Value, 'n', x), [3, 4], [1, 2]);

  it.each([
    ['layer-norm', [-1, 3]],
    ['rms-norm', [6 / Math.sqrt(12.5), 8 / Math.sqrt(12.5)]],
    ['dyt', [2 * Math.tanh(1.5) + 1, 2 * Math.tanh(2) + 1]],
  ])('%s is what its formula says', async (norm, expected) => {
    (await named(norm)).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 8);
    });
  });
});

describe('rotary positions', () => {
  const [T, D] = [5, 6];
  const vector = [0.3, -1.2, 0.7, 2, 0.1, -0.4];
  const everywhere = Array.from({ length: T }, () => vector).flat();

  it('turn pairs of channels by an angle that grows with the place', async () => {
    const turned = await of(rotated, [1, 0, 1, 0], [1, 1, 2, 2]);
    [1, 0, Math.cos(1), Math.sin(1)].forEach((value, i) => {
      expect(turned[i]).toBeCloseTo(value, 12);
    });
  });

  it('make products of queries and keys depend on their distance alone', async () => {
    const products = await of((x) => matmul(rotated(x), rotated(x), { transposeB: true }), everywhere, [1, 1, T, D]);
    for (let i = 1; i < T; i++)
      for (let j = 1; j < T; j++) expect(products[i * T + j]).toBeCloseTo(products[(i - 1) * T + j - 1] ?? Number.NaN, 10);
    expect(products[1]).not.toBeCloseTo(products[0] ?? Number.NaN, 3);
  });
});

describe('the cost', () => {
  const [L, C, F, D, T] = [4, 16, 64, 8, 8];
  const usual = describeCost(smallConfig()).total;

  it.each([
    ['a gate', { activation: 'swiglu' }, L * (C * F + F)],
    ['norms without bias', { norm: 'rms-norm' }, -L * 2 * C - C],
    ['norms of query and key', { queryKeyNorm: true }, L * 2 * 2 * D],
    ['norms that a scheme has already', { scheme: 'hybrid-norm', queryKeyNorm: true }, L * (3 * 2 * D - 2 * C)],
    ['rotary positions', { positions: 'rotary' as const }, -T * C],
  ])('counts the parameters of %s', (_, change, difference) => {
    expect(describeCost(smallConfig(change)).total).toBe(usual + difference);
  });
});
