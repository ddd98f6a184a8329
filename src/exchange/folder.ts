// Where exports go: into a folder of their own, never over anybody's files, and not by halves.

import { mkdir, readdir, rm } from 'node:fs/promises';
import { Failure } from '../experiment/failure';
import { diskFailure } from '../experiment/files';

/**
 * Makes the folder and lets `write` fill it; what it gives is given back. Where it fails the folder is removed.
 * Throws `Failure` `export-folder-used` where the folder holds anything, a disk failure, or what `write` throws.
 */
export async function intoFreshFolder<T>(folder: string, write: () => Promise<T>): Promise<T> {
  try {
    await mkdir(folder, { recursive: true });
    if ((await readdir(folder)).length > 0) throw new Failure('export-folder-used', { path: folder });
  } catch (error) {
    throw diskFailure(error, folder);
  }
  try {
    return await write();
  } catch (error) {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}
