// Finds and reads the text that a configuration's `data.source` names: a built-in corpus, a file, or a
// glob over many files ("train on my own code"). Whatever is wrong with it becomes one `Failure` that
// names the field, the value and the remedy.

import { isUtf8 } from 'node:buffer';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { Failure } from '../experiment/failure';
import { openRegular } from '../experiment/files';

const BUILT_IN = 'built-in:';
/** File names under `<assets>/corpora/`. */
const BUILT_IN_FILES: Readonly<Record<string, string>> = { 'moby-dick': 'moby-dick.txt' };

/** Folders that hold somebody else's text, or our own. */
const SKIPPED = ['**/node_modules/**', '**/.git/**', '**/.fathom/**'];

/** Node reads no file above 2 GiB at once. */
const LARGEST = 2 ** 31 - 1;
const SEPARATOR = Buffer.from('\n\n');

export interface Corpus {
  /** UTF-8 text; the files of a glob in the order of their paths, joined with a blank line. */
  readonly bytes: Uint8Array;
  /** `built-in:moby-dick`, a file's name, or a glob as it was written. */
  readonly description: string;
  readonly files: number;
}

/**
 * @param source `built-in:<name>`, or an absolute path or glob
 * @param assets folder that holds `corpora/`
 * Throws `Failure` `corpus-…` (field `data.source`).
 */
export async function readCorpus(source: string, assets: string): Promise<Corpus> {
  if (source.startsWith(BUILT_IN)) {
    const file = BUILT_IN_FILES[source.slice(BUILT_IN.length)];
    if (file === undefined) {
      const known = Object.keys(BUILT_IN_FILES).map((name) => BUILT_IN + name);
      throw failure('corpus-unknown-built-in', source, { known: known.join(', ') });
    }
    return { bytes: await readText(path.join(assets, 'corpora', file), source), description: source, files: 1 };
  }
  const existing = await stat(source).catch(() => undefined);
  if (existing?.isDirectory()) throw failure('corpus-is-folder', source, { pattern: path.posix.join(forwardSlashes(source), '**/*.txt') });
  if (existing !== undefined) return { bytes: await readText(source, source), description: path.basename(source), files: 1 };
  return await readGlob(source);
}

async function readText(file: string, source: string): Promise<Uint8Array> {
  const bytes = await read(file, source, LARGEST);
  if (bytes.length === 0) throw failure('corpus-empty', source, {});
  if (!isText(bytes)) throw failure('corpus-not-text', source, {});
  return bytes;
}

async function readGlob(source: string): Promise<Corpus> {
  const { folder, pattern } = await splitGlob(source);
  if (!isDynamicPattern(pattern)) throw failure('corpus-missing', source, {});
  const paths = await glob(pattern, { cwd: folder, ignore: SKIPPED, followSymbolicLinks: false, expandDirectories: false });
  if (paths.length === 0) throw failure('corpus-no-match', source, { folder });
  // By code unit, so that every machine and language has the same order.
  paths.sort((a, b) => (a < b ? -1 : 1));
  const parts: Uint8Array[] = [];
  let total = 0;
  let files = 0;
  for (const relative of paths) {
    const bytes = await read(path.join(folder, relative), source, LARGEST - total);
    if (bytes.length === 0 || !isText(bytes)) continue;
    if (files > 0) parts.push(SEPARATOR);
    parts.push(bytes);
    files += 1;
    total += bytes.length + SEPARATOR.length;
  }
  if (files === 0) throw failure('corpus-no-text', source, { matches: paths.length });
  return { bytes: Buffer.concat(parts), description: source, files };
}

/**
 * The deepest existing folder that a glob begins with, and what is left of it. Existence rather than
 * syntax decides, so that a folder called `notes (old)` is a folder.
 */
async function splitGlob(source: string): Promise<{ folder: string; pattern: string }> {
  const segments = forwardSlashes(source).split('/');
  let folder = `${segments.shift() ?? ''}/`;
  while (segments.length > 1) {
    const deeper = path.join(folder, segments[0] ?? '');
    const found = await stat(deeper).catch(() => undefined);
    if (!found?.isDirectory()) break;
    folder = deeper;
    segments.shift();
  }
  return { folder, pattern: segments.join('/') };
}

function forwardSlashes(file: string): string {
  return path.sep === '\\' ? file.replaceAll('\\', '/') : file;
}

async function read(file: string, source: string, room: number): Promise<Uint8Array> {
  try {
    const handle = await openRegular(file);
    try {
      const { size } = await handle.stat();
      if (size > room) throw failure('corpus-too-large', source, { limit: '2 GiB' });
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Failure && error.code !== 'file-not-regular') throw error;
    throw failure('corpus-unreadable', source, { file, detail: error instanceof Error ? error.message : String(error) });
  }
}

function isText(bytes: Uint8Array): boolean {
  return isUtf8(bytes) && !bytes.includes(0);
}

function failure(code: string, value: string, args: Readonly<Record<string, string | number>>): Failure {
  return new Failure(code, { field: 'data.source', value, ...args });
}
