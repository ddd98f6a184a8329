// Depth statistics on both engines against plain loops over the tensors themselves in float64: pairs of
// tokens one by one, softmax by its definition, the largest by looking at each.

import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../src/data/batch';
import type { Engine } from '../../../src/engine/engine';
import { createOnnxEngine } from '../../../src/engine/onnxruntime/engine';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import type { ModelConfig } from '../../../src/experiment/config';
import { input } from '../../../src/graph/value';
import { traceBlock } from '../../../src/model/block';
import { CATALOGUE, schemeNamed } from '../../../src/model/catalogue';
import { embed, enter } from '../../../src/model/ends';
import { parameterInputs } from '../../../src/model/layout';
import { describeModel } from '../../../src/model/model';
import { pairCosines, turned } from '../../../src/model/similarity';
import { addPartial, STATISTIC_NAMES } from '../../../src/model/statistics';
import { depthLayout, emptyPartials } from '../../../src/trainer/depth';
import { flatOf } from '../../../src/trainer/memory';
import { feed } from '../../../src/trainer/pass';
import { evaluate } from '../engine/tensors';
import { ENCODERS, smallConfig, trainer, VARIANTS } from './harness';

const engines: readonly (readonly [name: string, create: () => Promise<Engine>, tolerance: number])[] = [
  ['the float64 engine', async () => createReferenceEngine(), 1e-6],
  ['onnxruntime', () => createOnnxEngine(), 1e-4],
];
const tiny = { layers: 2, hidden: 8, feedForward: 16, context: 5, vocabulary: 11 };
const models: readonly (readonly [string, Partial<ModelConfig>])[] = [
  ...CATALOGUE.schemes.map(({ name }) => [name, { scheme: name }] as const),
  ...[...VARIANTS, ...ENCODERS].filter(([, { dropout }]) => !dropout),
];
const PARTS = ['attention', 'feed_forward'] as const;

type Setup = Awaited<ReturnType<typeof trainer>>;
type Vector = ArrayLike<number>;

/** What layer l of a micro-batch made: streams by place, and the softmax's inputs [B, H, T, T]. */
interface Seen {
  readonly entering: Vector;
  readonly attention: Vector;
  readonly feed_forward: Vector;
  readonly logits: Vector;
}

/** The embedding's stream and what every layer made, computed in float64 from the weights. */
async function look(
  { weights }: Setup,
  model: ModelConfig,
  sequences: number,
  batch: Batch,
): Promise<{ embedded: Vector; layers: Seen[]; lengths: Int32Array | undefined }> {
  const engine = createReferenceEngine();
  const described = describeModel(model);
  const scheme = schemeNamed(model.scheme);
  const shape = { batch: sequences, context: model.context };
  const fed = feed(engine, batch, shape);
  const ids = input('tokens', [batch.tokens.length], 'int');
  const types = model.architecture === 'bert' ? { types: input('types', ids.type.shape, 'int') } : undefined;
  const parameters = parameterInputs(described.embedding);
  const embedded = embed(model, shape, parameters, ids, types?.types);
  const named = (carry: object) => Object.fromEntries(Object.entries(carry).map(([name, value]) => [`carry.${name}`, value]));
  const start = await engine.compile({
    name: 'start',
    inputs: { ...parameters, tokens: ids, ...types },
    outputs: { embedded, ...named(enter(model, scheme, parameters, embedded)) },
  });
  let { embedded: first, ...carry } = await start.run({ ...weights.embedding.weight.tensors, ...fed });
  const layers: Seen[] = [];
  for (const [i, block] of weights.layers.entries()) {
    const traced = traceBlock(model, scheme, described.kindOf(i + 1), shape, described.streams, []);
    const { attended, entering, sublayers } = traced;
    const watched = {
      entering,
      attention: sublayers.attention.output,
      feed_forward: sublayers.feed_forward.output,
      logits: attended.logits,
    };
    const layer = await engine.compile({ name: 'layer', inputs: traced.inputs, outputs: { ...named(traced.carry), ...watched } });
    const constants = Object.entries(described.constantsOf(i + 1)).map(([name, value]) => [`constant.${name}`, engine.tensor([value], [])]);
    const {
      entering: e,
      attention: a,
      feed_forward: f,
      logits: z,
      ...next
    } = await layer.run({ ...block.weight.tensors, ...carry, ...fed, ...Object.fromEntries(constants) });
    const [from, middle, to, scores] = await Promise.all([e, a, f, z].map((tensor) => engine.read(tensor as NonNullable<typeof tensor>)));
    layers.push({ entering: from as Vector, attention: middle as Vector, feed_forward: to as Vector, logits: scores as Vector });
    carry = next;
  }
  return { embedded: await engine.read(first as NonNullable<typeof first>), layers, lengths: batch.lengths };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const cosine = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, c) => sum + value * (b[c] ?? 0), 0) / Math.hypot(...a) / Math.hypot(...b);

