// What tells that a file was written or replaced, without reading it.

import { stat } from 'node:fs/promises';

/** Changes whenever a file was written or replaced; undefined where it cannot be told. */
export async function signatureOf(file: string): Promise<string | undefined> {
  try {
    const { mtimeNs, size, ino } = await stat(file, { bigint: true });
    return `${mtimeNs}:${size}:${ino}`;
  } catch {
    return undefined;
  }
}
