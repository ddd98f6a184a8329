// A run that is saved, thrown away and loaded goes on with the same bits: for every optimiser, with dropout,
// an average of the weights and accumulation. The process-wide version is in test/integration/trainer.test.ts.

import { unlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createOnnxEngine } from '../../../src/engine/onnxruntime/engine';
import { AVERAGED_FILE, CHECKPOINT_FORMAT, listCheckpoints, verifyCheckpoint } from '../../../src/experiment/checkpoints';
import type { ExperimentConfig } from '../../../src/experiment/config';
import { render } from '../../../src/experiment/messages';
import { createRun } from '../../../src/experiment/runDirectory';
import { SafetensorsReader } from '../../../src/experiment/safetensors';
import { OPTIMISERS, optimiserNamed } from '../../../src/model/catalogue';
import { loadCheckpoint, saveCheckpoint } from '../../../src/trainer/checkpoint';
import { allBlocks, type Weights } from '../../../src/trainer/weights';
import { scratch } from '../experiment/scratch';
import { smallConfig, trainer } from './harness';

const NAMES = OPTIMISERS.map(({ descriptor }) => descriptor.name);
const [BEFORE, AFTER] = [3, 3];

function configFor(name: string, averaging = 0.9): ExperimentConfig {
  const config = smallConfig(
    { layers: 2, dropout: 0.1, activation: 'swiglu', tiedEmbeddings: false },
    { accumulation: 2, averaging, activations: 'save' },
  );
  const { reads } = optimiserNamed(name).descriptor;
  return { ...config, optimiser: { ...config.optimiser, ...reads, name } };
}

async function save(weights: Weights, config: ExperimentConfig): Promise<string> {
  const { directory } = await createRun({ runs: path.join(scratch(), '.fathom', 'runs'), name: 'saved', config, kind: 'run' });
  const pinned = { engine: 'onnxruntime', engineVersion: '1', workers: 1, savedLayers: 0 } as const;
  await saveCheckpoint(directory, weights, {
    format: CHECKPOINT_FORMAT,
    step: BEFORE,
    position: { epoch: 0, index: 0 },
    config,
    pinned,
  });
  return (await listCheckpoints(directory))[0]?.folder ?? '';
}

async function losses({ step }: Awaited<ReturnType<typeof trainer>>, count: number): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i++) found.push((await step()).loss);
  return found;
}

/** Everything that is trained, kept or averaged. */
const everything = (weights: Weights): number[][] =>
  allBlocks(weights).map(({ weight, state, average }) => [...(weight.flat ?? []), ...state.flat, ...(average ?? [])]);

describe.each(NAMES)('%s', (name) => {
  it('resumed from its checkpoint has the bits of a run that goes on', async () => {
    const config = configFor(name);
    const engine = await createOnnxEngine();
    // Of two layers one saves and one recomputes.
    const whole = await trainer(engine, config, 1);
    await losses(whole, BEFORE);
    const folder = await save(whole.weights, config);
    const resumed = await trainer(engine, config, 1);
    await loadCheckpoint(folder, resumed.weights, config);
    resumed.resumeAfter(BEFORE);
    expect(await losses(resumed, AFTER)).toEqual(await losses(whole, AFTER));
    expect(everything(resumed.weights)).toEqual(everything(whole.weights));
    await engine.dispose();
  });
});

describe('a checkpoint', () => {
  const engine = createOnnxEngine();

  it('has a tensor for every state, named after its parameter', async () => {
    const expected: Record<string, Record<string, readonly number[]>> = {
      adamw: { 'first.layers.2.attention.qkv.weight': [16, 48], 'second.layers.2.attention.qkv.bias': [48] },
      adafactor: {
        'row.layers.2.attention.qkv.weight': [16],
        'column.layers.2.attention.qkv.weight': [48],
        'second.layers.2.attention.qkv.bias': [48],
        'row.embedding.tokens.weight': [32],
      },
      lion: { 'momentum.layers.2.attention.qkv.weight': [16, 48] },
      muon: { 'momentum.layers.2.attention.qkv.weight': [16, 48], 'first.layers.2.attention.qkv.bias': [48] },
      sgd: { 'momentum.layers.2.attention.qkv.weight': [16, 48] },
    };
    expect(Object.keys(expected).sort()).toEqual([...NAMES].sort());
    for (const [name, tensors] of Object.entries(expected)) {
      const config = configFor(name, 0);
      const { weights } = await trainer(await engine, config);
      const folder = await save(weights, config);
      const reader = await SafetensorsReader.open(path.join(folder, 'optimizer.safetensors'));
      expect(reader.metadata.optimiser).toBe(name);
      for (const [tensor, shape] of Object.entries(tensors)) expect(reader.info(tensor).shape, tensor).toEqual(shape);
      await reader.close();
    }
  });

  it('of another optimiser is one clear error', async () => {
    const config = configFor('lion');
    const { weights } = await trainer(await engine, config);
    const folder = await save(weights, config);
    const other = configFor('muon');
    const loading = loadCheckpoint(folder, (await trainer(await engine, other)).weights, other);
    const args = { path: path.join(folder, 'optimizer.safetensors'), value: 'lion', expected: 'muon' };
    await expect(loading).rejects.toMatchObject({ code: 'checkpoint-other-optimiser', args });
    expect(render('checkpoint-other-optimiser', args)).not.toMatch(/[{}]/);
  });

  it('whose average was lost is broken', async () => {
    const config = configFor('sgd');
    const folder = await save((await trainer(await engine, config)).weights, config);
    await verifyCheckpoint(folder);
    await unlink(path.join(folder, AVERAGED_FILE));
    await expect(verifyCheckpoint(folder)).rejects.toMatchObject({ code: 'checkpoint-broken' });
  });
});