/** Rows of C channels. */
function tokensOf(stream: Vector, C: number): number[][] {
  return Array.from({ length: stream.length / C }, (_, t) => Array.from({ length: C }, (_, c) => stream[t * C + c] ?? Number.NaN));
}

function tokenCosine(stream: Vector, { hidden, context: T }: ModelConfig): number {
  const tokens = tokensOf(stream, hidden);
  const pairs = tokens.flatMap((a, s) =>
    tokens.flatMap((b, t) => (s !== t && Math.floor(s / T) === Math.floor(t / T) ? [cosine(a, b)] : [])),
  );
  return mean(pairs);
}

const influence = (from: Vector, to: Vector, C: number): number => {
  const after = tokensOf(to, C);
  return mean(tokensOf(from, C).map((token, t) => 1 - cosine(token, after[t] ?? [])));
};

/** Row by row of the attention matrices, the places that a query may look at. */
function queriesOf(logits: Vector, { architecture, context: T, heads }: ModelConfig, lengths: Int32Array | undefined): number[][] {
  return Array.from({ length: logits.length / T }, (_, row) => {
    const keys = architecture === 'gpt' ? (row % T) + 1 : (lengths?.[Math.floor(row / (heads * T))] ?? T);
    return Array.from({ length: keys }, (_, k) => logits[row * T + k] ?? Number.NaN);
  });
}

function entropy(scores: readonly number[]): number {
  const powers = scores.map((score) => Math.exp(score));
  const all = powers.reduce((a, b) => a + b, 0);
  return powers.reduce((sum, power) => sum - (power / all) * Math.log(power / all), 0);
}

