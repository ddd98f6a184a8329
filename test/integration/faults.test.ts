// What the world does to a run, and what a person sees of it: every fault ends in words that name it or in nothing at
// all, and what was saved before is whole and goes on with the same bits.

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { latestCheckpoint, listCheckpoints, verifyCheckpoint } from '../../src/experiment/checkpoints';
import type { ExperimentConfig } from '../../src/experiment/config';
import { deriveState } from '../../src/experiment/processes';
import { createRun, readRun } from '../../src/experiment/runDirectory';
import { ObservedRun } from '../../src/observe/observedRun';
import type { DiskFault, TrainerPlan } from '../faults/plan';
import { filesBelow, shownLosses, type Trainer, Trainers } from '../faults/trainer';
import { smallConfig } from '../unit/trainer/harness';

let folder: string;
let trainers: Trainers;
/** Of a run that nobody disturbed. */
let truth: ReadonlyMap<number, number>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fathom-faults-'));
  trainers = await Trainers.prepare(folder);
  const directory = await newRun();
  await train(directory);
  truth = await shownLosses(directory);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function config(change: Partial<ExperimentConfig['training']>): ExperimentConfig {
  const small = smallConfig(
    { layers: 2, hidden: 16, feedForward: 32, context: 16, vocabulary: 256, dropout: 0.1 },
    { batch: 2, steps: 30, checkpointEvery: 10, keepCheckpoints: 9, activations: 'save', ...change },
  );
  return { ...small, engine: { name: 'onnxruntime', workers: 1 } };
}

async function newRun(change: Partial<ExperimentConfig['training']> = {}): Promise<string> {
  return (await createRun({ runs: folder, name: 'x', config: config(change), kind: 'run' })).directory;
}

async function train(directory: string, plan: TrainerPlan = {}): Promise<{ readonly code: number | null; readonly words: string }> {
  const trainer = trainers.start(directory, plan);
  return { code: await trainer.exited, words: trainer.words() };
}

/** Every checkpoint is whole, and a start without faults goes on to the end with the bits of an undisturbed run. */
async function expectExactEnd(directory: string, saved: number): Promise<void> {
  const { latest, broken } = await latestCheckpoint(directory);
  expect(broken).toEqual([]);
  expect(latest?.step ?? 0).toBe(saved);
  expect(await train(directory)).toMatchObject({ code: 0 });
  expect((await readRun(directory)).state).toBe('finished');
  expect(await shownLosses(directory)).toEqual(truth);
  for (const checkpoint of await listCheckpoints(directory)) await verifyCheckpoint(checkpoint.folder);
  expect(filesBelow(directory).filter((file) => /(^|\/)\./.test(file))).toEqual([]);
}

describe('a disk that refuses', () => {
  const checkpoint = (code: string): DiskFault => ({ name: 'write', file: 'step-00000020.*/model', code, bytes: 100 });
  const events = (code: string): DiskFault => ({ name: 'write', file: 'tfevents', from: 40, code, bytes: 20 });

  it.each<[string, DiskFault, number, string, RegExp]>([
    ['is full when a checkpoint is written', checkpoint('ENOSPC'), 10, 'disk-full', /The disk that holds .*step-00000020.* is full/],
    ['denies a checkpoint', checkpoint('EACCES'), 10, 'disk-denied', /is not permitted \(EACCES\)/],
    ['became read-only', checkpoint('EROFS'), 10, 'disk-read-only', /is read-only \(EROFS\)/],
    ['breaks in the middle of a checkpoint', checkpoint('EIO'), 10, 'unexpected-failure', /EIO/],
    ['is full when a step is recorded', events('ENOSPC'), 10, 'disk-full', /The disk that holds .*tfevents.* is full/],
    ['breaks in the middle of a step', events('EIO'), 10, 'unexpected-failure', /EIO/],
    ['refuses to flush a checkpoint', { name: 'sync', file: 'step-00000010', code: 'EIO' }, 0, 'unexpected-failure', /EIO/],
  ])('and %s ends the run in words, with the last checkpoint whole', async (_, fault, saved, code, words) => {
    const directory = await newRun();
    const said = await train(directory, { faults: [fault] });
    expect(said.code).toBe(1);
    expect(said.words).toMatch(words);
    const { state, error } = await readRun(directory);
    expect({ state, code: error?.code }).toEqual({ state: 'failed', code });
    expect(error?.message).toMatch(words);
    await expectExactEnd(directory, saved);
  });

  it('run.json for a while disturbs nothing', async () => {
    const directory = await newRun();
    const faults: DiskFault[] = [
      { name: 'sync', file: 'step-000000[123]0.*/model', delay: 1300 },
      { name: 'rename', file: 'run.json$', from: 2, times: 2, code: 'EIO' },
      { name: 'write', file: 'run.json', from: 4, times: 1, code: 'ENOSPC', bytes: 30 },
    ];
    const { code, words } = await train(directory, { faults });
    expect(words).toMatch(/run.json could not be written/);
    expect(code).toBe(0);
    await expectFinished(directory);
  });

  it('from the beginning changes nothing, and says so in the log', async () => {
    const directory = await newRun();
    const before = await readRun(directory);
    const { code, words } = await train(directory, { faults: [{ name: 'create', file: '.', code: 'EROFS' }] });
    expect(code).toBe(1);
    expect(words).toMatch(/is read-only \(EROFS\)/);
    expect(await readRun(directory)).toEqual(before);
  });

  it('to delete old checkpoints is said in the log and ends nothing', async () => {
    const directory = await newRun({ keepCheckpoints: 1 });
    const { code, words } = await train(directory, { faults: [{ name: 'rename', file: 'deleting', code: 'EBUSY' }] });
    expect(code).toBe(0);
    expect(words).toMatch(/old checkpoints could not be deleted: .*EBUSY/);
    await expectFinished(directory);
    expect((await listCheckpoints(directory)).map(({ step }) => step)).toEqual([10, 20, 30]);
  });

  it('nothing but is slow trains on all the same', async () => {
    const directory = await newRun();
    const slow = (name: DiskFault['name']): DiskFault => ({ name, file: '.', delay: 40 });
    expect(await train(directory, { faults: [slow('sync'), slow('rename'), slow('create')] })).toMatchObject({ code: 0 });
    await expectFinished(directory);
  });
});

