import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/experiment/failure';
import { diskFailure, readJson, writeFileAtomic, writeJsonAtomic } from '../../../src/experiment/files';
import { scratch } from './scratch';

function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: something`), { code });
}

describe('atomic files', () => {
  it('replaces the whole content and leaves nothing beside it', async () => {
    const folder = scratch();
    const file = path.join(folder, 'deep', 'value.json');
    await writeJsonAtomic(file, { a: 1 });
    await writeJsonAtomic(file, { a: 2 });
    expect(await readJson(file)).toEqual({ a: 2 });
    expect(readdirSync(path.dirname(file))).toEqual(['value.json']);
  });

  it('lets the last of several overlapping writes win', async () => {
    const file = path.join(scratch(), 'value');
    await Promise.all(Array.from({ length: 20 }, (_, index) => writeFileAtomic(file, 'x'.repeat((20 - index) * 50_000) + index)));
    expect(readFileSync(file, 'utf8')).toBe(`${'x'.repeat(50_000)}19`);
  });

  it('writes again after a write that failed', async () => {
    const file = path.join(scratch(), 'value');
    mkdirSync(file);
    await expect(writeFileAtomic(file, 'never')).rejects.toThrow();
    expect(readdirSync(path.dirname(file))).toEqual(['value']);
    const other = path.join(path.dirname(file), 'other');
    await writeFileAtomic(other, 'fine');
    expect(readFileSync(other, 'utf8')).toBe('fine');
  });

  it('tells a missing file from a broken one', async () => {
    const folder = scratch();
    expect(await readJson(path.join(folder, 'missing.json'))).toBeUndefined();
    const broken = path.join(folder, 'broken.json');
    writeFileSync(broken, '{"a":');
    await expect(readJson(broken)).rejects.toMatchObject({ code: 'file-not-json', args: { path: broken } });
    expect(existsSync(broken)).toBe(true);
  });

  it.each([
    ['ENOSPC', 'disk-full'],
    ['EDQUOT', 'disk-full'],
    ['EROFS', 'disk-read-only'],
    ['EACCES', 'disk-denied'],
    ['EPERM', 'disk-denied'],
  ])('turns %s into a failure that names path and remedy', (errno, code) => {
    const failure = diskFailure(diskError(errno), 'runs/one');
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ code, args: { path: 'runs/one', errno } });
    expect(String(failure)).toContain('runs/one');
  });

  it('leaves every other error as it is', () => {
    const error = diskError('EIO');
    expect(diskFailure(error, 'x')).toBe(error);
    expect(diskFailure('text', 'x')).toBe('text');
  });
});
