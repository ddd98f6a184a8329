import { chmod, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCorpus } from '../../../src/data/corpus';
import { Failure } from '../../../src/experiment/failure';

let root: string;

async function write(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(path.join(root, file)), { recursive: true });
  await writeFile(path.join(root, file), content);
}

async function failureOf(source: string): Promise<Failure> {
  const error: unknown = await readCorpus(source, path.join(root, 'assets')).catch((thrown: unknown) => thrown);
  if (!(error instanceof Failure)) throw new Error(`expected a Failure, got ${String(error)}`);
  return error;
}

async function textOf(source: string): Promise<string> {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode((await readCorpus(source, path.join(root, 'assets'))).bytes);
}

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'fathom-corpus-'));
  await write('assets/corpora/moby-dick.txt', 'Call me Ishmael.');
  await write('notes (old)/b.txt', 'second');
  await write('notes (old)/a.txt', 'first');
  await write('notes (old)/deep/C.txt', 'capital');
  await write('notes (old)/picture.txt', Uint8Array.of(1, 0, 2));
  await write('notes (old)/latin.txt', Uint8Array.of(0x63, 0xe9));
  await write('notes (old)/empty.txt', '');
  await write('notes (old)/node_modules/x/d.txt', 'not mine');
  await write('notes (old)/.git/e.txt', 'not mine');
  await write('notes (old)/.fathom/f.txt', 'not mine');
  await symlink('..', path.join(root, 'notes (old)/deep/loop')).catch(() => undefined);
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

describe('readCorpus', () => {
  test('reads a built-in corpus from the assets', async () => {
    const corpus = await readCorpus('built-in:moby-dick', path.join(root, 'assets'));
    expect(Buffer.from(corpus.bytes).toString()).toBe('Call me Ishmael.');
    expect(corpus).toMatchObject({ description: 'built-in:moby-dick', files: 1 });
  });

  test('reads one file, whatever its folder is called', async () => {
    expect(await textOf(path.join(root, 'notes (old)/a.txt'))).toBe('first');
  });

  test('joins the text files of a glob in the order of their paths and leaves out the rest', async () => {
    const source = path.join(root, 'notes (old)/**/*.txt');
    expect(await textOf(source)).toBe('first\n\nsecond\n\ncapital');
    expect(await readCorpus(source, root)).toMatchObject({ description: source, files: 3 });
  });

  test.each([
    ['built-in:war-and-peace', 'corpus-unknown-built-in', 'built-in:moby-dick'],
    ['nowhere/at-all.txt', 'corpus-missing', 'nowhere'],
    ['notes (old)', 'corpus-is-folder', '**/*.txt'],
    ['notes (old)/empty.txt', 'corpus-empty', 'empty.txt'],
    ['notes (old)/picture.txt', 'corpus-not-text', 'picture.txt'],
    ['notes (old)/latin.txt', 'corpus-not-text', 'UTF-8'],
    ['notes (old)/*.md', 'corpus-no-match', '*.md'],
    ['notes (old)/{picture,latin,empty}.txt', 'corpus-no-text', 'none of the 3'],
  ])('%s is one failure that names field, value and remedy', async (source, code, words) => {
    const value = source.startsWith('built-in:') ? source : path.join(root, source);
    const failure = await failureOf(value);
    expect(failure.code).toBe(code);
    expect(failure.args).toMatchObject({ field: 'data.source', value });
    expect(failure.message).toContain('data.source');
    expect(failure.message).toContain(words);
    expect(failure.message.replace(value, '')).not.toContain('{');
  });

  test('a missing built-in file is unreadable, not a crash', async () => {
    const error: unknown = await readCorpus('built-in:moby-dick', path.join(root, 'elsewhere')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'corpus-unreadable' });
  });

  test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('a file without permission is named', async () => {
    await write('secret/a.txt', 'x');
    await chmod(path.join(root, 'secret/a.txt'), 0);
    const failure = await failureOf(path.join(root, 'secret/*.txt'));
    expect(failure.code).toBe('corpus-unreadable');
    expect(failure.args.file).toContain('a.txt');
  });

  test('a file that no buffer holds is refused before it is read', async () => {
    await write('huge.txt', '');
    await truncate(path.join(root, 'huge.txt'), 3 * 2 ** 30);
    expect((await failureOf(path.join(root, 'huge.txt'))).code).toBe('corpus-too-large');
  });
});
