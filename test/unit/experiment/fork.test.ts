import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { listCheckpoints, writeCheckpoint } from '../../../src/experiment/checkpoints';
import type { ExperimentConfig } from '../../../src/experiment/config';
import { readJson, writeJsonAtomic } from '../../../src/experiment/files';
import { checkFork, createFork, type ForkPoint, openForkPoint } from '../../../src/experiment/fork';
import { createRun, readRun } from '../../../src/experiment/runDirectory';
import { writeSafetensors } from '../../../src/experiment/safetensors';
import { catalogue } from './catalogue';
import { config } from './config';
import { scratch } from './scratch';

const pinned = { engine: 'onnxruntime', engineVersion: '1', workers: 2, savedLayers: 2 };

async function parentRun(runs = scratch()): Promise<{ runs: string; directory: string }> {
  const { directory } = await createRun({ runs, name: 'parent', config, kind: 'run' });
  for (const step of [4, 8]) {
    await writeCheckpoint(directory, step, async (folder) => {
      const tensor = { name: 'w', shape: [2], data: () => Float32Array.from([step, 1]) };
      for (const file of ['model.safetensors', 'optimizer.safetensors']) await writeSafetensors(path.join(folder, file), [tensor]);
      const state = {
        format: 1,
        step,
        position: { epoch: 0, index: 2 * step },
        config,
        pinned,
        best: { step: 4, loss: 2 },
        watchdog: { rate: 0.5 },
      };
      await writeJsonAtomic(path.join(folder, 'trainer.json'), state);
    });
  }
  return { runs, directory };
}

async function forkOf(from: ForkPoint, runs: string, edited: ExperimentConfig = from.config) {
  const { directory, record } = await createFork({ from, config: { ...edited, name: 'fork' }, runs });
  const [checkpoint] = await listCheckpoints(directory);
  const state = (await readJson(path.join(checkpoint?.folder ?? '', 'trainer.json'))) as Record<string, unknown>;
  return { directory, record, state };
}

