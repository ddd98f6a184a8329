// What a run takes of the disk, and what of it could go.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { discardSteps } from '../../../src/experiment/checkpoints';
import { diskUse, sizedCheckpoints } from '../../../src/experiment/diskUse';
import { writeFileAtomic, writeJsonAtomic } from '../../../src/experiment/files';
import { checkpointsFolder, createRun } from '../../../src/experiment/runDirectory';
import { config } from './config';
import { scratch } from './scratch';

async function run(): Promise<string> {
  return (await createRun({ runs: scratch(), name: 'deep', config, kind: 'run' })).directory;
}

describe('what a run takes of the disk', () => {
  async function checkpoint(directory: string, step: number, bytes: number, best?: number): Promise<void> {
    const folder = path.join(checkpointsFolder(directory), `step-${String(step).padStart(8, '0')}`);
    // The smallest safetensors file: a header of two bytes, and nothing.
    const empty = Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{}')]);
    for (const name of ['model.safetensors', 'optimizer.safetensors']) await writeFileAtomic(path.join(folder, name), empty);
    await writeJsonAtomic(path.join(folder, 'trainer.json'), { ...(best !== undefined && { best: { step: best, loss: 1 } }) });
    await writeFileAtomic(path.join(folder, 'padding'), Buffer.alloc(bytes));
  }

  it('is counted file by file, and its checkpoints by step with the reason to keep them', async () => {
    const directory = await run();
    const before = await diskUse(directory);
    await checkpoint(directory, 100, 1000);
    await checkpoint(directory, 200, 2000);
    await checkpoint(directory, 300, 3000, 100);
    const all = await sizedCheckpoints(directory);
    expect(all.map(({ step, keep }) => [step, keep])).toEqual([
      [100, 'best'],
      [200, undefined],
      [300, 'latest'],
    ]);
    expect(all.map(({ bytes }) => Math.floor(bytes / 1000))).toEqual([1, 2, 3]);
    const use = await diskUse(directory);
    expect(use.checkpoints).toBe(all.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(use.bytes).toBe(before.bytes + use.checkpoints);
    await discardSteps(directory, [200, 999]);
    expect((await sizedCheckpoints(directory)).map(({ step }) => step)).toEqual([100, 300]);
    expect(await readdir(checkpointsFolder(directory))).toHaveLength(2);
    expect(await diskUse(path.join(directory, 'gone'))).toEqual({ bytes: 0, checkpoints: 0 });
  });
});
