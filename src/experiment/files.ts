// Files that other processes read while this one writes them: a reader sees the old content or the
// new, never half of it, and a crash leaves one of the two. Disk troubles that a person can mend
// become `Failure`s here, so that nobody above has to know an errno.

import { randomUUID } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from './failure';

const DISK_CODES: Readonly<Record<string, string>> = {
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EROFS: 'disk-read-only',
  EACCES: 'disk-denied',
  EPERM: 'disk-denied',
};

/** Windows refuses for a moment to rename over a file that somebody (a scanner, a watcher) holds open. */
const WINDOWS_RENAME_ATTEMPTS = 12;
const RENAME_RETRY_CODES = new Set(['EPERM', 'EACCES', 'EBUSY']);

/** The `code` of an operating system error such as `ENOENT`; undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The `Failure` that names the path and the remedy where the disk is to blame; otherwise the error itself. */
export function diskFailure(error: unknown, file: string): unknown {
  const errno = errnoOf(error);
  const code = errno === undefined ? undefined : DISK_CODES[errno];
  return code === undefined || errno === undefined ? error : new Failure(code, { path: file, errno }, { cause: error });
}

/** Nothing that Fathom writes as JSON comes near; a larger file is not ours, and is not taken into memory. */
const TEXT_LIMIT = 64 * 1024 * 1024;

/** Node's strings end here; in bytes, so that text which is not all ASCII has more room than it needs. */
export const LONGEST_TEXT = 2 ** 29 - 24;

/** Opening a pipe that nobody writes to would wait for ever, and hold one of Node's few threads. Windows has no such files. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** What `replace` writes beside `file` before it has its name. */
const TEMPORARY = /^\.(.+)\.[0-9a-f-]{36}\.tmp$/;

/** Writes of one process to one file happen in the order they were asked for: the last one asked for wins. */
const pending = new Map<string, Promise<void>>();

/**
 * Replaces `file` by `data` as a whole and makes it durable. The folder is created if it is missing.
 * Throws `Failure` `disk-full`, `disk-read-only` or `disk-denied`; the file is then as it was.
 */
export async function writeFileAtomic(file: string, data: string | Uint8Array): Promise<void> {
  const key = path.resolve(file);
  const before = pending.get(key) ?? Promise.resolve();
  const write = before.catch(() => undefined).then(() => replace(key, data));
  pending.set(key, write);
  try {
    await write;
  } finally {
    if (pending.get(key) === write) pending.delete(key);
  }
}

/** As `writeFileAtomic`, with indented JSON. NaN and Infinity become null, as JSON has it. */
export async function writeJsonAtomic(file: string, value: unknown): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(value, undefined, 2)}\n`);
}

/**
 * Opens a file that somebody else may have put there, for reading. Throws `Failure` `file-not-regular` where the
 * name stands for a pipe, a device or a folder, whose reading might never end, and what `open` throws.
 */
export async function openRegular(file: string): Promise<FileHandle> {
  const handle = await open(file, OPEN_FLAGS);
  try {
    if (!(await handle.stat()).isFile()) throw new Failure('file-not-regular', { path: file });
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A whole file as UTF-8. Throws `Failure` `file-too-large` above `limit` bytes, and what `openRegular` throws. */
export async function readText(file: string, limit: number = TEXT_LIMIT): Promise<string> {
  const handle = await openRegular(file);
  try {
    const { size } = await handle.stat();
    if (size > limit) throw new Failure('file-too-large', { path: file, value: size, limit });
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/**
 * Parsed content, or undefined where there is no such file. Throws `Failure` `file-not-json`, `file-too-large`,
 * `file-not-regular` or a disk failure.
 */
export async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw diskFailure(error, file);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Failure('file-not-json', { path: file, detail: error instanceof Error ? error.message : String(error) }, { cause: error });
  }
}

/**
 * Clears away what writers that were killed left beside the files `names` of a folder. Only who alone writes those
 * files may call this. Whatever the disk refuses is left.
 */
export async function removeTemporaries(folder: string, names: readonly string[]): Promise<void> {
  for (const found of await readdir(folder).catch(() => [])) {
    const of = TEMPORARY.exec(found)?.[1];
    if (of !== undefined && names.includes(of)) await unlink(path.join(folder, found)).catch(() => undefined);
  }
}

async function replace(file: string, data: string | Uint8Array): Promise<void> {
  const folder = path.dirname(file);
  // The ending is one that no reader of the folder looks for.
  const temporary = path.join(folder, `.${path.basename(file)}.${randomUUID()}.tmp`);
  try {
    await makeFolder(folder);
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renameWithRetry(temporary, file);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw diskFailure(error, file);
  }
  await syncFolder(folder);
}

/**
 * Makes a folder and its missing ancestors, durably; gives the first that was made, or undefined where all were
 * there. Throws the operating system's error.
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  try {
    const first = await mkdir(folder, { recursive: true });
    if (first === undefined) return undefined;
    for (let at = path.resolve(folder); ; at = path.dirname(at)) {
      await syncFolder(path.dirname(at));
      if (at === path.resolve(first) || at === path.dirname(at)) return first;
    }
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    // Node says "no such file" where a read-only disk refused an ancestor; making that one alone tells the truth.
    let missing = path.resolve(folder);
    while (!existsSync(path.dirname(missing))) missing = path.dirname(missing);
    await mkdir(missing);
    throw error;
  }
}

/** `rename`, tried again for a moment where Windows refuses it because somebody holds the file open. */
export async function renameWithRetry(from: string, to: string, platform: NodeJS.Platform = process.platform): Promise<void> {
  const attempts = platform === 'win32' ? WINDOWS_RENAME_ATTEMPTS : 1;
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      if (attempt >= attempts || !RENAME_RETRY_CODES.has(errnoOf(error) ?? '')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** Math.min(attempt, 5)));
    }
  }
}

/** Makes a rename in `folder` durable; Windows and some network disks cannot, and then it is left out. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (handle === undefined) return;
  await handle.sync().catch(() => undefined);
  await handle.close();
}