describe.each(engines)('on %s', (_, create, tolerance) => {
  it.each(models)('statistics of streams and attention are what loops give, under %s', async (_name, change) => {
    // Two micro-batches of two sequences: partials have to add up, and maxima must not.
    const config = smallConfig({ ...tiny, ...change }, { batch: 2, accumulation: 2 });
    const engine = await create();
    const measured = await trainer(engine, config, 0, true);
    const oracle = await trainer(createReferenceEngine(), config, 0, true);
    const seen = await Promise.all([0, 1].map((micro) => look(oracle, config.model, 2, oracle.batch(0, micro))));
    const { depth } = await measured.step();
    await engine.dispose();
    const check = (row: string, column: string, wanted: number): void => {
      const found = depth(row, column);
      expect(Math.abs(found - wanted), `${column} of ${row}: ${found}, not ${wanted}`).toBeLessThan(
        tolerance * Math.max(1e-3, Math.abs(wanted)),
      );
    };
    const { hidden: C } = config.model;
    check('embedding', 'token_cosine', mean(seen.map(({ embedded }) => tokenCosine(embedded, config.model))));
    for (let l = 1; l <= config.model.layers; l++) {
      const layers = seen.map(({ layers }) => layers[l - 1] as Seen);
      const row = `layer ${l}`;
      for (const part of PARTS) check(row, `token_cosine/${part}`, mean(layers.map((layer) => tokenCosine(layer[part], config.model))));
      check(row, 'token_cosine', mean(layers.map(({ feed_forward }) => tokenCosine(feed_forward, config.model))));
      check(row, 'block_influence', mean(layers.map(({ entering, feed_forward }) => influence(entering, feed_forward, C))));
      const queries = layers.flatMap(({ logits }, micro) => queriesOf(logits, config.model, seen[micro]?.lengths));
      check(row, 'attention_entropy', mean(queries.map(entropy)));
      check(row, 'attention_logit_max', Math.max(...queries.flat()));
      check(row, 'non_finite_count', 0);
    }
  });

  it('uniform attention has an entropy of log(T!)/T and a logit maximum of 0', async () => {
    const { step, weights } = await trainer(await create(), smallConfig(tiny));
    for (const block of weights.layers) flatOf(block.weight).fill(0, 0, 3 * tiny.hidden ** 2);
    const { depth } = await step();
    expect(depth('layer 2', 'attention_entropy')).toBeCloseTo(Math.log(1 * 2 * 3 * 4 * 5) / 5, 5);
    expect(depth('layer 2', 'attention_logit_max')).toBe(0);
  });

  it('attention to one token only has no entropy, not NaN', async () => {
    const { step, weights } = await trainer(await create(), smallConfig({ ...tiny, scheme: 'pre-ln', heads: 1 }));
    for (const block of weights.layers) {
      const qkv = flatOf(block.weight).subarray(0, 3 * tiny.hidden ** 2);
      qkv.forEach((value, i) => {
        qkv[i] = value * 1e6;
      });
    }
    const { depth } = await step();
    expect(depth('layer 1', 'attention_entropy')).toBeGreaterThanOrEqual(0);
    expect(depth('layer 1', 'attention_entropy')).toBeLessThan(1e-3);
    expect(depth('layer 1', 'attention_logit_max')).toBeGreaterThan(1e6);
  });

  it('sequences of one token have no pairs: a token cosine of 0, an entropy of 0', async () => {
    const { step } = await trainer(await create(), smallConfig({ ...tiny, context: 1 }));
    const { depth } = await step();
    expect(depth('layer 2', 'token_cosine')).toBe(0);
    expect(Math.abs(depth('layer 2', 'attention_entropy'))).toBe(0);
    expect(depth('layer 2', 'block_influence')).toBeGreaterThan(0);
  });

  it('what is not finite is counted where it is, through micro-batches', async () => {
    const config = smallConfig({ ...tiny, layers: 3 }, { batch: 2, accumulation: 2 });
    const { pass, weights, batch } = await trainer(await create(), config);
    const block = weights.layers[1] as (typeof weights.layers)[number];
    const bias = block.layout.entries.find(({ name }) => name === 'feed_forward.norm.bias');
    flatOf(block.weight)[bias?.offset ?? -1] = Number.NaN;
    flatOf(block.weight)[(bias?.offset ?? -1) + 1] = Number.POSITIVE_INFINITY;
    const partials = emptyPartials(3);
    for (const micro of [0, 1]) await pass.train(batch(0, micro), { first: micro === 0, step: 1, sample: 2 * micro }, partials);
    const elements = 4 * tiny.context * tiny.hidden;
    const count = (row: number, name: string) => partials[row]?.get(name);
    expect(count(1, 'feed_forward.nonFiniteOutput')).toBe(0);
    expect(count(2, 'attention.nonFiniteOutput')).toBe(0);
    expect(count(2, 'feed_forward.nonFiniteOutput')).toBe((2 * elements) / tiny.hidden);
    expect(count(3, 'attention.nonFiniteOutput')).toBe(elements);
    expect(count(3, 'feed_forward.nonFiniteCotangent')).toBe(elements);
    expect(count(2, 'attention.logitMaximum')).toBeLessThan(10);
    expect(count(3, 'attention.logitMaximum')).toBeNaN();
  });
});

