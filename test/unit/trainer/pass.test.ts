// The block-by-block pass on the float64 engine: its gradients are those of the loss, its statistics
// those of their formulas, whatever is saved and however the batch is cut.

import { describe, expect, it } from 'vitest';
import type { Batch } from '../../../src/data/batch';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import type { ModelConfig } from '../../../src/experiment/config';
import { sizeOf } from '../../../src/graph/value';
import { CATALOGUE } from '../../../src/model/catalogue';
import { flatOf } from '../../../src/trainer/memory';
import { distance, ENCODERS, length, smallConfig, trainer, VARIANTS } from './harness';

const tiny = { layers: 2, hidden: 8, feedForward: 16, context: 4, vocabulary: 11 };
const models: readonly (readonly [string, Partial<ModelConfig>])[] = [
  ...CATALOGUE.schemes.map(({ name }) => [name, { scheme: name }] as const),
  ...VARIANTS,
  ...ENCODERS,
];

/** Compares one element of every parameter. */
async function checkGradients(model: Partial<ModelConfig>): Promise<void> {
  const config = smallConfig({ ...tiny, ...model });
  const { step } = await trainer(createReferenceEngine(), config, 0, true);
  const { gradients } = await step();
  const fresh = await trainer(createReferenceEngine(), config, 0, true);
  const batch = fresh.batch(0, 0);
  // Dropout strikes while training only.
  const loss = () => (config.model.dropout > 0 ? fresh.pass.train(batch, { first: true, step: 1, sample: 0 }) : fresh.pass.evaluate(batch));
  const places = [
    { block: fresh.weights.embedding, prefix: '' },
    { block: fresh.weights.layers[0], prefix: 'layers.1.' },
    { block: fresh.weights.layers[1], prefix: 'layers.2.' },
    { block: fresh.weights.head, prefix: '' },
  ];
  for (const { block, prefix } of places) {
    for (const entry of block?.layout.entries ?? []) {
      const flat = flatOf((block as NonNullable<typeof block>).weight);
      const element = Math.min(1, sizeOf(entry.shape) - 1);
      const at = entry.offset + element;
      const before = flat[at] ?? 0;
      flat[at] = before + 1e-5;
      const up = await loss();
      flat[at] = before - 1e-5;
      const down = await loss();
      flat[at] = before;
      const numeric = (up - down) / 2e-5;
      const analytic = gradients.get(prefix + entry.name)?.[element] ?? Number.NaN;
      expect(Math.abs(analytic - numeric), prefix + entry.name).toBeLessThan(1e-7 + 1e-5 * Math.abs(numeric));
    }
  }
}

describe.each(models)('a pass under %s', (_, model) => {
  it('has the gradient that finite differences of the loss have', () => checkGradients(model));

  it('is the same whether layers save, recompute or do so by segments', async () => {
    const plans = [
      [0, 1, 'nothing'],
      [4, 1, 'attention'],
      [4, 1, 'products'],
      [2, 1, 'products'],
      [4, 1, 'sums'],
      [0, 2, 'sums'],
      [0, 3, 'sums'],
    ] as const;
    const [recomputing, ...others] = await Promise.all(
      plans.map(async ([saved, segment, kept]) =>
        (await trainer(createReferenceEngine(), smallConfig(model), saved, false, segment, kept)).step(),
      ),
    );
    for (const other of others) {
      for (const [name, gradient] of recomputing?.gradients ?? [])
        expect(distance(other.gradients.get(name) ?? [], gradient)).toBeLessThan(1e-12 * Math.max(1, length(gradient)));
      for (const column of ['branch_ratio', 'gradient_rms'])
        expect(other.depth('layer 2', column)).toBeCloseTo(recomputing?.depth('layer 2', column) ?? 0, 6);
    }
  });
});

it.each(CATALOGUE.schemes.map(({ name }) => name))('an encoder under %s has the gradient that finite differences have', (scheme) =>
  checkGradients({ architecture: 'bert', objective: 'masked-tokens', layers: 2, hidden: 4, feedForward: 8, scheme }),
);

describe('statistics over depth', () => {
  it('follow their formulas', async () => {
    const config = smallConfig({ scheme: 'post-ln' });
    const { step, parameters } = await trainer(createReferenceEngine(), config);
    const before = parameters();
    const { gradients, depth, norm } = await step();
    const after = parameters();
    // A LayerNorm with gain 1 and bias 0 leaves an RMS of 1.
    expect(depth('layer 3', 'activation_rms')).toBeCloseTo(1, 2);
    const names = [...after.keys()].filter((name) => name.startsWith('layers.3.'));
    const over = (values: (name: string) => number, part = ''): number =>
      Math.sqrt(names.filter((name) => name.includes(part)).reduce((sum, name) => sum + values(name) ** 2, 0));
    const gradientNorm = over((name) => length(gradients.get(name) ?? []));
    expect(depth('layer 3', 'gradient_norm')).toBeCloseTo(gradientNorm, 5);
    expect(depth('layer 3', 'gradient_norm/attention')).toBeCloseTo(
      over((name) => length(gradients.get(name) ?? []), '.attention.'),
      5,
    );
    const weightNorm = over((name) => length(after.get(name) ?? []));
    expect(depth('layer 3', 'weight_norm')).toBeCloseTo(weightNorm, 4);
    const update = over((name) => distance(after.get(name) ?? [], before.get(name) ?? []));
    expect(depth('layer 3', 'update_ratio') / (update / weightNorm)).toBeCloseTo(1, 5);
    const total = Math.sqrt([...gradients.values()].reduce((sum, gradient) => sum + length(gradient) ** 2, 0));
    expect(norm).toBeCloseTo(total, 8);
  });

  it('are the same for one batch and for the same sequences in two micro-batches', async () => {
    const whole = await trainer(createReferenceEngine(), smallConfig({}, { batch: 2 }));
    const cut = await trainer(createReferenceEngine(), smallConfig({}, { batch: 1, accumulation: 2 }));
    const parts = [0, 1].map((micro) => cut.batch(0, micro));
    const together = (of: (part: Batch) => Int32Array) => Int32Array.from(parts.flatMap((part) => [...of(part)]));
    whole.batch = () => ({ tokens: together((part) => part.tokens), targets: together((part) => part.targets) });
    const a = await feed(whole, 1);
    const b = await feed(cut, 2);
    expect(b).toBeCloseTo(a, 10);
  });

  it('record nothing about blocks that are frozen but their norms', async () => {
    const { step } = await trainer(createReferenceEngine(), smallConfig({}, { freeze: 'blocks' }));
    const { depth } = await step();
    expect(depth('layer 2', 'update_ratio')).toBe(0);
    expect(depth('layer 2', 'weight_norm')).toBeGreaterThan(0);
    expect(depth('embedding', 'update_ratio')).toBeGreaterThan(0);
  });
});

async function feed({ pass, batch, weights }: Awaited<ReturnType<typeof trainer>>, microBatches: number): Promise<number> {
  for (let micro = 0; micro < microBatches; micro++) await pass.train(batch(0, micro), { first: micro === 0, step: 1, sample: micro });
  return length(flatOf((weights.layers[1] as NonNullable<(typeof weights.layers)[1]>).gradient)) / microBatches;
}
