// A full GPT on every engine against the float64 reference, under every scheme and with every choice inside
// sublayers: gradients per tensor, and the weights after five optimiser steps.

import { describe, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine';
import { createOnnxEngine } from '../../src/engine/onnxruntime/engine';
import { createReferenceEngine } from '../../src/engine/reference/engine';
import { createTfjsEngine } from '../../src/engine/tfjs/engine';
import { createWebGpuEngine } from '../../src/engine/webgpu/engine';
import type { ExperimentConfig, ModelConfig } from '../../src/experiment/config';
import { CATALOGUE } from '../../src/model/catalogue';
import { hasSoftwareAdapter } from '../softwareAdapter';
import { distance, ENCODERS, length, type StepResult, smallConfig, trainer, VARIANTS } from '../unit/trainer/harness';

type Model = readonly [string, Partial<ModelConfig>];

const models: readonly Model[] = [...CATALOGUE.schemes.map(({ name }) => [name, { scheme: name }] as const), ...VARIANTS, ...ENCODERS];
const GRADIENT_TOLERANCE = 1e-5;
const STEPS = 5;
const WEIGHT_TOLERANCE = 1e-4;

/** Slower engines train one scheme and an encoder. */
const FEW = models.filter(([name]) => name === 'deepnorm' || name === 'BERT, masked tokens');

const engines: readonly {
  name: string;
  create: () => Promise<Engine>;
  trained: readonly Model[];
  saving: readonly number[];
  absent?: boolean;
}[] = [
  { name: 'onnxruntime', create: () => createOnnxEngine(), trained: models, saving: [0, 4] },
  {
    name: 'onnxruntime with all loops that there can be',
    create: () => createOnnxEngine({ worth: Number.NEGATIVE_INFINITY }),
    trained: models,
    saving: [4],
  },
  { name: 'tfjs', create: () => createTfjsEngine(), trained: FEW, saving: [0, 4] },
  {
    name: 'webgpu',
    create: () => createWebGpuEngine({ name: 'webgpu-software', device: 'SwiftShader' }),
    // A software adapter takes seconds for every program that it compiles.
    trained: FEW.filter(([name]) => name === 'deepnorm'),
    saving: [0],
    absent: !hasSoftwareAdapter(),
  },
];

describe.skipIf(hasSoftwareAdapter())('WebGPU', () => {
  it.skip('is left out: no SwiftShader beside a Chromium on this machine', () => undefined);
});

interface Exact {
  readonly config: ExperimentConfig;
  readonly steps: readonly StepResult[];
  readonly parameters: ReadonlyMap<string, Float64Array>;
}

/** In float64, once for all engines. */
const known = new Map<string, Promise<Exact>>();

async function inFloat64(model: Partial<ModelConfig>): Promise<Exact> {
  const small = smallConfig({ ...model, hidden: 32, feedForward: 128, context: 16, vocabulary: 64 });
  const config = { ...small, optimiser: { ...small.optimiser, learningRate: 1e-3 } };
  const oracle = await trainer(createReferenceEngine(), config, 0, true);
  const steps: StepResult[] = [];
  for (let step = 0; step < STEPS; step++) steps.push(await oracle.step());
  return { config, steps, parameters: oracle.parameters() };
}

describe.each(engines.filter(({ absent }) => !absent))('$name agrees with float64', ({ create, trained, saving }) => {
  it.each(trained)('on a 4-layer GPT under %s', async (name, model) => {
    const found = known.get(name) ?? inFloat64(model);
    known.set(name, found);
    const { config, steps: exact, parameters } = await found;
    const engine = await create();
    for (const saved of saving) {
      const device = await trainer(engine, config, saved, true);
      for (const { loss, gradients, norm } of exact) {
        const found = await device.step();
        expect(Math.abs(found.loss - loss)).toBeLessThan(1e-5 * loss);
        if (loss !== exact[0]?.loss) continue;
        for (const [name, gradient] of gradients) {
          // A lone number's gradient is one sum over everything, in which most cancels.
          const floor = gradient.length === 1 ? 1e-2 : 1e-3;
          const bound = GRADIENT_TOLERANCE * Math.max(length(gradient), floor * norm);
          expect(distance(found.gradients.get(name) ?? [], gradient), `gradient of ${name}, saving ${saved} layers`).toBeLessThanOrEqual(
            bound,
          );
        }
      }
      const weights = device.parameters();
      for (const [name, values] of parameters) {
        const off = distance(withoutKeyBias(name, weights.get(name) ?? new Float64Array()), withoutKeyBias(name, values));
        expect(off, name).toBeLessThan(WEIGHT_TOLERANCE * Math.max(1, length(values)));
      }
    }
    await engine.dispose();
  });
});

/** The gradient of a key bias is zero but for rounding, which Adam divides by itself: where it goes is chance. */
function withoutKeyBias(name: string, values: Float64Array): Float64Array {
  return name.endsWith('qkv.bias') ? values.map((value, i) => (Math.floor((3 * i) / values.length) === 1 ? 0 : value)) : values;
}
