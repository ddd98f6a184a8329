// Histograms over depth: what programs count between edges is what a look at every value counts, however
// the batch is cut, on both engines.

import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine';
import { createOnnxEngine } from '../../../src/engine/onnxruntime/engine';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { input } from '../../../src/graph/value';
import { binsOf, countedInPrograms, countInto, HISTOGRAM_EDGES, HISTOGRAM_NAMES } from '../../../src/model/histogram';
import type { Reduction } from '../../../src/model/statistic';
import { emptyPartials } from '../../../src/trainer/depth';
import { hasHistograms, histogramLayout, streamHistogram, weightHistogram } from '../../../src/trainer/histograms';
import { flatOf } from '../../../src/trainer/memory';
import { allBlocks } from '../../../src/trainer/weights';
import { evaluate } from '../engine/tensors';
import { smallConfig, trainer } from './harness';

const engines: readonly (readonly [name: string, create: () => Promise<Engine>])[] = [
  ['the float64 engine', async () => createReferenceEngine()],
  ['onnxruntime', () => createOnnxEngine()],
];
const tiny = { layers: 3, hidden: 8, feedForward: 16, context: 4, vocabulary: 11 };

function counted(name: 'activations' | 'gradients' | 'weights', values: ArrayLike<number>): number[] {
  const edges = HISTOGRAM_EDGES[name];
  const bins = new Float64Array(edges.length + 1);
  countInto(bins, edges, values);
  return [...bins];
}

describe('edges', () => {
  it.each(HISTOGRAM_NAMES)('of %s ascend, mirror each other and are the same in float32', (name) => {
    const edges = [...HISTOGRAM_EDGES[name]];
    expect(edges).toEqual([...edges].sort((a, b) => a - b));
    expect(edges).toEqual(edges.map((edge) => -edge).reverse());
    expect(edges).toEqual(edges.map(Math.fround));
  });

  it('go by half powers of ten from 1e-4 to 1e4 for activations', () => {
    const edges = HISTOGRAM_EDGES.activations;
    expect(edges).toHaveLength(34);
    expect([edges[17], edges[19], edges[25], edges[33]].map((edge) => Math.log10(edge ?? 0))).toEqual(
      [-4, -3, 0, 4].map((power) => expect.closeTo(power, 6)),
    );
  });
});

describe('a look at every value', () => {
  it('puts it above the edges that it exceeds, and what is no number nowhere', () => {
    const bins = new Float64Array(3);
    countInto(bins, Float64Array.of(-1, 1), [-2, -1, -0.5, 0, 1, 1.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]);
    expect([...bins]).toEqual([3, 3, 2]);
  });
});

describe.each(engines)('on %s', (_, create) => {
  it.each([1, 4])('a program counts the same, for %i micro-batches', async (microBatches) => {
    const engine = await create();
    const values = [0, -0, 1, -1, 1e-4, -1e-4, 31.6, -2e-3, 1e9, -1e9, 3e-9, -1e-15, 1e-13].map(Math.fround);
    const x = input('x', [values.length, 1]);
    const { forward = {}, backward = {} } = countedInPrograms(microBatches);
    const observed = { output: x, shape: { batch: 1, context: values.length } };
    const reduced = async (reductions: Readonly<Record<string, Reduction>>) => {
      const outputs = Object.fromEntries(
        Object.entries(reductions).flatMap(([name, { reduce }]) => {
          const value = reduce(observed, () => x);
          return value ? [[name, value]] : [];
        }),
      );
      const found = await evaluate(engine, { name: 'counts', inputs: { x }, outputs }, { x: values });
      return (name: string) => found[name]?.[0] ?? Number.NaN;
    };
    expect(binsOf('activations', await reduced(forward), values.length)).toEqual(counted('activations', values));
    const shares = values.map((value) => value / microBatches);
    expect(binsOf('gradients', await reduced(backward), values.length)).toEqual(counted('gradients', shares));
    await engine.dispose();
  });

  it('a step has the same histograms whether its batch is cut or not', async () => {
    const whole = (await trainer(createReferenceEngine(), smallConfig(tiny, { batch: 2 }))).batch(0, 0);
    const histograms = async (batch: number, accumulation: number) => {
      const config = smallConfig(tiny, { batch, accumulation, statistics: ['weight_norm'] });
      const { pass, weights } = await trainer(await create(), config, 0, true);
      const partials = emptyPartials(tiny.layers);
      for (let micro = 0; micro < accumulation; micro++) {
        const cut = (values: Int32Array) => values.slice(micro * batch * tiny.context, (micro + 1) * batch * tiny.context);
        await pass.train(
          { tokens: cut(whole.tokens), targets: cut(whole.targets) },
          { first: micro === 0, step: 7, sample: micro, counted: accumulation },
          partials,
        );
      }
      const elements = whole.tokens.length * tiny.hidden;
      return { streams: (['activations', 'gradients'] as const).map((name) => [...streamHistogram(name, partials, elements)]), weights };
    };
    const [one, two] = [await histograms(2, 1), await histograms(1, 2)];
    expect(one.streams).toEqual(two.streams);
    const bins = HISTOGRAM_EDGES.gradients.length + 1;
    for (const counts of one.streams) {
      expect(counts).toHaveLength((tiny.layers + 1) * bins);
      for (let row = 0; row <= tiny.layers; row++)
        expect(counts.slice(row * bins, (row + 1) * bins).reduce((a, b) => a + b, 0)).toBe(2 * tiny.context * tiny.hidden);
      expect(counts.some((count) => count > 0 && count < 2 * tiny.context * tiny.hidden)).toBe(true);
    }
    const row = [...weightHistogram(one.weights).subarray(2 * bins, 3 * bins)];
    const block = allBlocks(one.weights)[2];
    expect(row).toEqual(counted('weights', block ? flatOf(block.weight) : []));
  });
});

describe('the pace of histograms', () => {
  it('is their own, with the first step', () => {
    const at = (every: number) => [1, 2, 3, 4, 5, 6].filter((step) => hasHistograms(step, every));
    expect([at(0), at(1), at(3)]).toEqual([[], [1, 2, 3, 4, 5, 6], [1, 3, 6]]);
  });

  it('costs no program anything in between', async () => {
    const { pass, batch } = await trainer(createReferenceEngine(), smallConfig(tiny));
    const partials = emptyPartials(tiny.layers);
    await pass.train(batch(0, 0), { first: true, step: 3, sample: 0 }, partials);
    expect([...(partials[1]?.keys() ?? [])].filter((name) => name.includes('Above'))).toEqual([]);
  });

  it('has a head for weights only', () => {
    expect(histogramLayout('weights', 1).rows).toEqual(['embedding', 'layer 1', 'head']);
    expect(histogramLayout('gradients', 1).rows).toEqual(['embedding', 'layer 1']);
  });
});
