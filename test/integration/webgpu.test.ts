// A hundred layers trained by the terminal tool on WebGPU and on the processor, from one configuration and seed. The
// first steps only: a software adapter takes seconds for each. All twenty are trained from VS Code, in test/e2e.

import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRun } from '../../src/experiment/runDirectory';
import { shownLosses, Trainers } from '../faults/trainer';
import { hasSoftwareAdapter } from '../softwareAdapter';

const STEPS = 4;

let folder: string;
let trainers: Trainers;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fathom-webgpu-'));
  trainers = await Trainers.prepare(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Losses by step of a run of its own. */
async function lossesOn(engine: string): Promise<ReadonlyMap<number, number>> {
  const file = path.join(folder, `${engine}.fathom.json`);
  const configuration = {
    name: engine,
    model: { layers: 100, hidden: 16, heads: 2, context: 8, scheme: 'foundation' },
    training: { steps: STEPS, batch: 1, recordEvery: STEPS, validationBatches: 1 },
    engine: { name: engine },
  };
  writeFileSync(file, JSON.stringify(configuration));
  const trainer = trainers.run(['dist/cli.mjs', 'train', file]);
  expect(await trainer.exited, trainer.words()).toBe(0);
  const directory = path.resolve(/^run directory (.*)$/m.exec(trainer.words())?.[1] ?? '');
  expect((await readRun(directory)).engine?.name).toBe(engine);
  return shownLosses(directory);
}

describe('WebGPU', () => {
  it.skipIf(!hasSoftwareAdapter())('trains a hundred layers as the processor does', async () => {
    const expected = await lossesOn('onnxruntime');
    const found = await lossesOn('webgpu-software');
    expect([...found.keys()]).toEqual([...expected.keys()]);
    expect(found.size).toBe(STEPS);
    for (const [step, loss] of found) expect(Math.abs(loss - (expected.get(step) ?? Number.NaN)), `step ${step}`).toBeLessThan(1e-3);
  });
});