describe('how alike tokens are', () => {
  const of = async (engine: Engine, rows: readonly (readonly number[])[], batch: number): Promise<number> => {
    const x = input('x', [rows.length, rows[0]?.length ?? 0]);
    const y = pairCosines(x, { batch, context: rows.length / batch });
    return (await evaluate(engine, { name: 'pairs', inputs: { x }, outputs: { y } }, { x: rows.flat() })).y?.[0] ?? Number.NaN;
  };

  it.each(engines)('is 1 for equal ones, 0 for orthogonal ones, −1 for opposite ones, on %s', async (_, create, tolerance) => {
    const engine = await create();
    const equal = [3e-3, -2e-3, 5e-3];
    expect(Math.abs((await of(engine, [equal, equal, equal, equal], 1)) / 12 - 1)).toBeLessThan(tolerance);
    expect(
      Math.abs(
        await of(
          engine,
          [
            [2, 0, 0],
            [0, 3, 0],
            [0, 0, 1e8],
          ],
          1,
        ),
      ),
    ).toBeLessThan(tolerance);
    expect(
      Math.abs(
        (await of(
          engine,
          [
            [1, 1, 0],
            [-2, -2, 0],
          ],
          1,
        )) + 2,
      ),
    ).toBeLessThan(tolerance);
    // Only within a sequence; a zero vector is like nothing.
    expect(
      Math.abs(
        (await of(
          engine,
          [
            [1, 0],
            [1, 0],
            [0, 1],
            [0, 1],
          ],
          2,
        )) - 4,
      ),
    ).toBeLessThan(tolerance);
    expect(
      await of(
        engine,
        [
          [0, 0],
          [0, 0],
        ],
        1,
      ),
    ).toBe(0);
  });

  it.each(engines)('tells a layer that does next to nothing from one that does nothing, on %s', async (_, create) => {
    const engine = await create();
    const [a, b] = [input('a', [1, 2]), input('b', [1, 2])];
    const program = { name: 'turn', inputs: { a, b }, outputs: { y: turned(a, b) } };
    const between = async (after: readonly number[]) => (await evaluate(engine, program, { a: [1, 0], b: after })).y?.[0] ?? Number.NaN;
    expect(await between([1, 0])).toBe(0);
    expect(Math.abs(await between([2, 0]))).toBeLessThan(1e-12);
    expect((await between([1, 1e-5])) / 5e-11).toBeCloseTo(1, 2);
    expect(await between([0, 3])).toBeCloseTo(1, 6);
    expect(await between([-1, 0])).toBeCloseTo(2, 6);
  });
});

describe('partials', () => {
  it('add up, or keep the largest, or stay NaN', () => {
    const target = new Map<string, number>();
    for (const value of [-3, -5, 2]) {
      addPartial(target, 'attention.logitMaximum', value);
      addPartial(target, 'attention.outputSquares', value);
    }
    expect([...target.values()]).toEqual([2, -6]);
    addPartial(target, 'attention.logitMaximum', Number.NaN);
    expect(target.get('attention.logitMaximum')).toBeNaN();
  });
});

describe('the choice of statistics', () => {
  it.each(engines)('decides the columns and changes neither loss nor gradients, on %s', async (_, create) => {
    const results = await Promise.all(
      [['weight_norm'], ['attention_entropy', 'gradient_rms'], STATISTIC_NAMES].map(async (statistics) => {
        const { step } = await trainer(await create(), smallConfig(tiny, { statistics }), 0, true);
        return step();
      }),
    );
    const [none, some, all] = results;
    for (const other of [some, all]) {
      expect(other?.loss).toBe(none?.loss);
      for (const [name, gradient] of none?.gradients ?? []) expect([...(other?.gradients.get(name) ?? [])], name).toEqual([...gradient]);
    }
    expect(some?.depth('layer 1', 'attention_entropy')).toBe(all?.depth('layer 1', 'attention_entropy'));
  });

  it('keeps the order of the table', () => {
    const { columns } = depthLayout(2, ['block_influence', 'weight_norm']);
    expect(columns).toEqual(['weight_norm', 'weight_norm/attention', 'weight_norm/feed_forward', 'block_influence']);
  });

  it('is among statistics that say what they are and where they come from', () => {
    for (const { formula, unit, source, documentation } of CATALOGUE.statistics) {
      for (const words of [formula, unit, source]) expect(words).not.toBe('');
      expect(documentation).toMatch(/\.$/);
    }
  });
});