async function expectFinished(directory: string): Promise<void> {
  expect((await readRun(directory)).state).toBe('finished');
  expect(await shownLosses(directory)).toEqual(truth);
}

describe('a clock that jumps', () => {
  it.each([-3600, 86_400])('by %i seconds between two starts shows every step once', async (clock) => {
    const directory = await newRun();
    expect(await train(directory, { faults: [{ name: 'write', file: 'tfevents', from: 40, code: 'ENOSPC' }] })).toMatchObject({ code: 1 });
    expect(await train(directory, { clock })).toMatchObject({ code: 0 });
    await expectFinished(directory);
  });
});

describe('an engine', () => {
  it('that throws ends the run in words that name what it said and where the log is', async () => {
    const directory = await newRun();
    expect(await train(directory, { engine: { after: 100, how: 'an operator gave up' } })).toMatchObject({ code: 1 });
    const { state, error } = await readRun(directory);
    expect(state).toBe('failed');
    expect(error?.message).toMatch(/an operator gave up.*trainer\.log/);
    await expectExactEnd(directory, (await latestCheckpoint(directory)).latest?.step ?? 0);
  });

  it.each([
    ['without memory', 'std::bad_alloc', 'out-of-memory'],
    ['whose card is too small', 'vkAllocateMemory failed with VK_ERROR_OUT_OF_DEVICE_MEMORY', 'out-of-memory'],
    ['whose card went away', 'WebGPU device lost (2): vkQueueSubmit failed with VK_ERROR_DEVICE_LOST', 'device-lost'],
  ])('%s says what to do, with the last checkpoint whole', async (_, how, code) => {
    const directory = await newRun();
    expect(await train(directory, { engine: { after: 100, how } })).toMatchObject({ code: 1 });
    expect(await readRun(directory)).toMatchObject({
      state: 'failed',
      error: { code, message: expect.stringMatching(/training\.batch/) },
    });
    await expectExactEnd(directory, (await latestCheckpoint(directory)).latest?.step ?? 0);
  });

  it('that takes the process along leaves a run that is lost, is shown, and goes on', async () => {
    const directory = await newRun();
    const shown = new ObservedRun(directory);
    expect((await train(directory, { engine: { after: 150, how: 'abort' } })).code).toBe(null);
    expect(deriveState(await readRun(directory))).toBe('lost');
    for (let tries = 0; tries < 200 && (await shown.snapshot()).status.state !== 'lost'; tries++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const { status, extent } = await shown.snapshot();
    expect(status).toMatchObject({ state: 'lost', problems: [] });
    expect(extent.columns).toBeGreaterThan(5);
    const span = { from: 0, to: extent.columns };
    const tile = await shown.tile({
      statistic: extent.layout?.columns[0] ?? '',
      rows: { from: 0, to: 4 },
      columns: span,
      width: 4,
      height: 4,
    });
    expect(tile.minimum.every(Number.isFinite)).toBe(true);
    shown.close();
    await shown.closing;
    await expectExactEnd(directory, (await latestCheckpoint(directory)).latest?.step ?? 0);
  });
});

describe('two trainers', () => {
  it('on one run: the second says who is at work and changes nothing', async () => {
    const directory = await newRun();
    const first = trainers.start(directory, { faults: [{ name: 'sync', file: 'step-00000010.*/model', delay: 2500 }] });
    for (let tries = 0; tries < 400 && (await readRun(directory)).state !== 'running'; tries++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const { code, words } = await train(directory);
    expect(code).toBe(1);
    expect(words).toContain(`Another trainer (process ${first.child.pid} on `);
    expect(await first.exited).toBe(0);
    await expectFinished(directory);
    expect(filesBelow(directory).filter((file) => file.includes('tfevents'))).toHaveLength(1);
  });
});

describe('a run that is taken away while it trains', () => {
  async function running(): Promise<{ readonly directory: string; readonly trainer: Trainer }> {
    const directory = await newRun({ steps: 1_000_000, checkpointEvery: 0 });
    const trainer = trainers.start(directory);
    for (let tries = 0; tries < 400 && (await readRun(directory)).step < 2; tries++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    return { directory, trainer };
  }

  it('by being deleted ends its trainer and does not come back', async () => {
    const { directory, trainer } = await running();
    rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 20 });
    expect(await trainer.exited).toBe(1);
    expect(trainer.words()).toMatch(/was deleted, or another trainer has taken it over/);
    expect(existsSync(directory)).toBe(false);
  });

  it('by a trainer that thought its own dead is left to that one', async () => {
    const { directory, trainer } = await running();
    rmSync(path.join(directory, '.trainer-1.lock'));
    expect(await trainer.exited).toBe(1);
    expect((await readRun(directory)).state).toBe('running');
  });
});

describe('a folder of commands', () => {
  it('that cannot be read ends nothing', async () => {
    const directory = await newRun();
    writeFileSync(path.join(directory, 'control'), 'no folder');
    const { code, words } = await train(directory);
    expect(code).toBe(0);
    expect(words.match(/commands cannot be read/g)).toHaveLength(1);
    await expectFinished(directory);
  });
});
