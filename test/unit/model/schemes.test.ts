// What tells schemes apart: exact numbers of parameters, what they are at the start, kinds of layers.

import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import type { ModelConfig } from '../../../src/experiment/config';
import { CATALOGUE } from '../../../src/model/catalogue';
import { describeCost } from '../../../src/model/cost';
import { describeModel, layerFactors } from '../../../src/model/model';
import { blockPrograms } from '../../../src/model/programs';
import { allocateWeights, initialiseWeights } from '../../../src/trainer/weights';
import { distance, smallConfig, smallModel, trainer } from '../trainer/harness';

const [L, C, F, H, V, T] = [4, 16, 64, 2, 32, 8];
const D = C / H;
/** Weights and biases of one layer without its norms, and one LayerNorm over C. */
const PLAIN = 4 * C * C + 4 * C + 2 * C * F + F + C;
const NORM = 2 * C;

/** Of one layer beyond its weights and biases, and of the ends beyond embeddings and final norm. */
const BEYOND: Readonly<Record<string, readonly [layer: number, ends: number]>> = {
  foundation: [2 * NORM, 0],
  upscale: [2 * NORM, 0],
  deepnorm: [2 * NORM, 0],
  'post-ln': [2 * NORM, 0],
  'pre-ln': [2 * NORM, 0],
  'sub-ln': [3 * NORM + 2 * F, 0],
  rezero: [2, 0],
  layerscale: [2 * NORM + 2 * C, 0],
  admin: [2 * NORM + 2 * C, 0],
  'sandwich-ln': [4 * NORM, 0],
  'peri-ln': [4 * NORM, NORM],
  normformer: [3 * NORM + H + 2 * F, 0],
  'layernorm-scaling': [2 * NORM, 0],
  'mix-ln': [2 * NORM, 0],
  b2t: [2 * NORM, 0],
  residual: [2 * NORM, NORM],
  'hybrid-norm': [NORM + 3 * 2 * D, 0],
  dyt: [2 * (NORM + 1), 2],
  keel: [4 * NORM, 0],
  completep: [2 * NORM, 0],
  'hyper-connections': [2 * (2 * NORM + 4 * 5 + 4 + C * 5 + C + 2), 0],
};

/** What layer 1 makes of equal streams at the start, by stream. */
async function firstLayer(change: Partial<ModelConfig>): Promise<{ from: Float64Array; to: ArrayLike<number>[] }> {
  const config = smallConfig(change);
  const model = describeModel(config.model);
  const engine = createReferenceEngine();
  const weights = allocateWeights(engine, model, config);
  await initialiseWeights(weights, config);
  const shape = { batch: 1, context: T };
  const { forward } = blockPrograms(model, model.kindOf(1), shape, 'nothing', { statistics: [], dropping: true });
  const from = Float64Array.from({ length: T * C }, (_, i) => Math.sin(1.3 * i));
  const carries = Object.fromEntries(model.streams.map((name) => [`carry.${name}`, engine.tensor(from, [T, C])]));
  const executable = await engine.compile(forward);
  const constants = Object.entries(model.constantsOf(1)).map(([name, value]) => [`constant.${name}`, engine.tensor([value], [])]);
  const outputs = await executable.run({ ...weights.layers[0]?.weight.tensors, ...carries, ...Object.fromEntries(constants) });
  return { from, to: await Promise.all(Object.values(outputs).map((output) => engine.read(output))) };
}

describe('every scheme', () => {
  it.each(CATALOGUE.schemes.map((scheme) => scheme.name))('%s has the parameters that its formula has', (scheme) => {
    const [layer, ends] = BEYOND[scheme] ?? [Number.NaN, Number.NaN];
    const model = smallModel({ scheme });
    const embeddings = V * C + T * C;
    const finalNorm = model.finalNorm ? NORM : 0;
    expect(describeCost(smallConfig({ scheme })).total).toBe(L * (PLAIN + layer) + embeddings + finalNorm + ends);
  });

  it.each(CATALOGUE.schemes)('$name says where it comes from and starts as something that there is', (scheme) => {
    expect(CATALOGUE.initialisations.map(({ name }) => name)).toContain(scheme.defaultInitialisation);
    expect(scheme.source).toMatch(/arXiv \d{4}\.\d{5}/);
    expect(scheme.documentation).toMatch(/\.$/);
  });
});

