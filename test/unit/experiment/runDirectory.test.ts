import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/experiment/failure';
import { readJson } from '../../../src/experiment/files';
import { configFile, createRun, findRoot, listRuns, readRun, runFile, runsFolder, writeRun } from '../../../src/experiment/runDirectory';
import { parseRun } from '../../../src/experiment/runRecord';
import { config } from './config';
import { scratch } from './scratch';

describe('the root of a configuration', () => {
  it('is the nearest ancestor that already holds runs, then the workspace folder, then the git root, then its own folder', () => {
    const root = scratch();
    const deep = path.join(root, 'workspace', 'a', 'b');
    mkdirSync(deep, { recursive: true });
    const file = path.join(deep, 'x.fathom.json');
    expect(findRoot(file)).toBe(deep);
    mkdirSync(path.join(root, '.git'));
    expect(findRoot(file)).toBe(root);
    expect(findRoot(file, path.join(root, 'workspace'))).toBe(path.join(root, 'workspace'));
    expect(findRoot(file, path.join(root, 'elsewhere'))).toBe(root);
    mkdirSync(path.join(root, 'workspace', 'a', '.fathom'));
    expect(findRoot(file, path.join(root, 'workspace'))).toBe(path.join(root, 'workspace', 'a'));
  });
});

describe('a new run', () => {
  it('holds its configuration and a record in state starting, outside git', async () => {
    const runs = runsFolder(scratch());
    const lineage = { run: 'parent', step: 3 };
    const { directory, record } = await createRun({
      runs,
      name: 'first light',
      config,
      kind: 'run',
      configuration: 'x.fathom.json',
      lineage,
    });
    expect(record).toMatchObject({ state: 'starting', step: 0, steps: 20, name: 'first light', lineage, configuration: 'x.fathom.json' });
    expect(path.basename(directory)).toMatch(/^\d{8}-\d{6}-first-light$/);
    expect(record.id).toBe(path.basename(directory));
    expect(await readRun(directory)).toEqual(record);
    expect(await readJson(configFile(directory))).toEqual(config);
    expect(readFileSync(path.join(runs, '..', '.gitignore'), 'utf8')).toBe('*\n');
  });

  it('gets a directory of its own, whatever its name and however many start at once', async () => {
    const runs = runsFolder(scratch());
    const made = await Promise.all(Array.from({ length: 8 }, () => createRun({ runs, name: '../../a:b*c. ', config, kind: 'probe' })));
    expect(new Set(made.map((run) => run.directory)).size).toBe(8);
    for (const run of made) expect(path.dirname(run.directory)).toBe(runs);
    expect((await listRuns(runs)).length).toBe(8);
  });

  it('keeps a .gitignore that a person wrote, and writes none into a folder they chose', async () => {
    const root = scratch();
    mkdirSync(path.join(root, '.fathom'));
    writeFileSync(path.join(root, '.fathom', '.gitignore'), 'mine\n');
    await createRun({ runs: runsFolder(root), name: 'a', config, kind: 'run' });
    expect(readFileSync(path.join(root, '.fathom', '.gitignore'), 'utf8')).toBe('mine\n');
    await createRun({ runs: path.join(root, 'chosen'), name: 'a', config, kind: 'run' });
    expect(existsSync(path.join(root, '.gitignore'))).toBe(false);
  });

  it('leaves nothing behind where it cannot be made', async () => {
    const root = scratch();
    const blocked = path.join(root, 'blocked');
    writeFileSync(blocked, 'a file where a folder should be');
    await expect(createRun({ runs: path.join(blocked, 'runs'), name: 'a', config, kind: 'run' })).rejects.toThrow();
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const broken = { ...config, cyclic };
    await expect(createRun({ runs: path.join(root, 'deep', 'runs'), name: 'a', config: broken, kind: 'run' })).rejects.toThrow();
    expect(readdirSync(root)).toEqual(['blocked']);
  });

  // /sys takes no folders from anybody, and Node blames a missing ancestor for it.
  it.runIf(existsSync('/sys/kernel'))('says in one failure that a disk takes no folders', async () => {
    const attempt = createRun({ runs: '/sys/fathom/.fathom/runs', name: 'a', config, kind: 'run' });
    await expect(attempt).rejects.toMatchObject({ code: expect.stringMatching(/^disk-(denied|read-only)$/) });
  });

  it('says in one failure that a folder may not be written', async (context) => {
    const root = scratch();
    const closed = path.join(root, 'closed');
    mkdirSync(closed);
    if (process.getuid?.() === 0) {
      // Root ignores permissions; an immutable folder stops even root, where the file system knows such.
      try {
        execFileSync('chattr', ['+i', closed], { stdio: 'ignore' });
      } catch {
        return context.skip('this user may write everywhere');
      }
    } else chmodSync(closed, 0o500);
    try {
      const attempt = createRun({ runs: path.join(closed, 'runs'), name: 'a', config, kind: 'run' });
      await expect(attempt).rejects.toMatchObject({ code: 'disk-denied' });
      expect(readdirSync(closed)).toEqual([]);
    } finally {
      if (process.getuid?.() === 0) execFileSync('chattr', ['-i', closed], { stdio: 'ignore' });
    }
  });
});

