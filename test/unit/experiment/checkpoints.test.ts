import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Checkpoint,
  latestCheckpoint,
  listCheckpoints,
  pruneCheckpoints,
  removeLeftovers,
  verifyCheckpoint,
  writeCheckpoint,
} from '../../../src/experiment/checkpoints';
import { writeSafetensors } from '../../../src/experiment/safetensors';

let run: string;

beforeEach(async () => {
  run = await mkdtemp(path.join(os.tmpdir(), 'fathom-checkpoints-'));
});

afterEach(async () => {
  await rm(run, { recursive: true, force: true });
});

async function fill(folder: string, mark: number): Promise<void> {
  for (const file of ['model.safetensors', 'optimizer.safetensors']) {
    await writeSafetensors(path.join(folder, file), [{ name: 'x', shape: [4], data: new Float32Array(4).fill(mark) }]);
  }
  await writeFile(path.join(folder, 'trainer.json'), JSON.stringify({ step: mark, mark }));
}

function write(step: number, mark = step): Promise<Checkpoint> {
  return writeCheckpoint(run, step, (folder) => fill(folder, mark));
}

async function steps(): Promise<number[]> {
  return (await listCheckpoints(run)).map(({ step }) => step);
}

async function everything(): Promise<string[]> {
  return (await readdir(path.join(run, 'checkpoints'))).sort();
}

/** What a full disk does to the writer halfway. */
async function failAfterHalf(folder: string): Promise<void> {
  await writeFile(path.join(folder, 'model.safetensors'), 'half');
  throw Object.assign(new Error('write failed'), { code: 'ENOSPC' });
}

describe('writeCheckpoint', () => {
  test('puts a whole folder in its place and nothing beside it', async () => {
    const checkpoint = await write(200);
    expect(checkpoint).toEqual({ step: 200, folder: path.join(run, 'checkpoints', 'step-00000200') });
    expect(await everything()).toEqual(['step-00000200']);
    await verifyCheckpoint(checkpoint.folder);
  });

  test('replaces a checkpoint of the same step', async () => {
    await write(200, 1);
    const { folder } = await write(200, 2);
    expect(JSON.parse(await readFile(path.join(folder, 'trainer.json'), 'utf8'))).toMatchObject({ mark: 2 });
    expect(await everything()).toEqual(['step-00000200']);
  });

  test('a disk that fills up leaves earlier checkpoints whole and nothing else', async () => {
    await write(100);
    await write(200, 1);
    await expect(writeCheckpoint(run, 200, failAfterHalf)).rejects.toMatchObject({ code: 'disk-full' });
    await expect(writeCheckpoint(run, 300, failAfterHalf)).rejects.toMatchObject({ code: 'disk-full' });
    expect(await everything()).toEqual(['step-00000100', 'step-00000200']);
    expect((await latestCheckpoint(run)).latest?.step).toBe(200);
  });
});

describe('listCheckpoints', () => {
  test('is empty before the first one', async () => {
    expect(await listCheckpoints(run)).toEqual([]);
    expect(await latestCheckpoint(run)).toEqual({ broken: [] });
    await removeLeftovers(run);
    await pruneCheckpoints(run, 3);
  });

  test('is in the order of steps, past eight digits too, and passes over what is being written', async () => {
    await write(123_456_789);
    await write(5);
    await write(40);
    await mkdir(path.join(run, 'checkpoints', '.step-00000060.writing-1'));
    await mkdir(path.join(run, 'checkpoints', 'step-x'));
    expect(await steps()).toEqual([5, 40, 123_456_789]);
  });
});

describe('latestCheckpoint', () => {
  test.each([
    ['a torn tensor file', (folder: string) => truncate(path.join(folder, 'optimizer.safetensors'), 50)],
    ['a missing file', (folder: string) => rm(path.join(folder, 'model.safetensors'))],
    ['trainer.json that does not parse', (folder: string) => writeFile(path.join(folder, 'trainer.json'), '{"step": 3')],
    ['no trainer.json', (folder: string) => rm(path.join(folder, 'trainer.json'))],
  ])('falls back to an older one for %s and says so', async (_, damage) => {
    await write(100);
    await write(200);
    const { folder } = await write(300);
    await damage(folder);
    const { latest, broken } = await latestCheckpoint(run);
    expect(latest?.step).toBe(200);
    expect(broken).toMatchObject([{ step: 300, problem: { code: 'checkpoint-broken', args: { path: folder } } }]);
  });
});

describe('pruneCheckpoints', () => {
  test('keeps the newest and the best', async () => {
    for (const step of [100, 200, 300, 400]) await write(step);
    await pruneCheckpoints(run, 2, 100);
    expect(await everything()).toEqual(['step-00000100', 'step-00000300', 'step-00000400']);
    await pruneCheckpoints(run, 0);
    expect(await steps()).toEqual([400]);
  });

  test('never deletes the newest whole one', async () => {
    await write(100);
    const broken = [await write(200), await write(300)];
    for (const { folder } of broken) await rm(path.join(folder, 'model.safetensors'));
    await pruneCheckpoints(run, 1);
    expect(await steps()).toEqual([100, 300]);
    expect((await latestCheckpoint(run)).latest?.step).toBe(100);
  });
});

describe('removeLeftovers', () => {
  test('clears away half-written and half-deleted folders', async () => {
    await write(100);
    for (const kind of ['writing', 'deleting', 'replaced']) await fillHidden(`.step-00000100.${kind}-1`);
    await removeLeftovers(run);
    expect(await everything()).toEqual(['step-00000100']);
  });

  test('puts back a checkpoint that a crash left moved aside', async () => {
    const { folder } = await write(100, 7);
    await rename(folder, path.join(run, 'checkpoints', '.step-00000100.replaced-1'));
    expect(existsSync(folder)).toBe(false);
    await removeLeftovers(run);
    expect(JSON.parse(await readFile(path.join(folder, 'trainer.json'), 'utf8'))).toMatchObject({ mark: 7 });
  });

  async function fillHidden(name: string): Promise<void> {
    const folder = path.join(run, 'checkpoints', name);
    await mkdir(folder);
    await fill(folder, 1);
  }
});