describe('at the start', () => {
  it('ReZero is the identity', async () => {
    const { from, to } = await firstLayer({ scheme: 'rezero' });
    expect(Array.from(to[0] ?? [])).toEqual(Array.from(from));
  });

  it('LayerScale is the identity but for its small factors', async () => {
    const { from, to } = await firstLayer({ scheme: 'layerscale', schemeOptions: { start: 1e-6 } });
    expect(distance(to[0] ?? [], from)).toBeLessThan(1e-5);
    expect(distance(to[0] ?? [], from)).toBeGreaterThan(0);
  });

  it('every stream of Hyper-Connections is that of Pre-LN', async () => {
    const [{ to: plain }, { to: streams }] = [await firstLayer({ scheme: 'pre-ln' }), await firstLayer({ scheme: 'hyper-connections' })];
    expect(streams).toHaveLength(4);
    for (const stream of streams) expect(distance(stream, plain[0] ?? [])).toBeLessThan(1e-12);
  });

  it('LayerScale takes its factors by depth', () => {
    const startAt = (layers: number) =>
      describeModel(smallModel({ scheme: 'layerscale', layers }))
        .kindOf(1)
        .layout.entries.find(({ name }) => name === 'attention.scale')?.start;
    expect([18, 24, 25].map(startAt)).toEqual([0.1, 1e-5, 1e-6]);
  });
});

describe('kinds of layers', () => {
  const kinds = (change: Partial<ModelConfig>) => {
    const { kindOf } = describeModel(smallModel({ layers: 8, ...change }));
    return Array.from({ length: 8 }, (_, i) => kindOf(i + 1).name).join(' ');
  };

  it('are two under Mix-LN: a quarter Post-LN, the rest Pre-LN', () => {
    expect(kinds({ scheme: 'mix-ln' })).toBe('post-ln post-ln pre-ln pre-ln pre-ln pre-ln pre-ln pre-ln');
  });

  it('are two under Keel only if the first layer is to differ', () => {
    expect(kinds({ scheme: 'keel' })).toBe('block '.repeat(8).trim());
    expect(kinds({ scheme: 'keel', schemeOptions: { preNormFirst: 1 } })).toBe(`first ${'block '.repeat(7).trim()}`);
  });

  it('are one where only a number varies', () => {
    const model = describeModel(smallModel({ layers: 9, scheme: 'layernorm-scaling' }));
    expect(model.kinds).toHaveLength(1);
    expect(model.constantsOf(9)).toEqual({ scale: 1 / 3 });
  });
});

describe('CompleteP', () => {
  const schemeOptions = { baseLayers: 1, exponent: 0.5 };

  it('carries rate and epsilon of the tuned depth over to this one', () => {
    expect(layerFactors(smallModel({ scheme: 'completep', schemeOptions }))).toEqual({ learningRate: 0.5, epsilon: 0.5 });
    expect(layerFactors(smallModel({ scheme: 'completep', schemeOptions: { baseLayers: 1, exponent: 1 } }))).toEqual({
      learningRate: 1,
      epsilon: 0.25,
    });
  });

  it('lets layers move by that rate, the ends by the whole one', async () => {
    const { optimiser, ...rest } = smallConfig({ scheme: 'completep', schemeOptions });
    const { step, parameters } = await trainer(createReferenceEngine(), {
      ...rest,
      optimiser: { ...optimiser, weightDecay: 0, epsilon: 1e-16 },
    });
    const before = parameters();
    await step();
    const after = parameters();
    const moved = (name: string) => Math.abs((after.get(name)?.[0] ?? 0) - (before.get(name)?.[0] ?? 0));
    expect(moved('layers.2.feed_forward.out.weight') / optimiser.learningRate).toBeCloseTo(0.5, 6);
    expect(moved('head.norm.gain') / optimiser.learningRate).toBeCloseTo(1, 6);
  });
});
