// How much disk a run takes, and which of its checkpoints could go. Links are counted as links: what they
// point at is somebody else's.

import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { type Checkpoint, latestCheckpoint, listCheckpoints, TRAINER_FILE } from './checkpoints';
import { readJson } from './files';
import { isRecord } from './record';
import { checkpointsFolder } from './runDirectory';

export interface DiskUse {
  /** Of the whole directory. */
  readonly bytes: number;
  /** Of that, below `checkpoints/`. */
  readonly checkpoints: number;
}

/** Bytes as files tell their lengths; what cannot be looked at counts as nothing. Never throws. */
export async function diskUse(directory: string): Promise<DiskUse> {
  const [bytes, checkpoints] = await Promise.all([bytesBelow(directory), bytesBelow(checkpointsFolder(directory))]);
  return { bytes, checkpoints };
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const sizes = entries.map(async (entry) => {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) return await bytesBelow(at);
    return await lstat(at).then(
      ({ size }) => size,
      () => 0,
    );
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

export interface SizedCheckpoint extends Checkpoint {
  readonly bytes: number;
  /** Why it should stay: the newest whole one is where the run goes on, the best had the lowest validation loss. */
  readonly keep?: 'latest' | 'best';
}

/** Every checkpoint of a run with its size, oldest first. Throws disk `Failure`s. */
export async function sizedCheckpoints(directory: string): Promise<readonly SizedCheckpoint[]> {
  const [all, { latest }] = await Promise.all([listCheckpoints(directory), latestCheckpoint(directory)]);
  const best = latest && (await bestStep(latest.folder));
  return await Promise.all(
    all.map(async ({ folder, step }) => {
      const keep = step === latest?.step ? 'latest' : step === best ? 'best' : undefined;
      return { folder, step, bytes: await bytesBelow(folder), ...(keep && { keep }) } as const;
    }),
  );
}

/** Of the validation loss, as the newest checkpoint remembers. */
async function bestStep(checkpoint: string): Promise<number | undefined> {
  const state = await readJson(path.join(checkpoint, TRAINER_FILE));
  const best = isRecord(state) && isRecord(state.best) ? state.best.step : undefined;
  return typeof best === 'number' ? best : undefined;
}
