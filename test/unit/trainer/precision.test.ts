// Activations and cotangents that wait in 16 bits: what is computed stays as close as rounding lets it, on every engine
// that has such numbers, and a loss scale neither changes a result nor lets small gradients become 0.

import { describe, expect, it } from 'vitest';
import { createOnnxEngine } from '../../../src/engine/onnxruntime/engine';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import type { ExperimentConfig, ModelConfig } from '../../../src/experiment/config';
import { Failure } from '../../../src/experiment/failure';
import { render } from '../../../src/experiment/messages';
import { CATALOGUE } from '../../../src/model/catalogue';
import { LossScale } from '../../../src/trainer/lossScale';
import { openEngine } from '../../../src/trainer/openEngine';
import { endOf } from '../../../src/trainer/watchdog/report';
import { hasSoftwareAdapter } from '../../softwareAdapter';
import { distance, ENCODERS, length, smallConfig, trainer, VARIANTS } from './harness';

const HALF_ROUNDING = 2 ** -11;
const models: readonly (readonly [string, Partial<ModelConfig>])[] = [
  ...CATALOGUE.schemes.map(({ name }) => [name, { scheme: name }] as const),
  ...VARIANTS,
  ...ENCODERS,
];

const inHalves = (model: Partial<ModelConfig>): ExperimentConfig => smallConfig(model, { precision: 'float16' });

/** How far gradients are from those in float64, as a part of their length. */
async function error(config: ExperimentConfig): Promise<number> {
  const [exact, rounded] = await Promise.all(
    [{ ...config, training: { ...config.training, precision: 'float32' as const } }, config].map(async (each) => {
      const { step } = await trainer(createReferenceEngine(), each, 4, true);
      return [...(await step()).gradients.values()].flatMap((values) => [...values]);
    }),
  );
  return distance(rounded ?? [], exact ?? []) / length(exact ?? []);
}

describe.each(models)('halves under %s', (_, model) => {
  it('change gradients by their rounding and no more, saved or computed again', async () => {
    const off = await error(inHalves({ layers: 3, ...model }));
    expect(off).toBeGreaterThan(0);
    // A sum over a few roundings at each of three layers, both ways.
    expect(off).toBeLessThan(24 * HALF_ROUNDING);
  });
});

describe('training in halves', () => {
  it('follows training in float32, and is the same on onnxruntime as on the reference engine', async () => {
    const engine = await createOnnxEngine();
    for (const scheme of ['foundation', 'pre-ln']) {
      const config = inHalves({ scheme, layers: 4 });
      const whole = smallConfig({ scheme, layers: 4 });
      const [exact, reference, onnx] = await Promise.all([
        trainer(createReferenceEngine(), whole),
        trainer(createReferenceEngine(), config),
        trainer(engine, config, 4),
      ]);
      for (let step = 0; step < 20; step++) {
        const [wanted, found, other] = [await exact.step(), await reference.step(), await onnx.step()];
        expect(Math.abs(found.loss - wanted.loss)).toBeLessThan(4e-3);
        expect(Math.abs(other.loss - found.loss)).toBeLessThan(4e-3);
        // Statistics are of what was computed: no loss scale is in them.
        for (const column of ['gradient_rms', 'activation_rms'])
          expect(Math.abs(found.depth('layer 1', column) / wanted.depth('layer 1', column) - 1)).toBeLessThan(0.05);
      }
    }
    await engine.dispose();
  });

  it('has the same gradients at every loss scale, until they are too small for halves or too large', async () => {
    const config = inHalves({ layers: 3 });
    const at = async (lossScale: number) => {
      const { step } = await trainer(createReferenceEngine(), config, 0, false, 1, 'products', lossScale);
      return step();
    };
    const [some, more, less, most] = [await at(2 ** 15), await at(2 ** 17), await at(2 ** -16), await at(2 ** 40)];
    for (const [name, values] of some.gradients) {
      const off = distance(more.gradients.get(name) ?? [], values);
      expect(off, name).toBeLessThanOrEqual(1e-5 * length(values));
    }
    const layer = 'layers.1.attention.qkv.weight';
    const gradient = some.gradients.get(layer) ?? [];
    expect(distance(less.gradients.get(layer) ?? [], gradient)).toBeGreaterThan(0.01 * length(gradient));
    expect(most.norm).toBeNaN();
    expect(most.loss).toBe(some.loss);
  });

  it('is refused before it begins by an engine that has no such numbers', async () => {
    const failure = await openEngine('tfjs', 'float16').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'precision-unavailable', args: { field: 'training.precision', engine: 'tfjs' } });
    expect((await openEngine('onnxruntime', 'float16')).engine.identity.name).toBe('onnxruntime');
  });

  it.skipIf(!hasSoftwareAdapter())('is refused on a card without such numbers, in its driver’s own words', async () => {
    const failure = await openEngine('webgpu-software', 'float16').catch((error: unknown) => error);
    const isRefused = failure instanceof Failure;
    if (isRefused)
      expect(render(failure.code, failure.args)).toMatch(/webgpu-software cannot compute with numbers of 16 bits here \(.*f16/s);
    else expect(failure).toMatchObject({ engine: { identity: { name: 'webgpu-software' } } });
  });
});

describe('a run in halves', () => {
  it('that ends since something outgrew them is told to take all bits', () => {
    const trouble = { kind: 'loss', place: 'head', part: 'head', inMemory: false, once: true } as const;
    const end = { step: 5, loss: Number.NaN, learningRate: 1e-3, good: 4 };
    expect(endOf(trouble, { ...end, precision: 'float32' }).code).toBe('non-finite-once');
    const { code, args } = endOf(trouble, { ...end, precision: 'float16' });
    expect(render(code, args)).toContain(
      'grown beyond 65504. The state after step 4 is saved; fork the run from there with training.precision float32',
    );
  });
});

describe('a loss scale', () => {
  it('shrinks until gradients fit, and grows again after a while', () => {
    const scaling = new LossScale();
    const first = scaling.scale;
    expect(scaling.overflowed()).toBe(true);
    expect(scaling.scale).toBe(first / 16);
    for (let step = 0; step < 199; step++) scaling.passed();
    expect(scaling.scale).toBe(first / 16);
    scaling.passed();
    expect(scaling.state).toEqual({ scale: first / 8, clean: 0 });
    while (scaling.overflowed());
    expect(scaling.scale).toBe(1);
    for (let step = 0; step < 100_000; step++) scaling.passed();
    expect(scaling.scale).toBe(2 ** 24);
  });
});