describe('a fork', () => {
  it('is a run of its own that resumes a copy of the checkpoint, edits in force', async () => {
    const { runs, directory } = await parentRun();
    const from = await openForkPoint(directory, 4, catalogue);
    const edited = { ...config, optimiser: { ...config.optimiser, learningRate: 0.5 } };
    const { record, state, directory: forked } = await forkOf(from, runs, edited);
    expect(record).toMatchObject({ name: 'fork', state: 'starting', step: 4, lineage: { run: path.basename(directory), step: 4 } });
    expect(state).toMatchObject({ step: 4, position: { epoch: 0, index: 8 }, pinned, config: { optimiser: { learningRate: 0.5 } } });
    expect(state.best).toBeUndefined();
    expect(state.watchdog).toBeUndefined();
    rmSync(directory, { recursive: true });
    expect(await readRun(forked)).toEqual(record);
    expect(await openForkPoint(forked, undefined, catalogue)).toMatchObject({ checkpoint: { step: 4 } });
  });

  it('of a fork still tells where everything began, even when the parents are gone', async () => {
    const { runs, directory } = await parentRun();
    const first = await forkOf(await openForkPoint(directory, undefined, catalogue), runs);
    const second = await forkOf(await openForkPoint(first.directory, 8, catalogue), runs);
    for (const gone of [directory, first.directory]) rmSync(gone, { recursive: true });
    expect((await readRun(second.directory)).lineage).toEqual({
      run: path.basename(first.directory),
      step: 8,
      lineage: { run: path.basename(directory), step: 8 },
    });
  });

  it('reads another text from its beginning, and lets another batch choose its workers anew', async () => {
    const { runs, directory } = await parentRun();
    const from = await openForkPoint(directory, 8, catalogue);
    const other = await forkOf(from, runs, { ...config, data: { ...config.data, validationFraction: 0.2 } });
    expect(other.state).toMatchObject({ position: { epoch: 0, index: 0 }, pinned });
    const larger = await forkOf(from, runs, { ...config, training: { ...config.training, batch: 3 } });
    expect(larger.state).toMatchObject({ position: { epoch: 0, index: 16 } });
    expect(larger.state.pinned).toBeUndefined();
  });

  it('keeps what rollbacks left of the learning rate, unless it is given another', async () => {
    const { runs, directory } = await parentRun();
    const from = await openForkPoint(directory, 8, catalogue);
    expect((await forkOf(from, runs)).state.watchdog).toEqual({ rate: 0.5 });
    const slower = await forkOf(from, runs, { ...config, optimiser: { ...config.optimiser, learningRate: 1e-4 } });
    expect(slower.state.watchdog).toBeUndefined();
  });

  it('begins an average of weights that its parent did not keep with the weights themselves', async () => {
    const { runs, directory } = await parentRun();
    const edited = { ...config, training: { ...config.training, averaging: 0.9 } };
    const forked = await forkOf(await openForkPoint(directory, 8, catalogue), runs, edited);
    const [checkpoint] = await listCheckpoints(forked.directory);
    const bytes = (name: string) => readFileSync(path.join(checkpoint?.folder ?? '', name));
    expect(bytes('averaged.safetensors').equals(bytes('model.safetensors'))).toBe(true);
    const again = await forkOf(await openForkPoint(forked.directory, 8, catalogue), runs, config);
    expect(readdirSync((await listCheckpoints(again.directory))[0]?.folder ?? '')).not.toContain('averaged.safetensors');
  });

  it('keeps model, tokeniser and optimiser, and has steps left to train', async () => {
    const { directory } = await parentRun();
    const from = await openForkPoint(directory, 8, catalogue);
    const refusal = (change: (config: ExperimentConfig) => object) => {
      try {
        checkFork(from, { ...config, ...change(config) });
        return undefined;
      } catch (error) {
        return error;
      }
    };
    const field = (name: string) => ({ args: { field: name, step: 8 } });
    expect(refusal(({ model }) => ({ model: { ...model, hidden: 16 } }))).toMatchObject({ code: 'fork-model', ...field('model.hidden') });
    expect(refusal(({ model }) => ({ model: { ...model, schemeOptions: { coefficient: 1 } } }))).toMatchObject(
      field('model.schemeOptions'),
    );
    expect(refusal(({ data }) => ({ data: { ...data, tokeniser: 'gpt2' } }))).toMatchObject(field('data.tokeniser'));
    expect(refusal(({ optimiser }) => ({ optimiser: { ...optimiser, name: 'sgd' } }))).toMatchObject(field('optimiser.name'));
    expect(refusal(({ training }) => ({ training: { ...training, steps: 8 } }))).toMatchObject({
      code: 'fork-steps',
      args: { expected: '9' },
    });
    expect(refusal(({ model }) => ({ model: { ...model, dropout: 0.1 } }))).toBeUndefined();
    expect(refusal(({ training }) => ({ training: { ...training, steps: 9 } }))).toBeUndefined();
  });

  it('needs a whole checkpoint of the step that was asked for, and leaves nothing behind where it fails', async () => {
    const { runs, directory } = await parentRun();
    await expect(openForkPoint(directory, 5, catalogue)).rejects.toMatchObject({ code: 'export-no-such-step', args: { known: '4, 8' } });
    const from = await openForkPoint(directory, 8, catalogue);
    writeFileSync(path.join(from.checkpoint.folder, 'model.safetensors'), 'torn');
    await expect(openForkPoint(directory, 8, catalogue)).rejects.toMatchObject({ code: 'checkpoint-broken' });
    expect((await openForkPoint(directory, undefined, catalogue)).checkpoint.step).toBe(4);
    rmSync(from.checkpoint.folder, { recursive: true });
    await expect(createFork({ from, config, runs })).rejects.toThrow();
    expect(readdirSync(runs)).toEqual([path.basename(directory)]);
    const empty = path.join(runs, 'empty');
    mkdirSync(empty);
    await expect(openForkPoint(empty, undefined, catalogue)).rejects.toMatchObject({ code: 'run-missing' });
  });
});
