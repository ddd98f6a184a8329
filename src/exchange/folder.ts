// Where exports go: into a folder of their own, never over anybody's files.

import { mkdir, readdir } from 'node:fs/promises';
import { Failure } from '../experiment/failure';
import { diskFailure } from '../experiment/files';

/** Makes the folder. Throws `Failure` `export-folder-used` where it holds anything, or a disk failure. */
export async function freshFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    if ((await readdir(folder)).length === 0) return;
  } catch (error) {
    throw diskFailure(error, folder);
  }
  throw new Failure('export-folder-used', { path: folder });
}
