import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Failure } from '../../../src/experiment/failure';
import { diskFailure, readJson, removeTemporaries, renameWithRetry, writeFileAtomic, writeJsonAtomic } from '../../../src/experiment/files';
import { watchDisk } from '../../faults/disk';
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

  it.skipIf(process.platform === 'win32')('does not wait for a pipe, nor read a device that never ends', async () => {
    const folder = scratch();
    const pipe = path.join(folder, 'run.json');
    execFileSync('mkfifo', [pipe]);
    await expect(readJson(pipe)).rejects.toMatchObject({ code: 'file-not-regular', args: { path: pipe } });
    const endless = path.join(folder, 'endless.json');
    symlinkSync('/dev/zero', endless);
    await expect(readJson(endless)).rejects.toMatchObject({ code: 'file-not-regular' });
    await expect(readJson(folder)).rejects.toMatchObject({ code: 'file-not-regular' });
  });

  it('does not take a file into memory that is larger than any of ours', async () => {
    const file = path.join(scratch(), 'large.json');
    writeFileSync(file, '{');
    truncateSync(file, 2 ** 40);
    await expect(readJson(file)).rejects.toMatchObject({ code: 'file-too-large', args: { path: file, value: 2 ** 40 } });
  });

  it('clears away what killed writers of the named files left, and nothing else', async () => {
    const folder = scratch();
    const left = [`.run.json.${randomUUID()}.tmp`, `.notes.json.${randomUUID()}.tmp`, '.run.json.tmp', 'run.json'];
    for (const name of left) writeFileSync(path.join(folder, name), '');
    await removeTemporaries(folder, ['run.json']);
    expect(readdirSync(folder).sort()).toEqual(left.slice(1).sort());
    await removeTemporaries(path.join(folder, 'nowhere'), ['run.json']);
  });

  it.each([
    ['ENOSPC', 'disk-full'],
    ['EIO', undefined],
  ])('leaves the old content whole where a write ends half-way with %s', async (code, failure) => {
    const file = path.join(scratch(), 'value.json');
    await writeJsonAtomic(file, { a: 1 });
    const unwatch = watchDisk(({ name }) => (name === 'write' ? { code, bytes: 3 } : undefined));
    onTestFinished(unwatch);
    await expect(writeJsonAtomic(file, { a: 2 })).rejects.toMatchObject({ code: failure ?? code });
    unwatch();
    expect(await readJson(file)).toEqual({ a: 1 });
    expect(readdirSync(path.dirname(file))).toEqual(['value.json']);
  });

  it('is renamed with patience on Windows, where a scanner may hold it open for a moment', async () => {
    const folder = scratch();
    const [from, to] = [path.join(folder, 'from'), path.join(folder, 'to')];
    writeFileSync(from, 'x');
    let refusals = 3;
    const unwatch = watchDisk(({ name }) => (name === 'rename' && refusals-- > 0 ? { code: 'EPERM' } : undefined));
    onTestFinished(unwatch);
    await expect(renameWithRetry(from, to, 'linux')).rejects.toThrow(/EPERM/);
    await renameWithRetry(from, to, 'win32');
    expect(readFileSync(to, 'utf8')).toBe('x');
    refusals = 1;
    unwatch();
    await expect(renameWithRetry(from, to, 'win32')).rejects.toThrow(/ENOENT/);
  });

  it('leaves every other error as it is', () => {
    const error = diskError('EIO');
    expect(diskFailure(error, 'x')).toBe(error);
    expect(diskFailure('text', 'x')).toBe('text');
  });
});