describe('listing runs', () => {
  it('shows newest first, names broken ones, and takes a missing folder for none', async () => {
    const runs = runsFolder(scratch());
    expect(await listRuns(runs)).toEqual([]);
    const { directory, record } = await createRun({ runs, name: 'b', config, kind: 'run' });
    mkdirSync(path.join(runs, '10000101-000000-half'));
    mkdirSync(path.join(runs, '10000102-000000-broken'));
    writeFileSync(runFile(path.join(runs, '10000102-000000-broken')), 'null');
    const entries = await listRuns(runs);
    expect(entries[0]).toEqual({ directory, record });
    expect(entries.slice(1).map((entry) => 'problem' in entry && entry.problem.code)).toEqual(['run-malformed', 'run-missing']);
  });
});

describe('the guard of run.json', () => {
  const good = { format: 1, id: 'i', name: 'n', kind: 'run', state: 'running', created: '', heartbeat: 1, step: 2, steps: 3, metrics: {} };

  it('keeps what it knows and drops what it does not', async () => {
    const process = { pid: 1, started: '2', boot: 'b', namespace: 'n', host: 'h' };
    const full = {
      ...good,
      process,
      engine: { name: 'e', version: '1', device: 'cpu', reason: 'only one' },
      parameters: 12,
      lineage: { run: 'r', step: 1 },
      configuration: 'c',
      error: { code: 'x', args: { a: 1 }, message: 'm' },
    };
    expect(parseRun({ ...full, later: true })).toEqual(full);
  });

  it('reads a metric that was not finite as NaN', async () => {
    const runs = runsFolder(scratch());
    const { directory, record } = await createRun({ runs, name: 'b', config, kind: 'run' });
    await writeRun(directory, { ...record, metrics: { 'loss/train': Number.NaN, lr: 0.1 } });
    expect((await readRun(directory)).metrics).toEqual({ 'loss/train': Number.NaN, lr: 0.1 });
  });

  it('refuses a newer format by name', () => {
    expect(() => parseRun({ format: 99 }, 'somewhere')).toThrow(/newer Fathom \(format 99/);
  });

  it.each([
    ['format', { ...good, format: '1' }],
    ['state', { ...good, state: 'lost' }],
    ['kind', { ...good, kind: 'x' }],
    ['step', { ...good, step: '2' }],
    ['process', { ...good, process: { pid: 'x' } }],
    ['the whole file', []],
    ['the whole file', null],
  ])('names %s where it is wrong', (field, value) => {
    const attempt = () => parseRun(value);
    expect(attempt).toThrow(Failure);
    expect(attempt).toThrow(field);
  });
});
