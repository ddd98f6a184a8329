import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { identify } from '../../../src/experiment/processes';
import { runFile, writeRun } from '../../../src/experiment/runDirectory';
import { notesFile } from '../../../src/observe/notes';
import { RunsWatcher } from '../../../src/observe/runs';
import type { RunSummary } from '../../../src/observe/runView';
import { Folders, record, until } from './helpers';

const folders = new Folders();
const watchers: RunsWatcher[] = [];
afterEach(() => {
  for (const watcher of watchers.splice(0)) watcher.dispose();
  folders.clean();
});

function watchRuns(...roots: string[]) {
  const heard: (readonly RunSummary[])[] = [];
  watchers.push(new RunsWatcher(roots, (runs) => heard.push(runs)));
  const all = () => new Map(heard.flat().map((run) => [run.directory, run]));
  return { heard, all };
}

function writeRunNow(directory: string, changes: Parameters<typeof record>[0]): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${runFile(directory)}.tmp`, JSON.stringify(record(changes)));
  renameSync(`${runFile(directory)}.tmp`, runFile(directory));
}

describe('watching folders of runs', () => {
  it('tells all runs once, then only what changed, came or went', async () => {
    const [one, two] = [folders.make(), folders.make()];
    const [a, b, c] = [path.join(one, 'a'), path.join(one, 'b'), path.join(two, 'c')];
    writeRunNow(a, { name: 'A' });
    writeRunNow(b, { name: 'B', state: 'running', process: identify() });
    const { heard, all } = watchRuns(one, two, path.join(two, 'not there yet'));
    await until(() => heard.length === 1);
    expect(heard[0]?.map((run) => [run.directory, run.state]).sort()).toEqual([
      [a, 'finished'],
      [b, 'running'],
    ]);

    writeRunNow(b, { name: 'B', state: 'paused', heartbeat: 2, process: identify() });
    writeRunNow(c, { name: 'C' });
    await until(() => all().get(b)?.state === 'paused' && all().has(c));
    expect(
      heard
        .slice(1)
        .flat()
        .map((run) => run.directory),
    ).not.toContain(a);

    rmSync(a, { recursive: true });
    await until(() => all().get(a)?.state === 'missing');
    const calls = heard.length;
    await new Promise((resolve) => setTimeout(resolve, 1300));
    expect(heard.length).toBe(calls);
  });

  it('tells an empty or missing folder at once', async () => {
    const { heard } = watchRuns(path.join(folders.make(), 'none'));
    await until(() => heard.length === 1);
    expect(heard).toEqual([[]]);
  });

  it('reads notes, and again when they change', async () => {
    const root = folders.make();
    const directory = path.join(root, 'a');
    writeRunNow(directory, {});
    const { all } = watchRuns(root);
    await until(() => all().has(directory));
    expect(all().get(directory)?.notes).toBeUndefined();
    writeFileSync(notesFile(directory), '{"name":"the good one","star":true,"tags":["x",5],"text":7}');
    await until(() => all().get(directory)?.notes !== undefined);
    expect(all().get(directory)).toMatchObject({ state: 'finished', notes: { name: 'the good one', star: true, tags: ['x'], text: '' } });
    writeFileSync(notesFile(directory), '{"star":');
    await until(() => all().get(directory)?.notes === undefined);
  });

  it('gives broken, newer and lost runs a state and says why', async () => {
    const root = folders.make();
    const at = (name: string) => path.join(root, name);
    for (const name of ['broken', 'empty', 'newer', 'lost']) mkdirSync(at(name));
    writeFileSync(runFile(at('broken')), '{"format":1,');
    writeFileSync(runFile(at('newer')), JSON.stringify({ ...record(), format: 99 }));
    await writeRun(at('lost'), record({ state: 'running', process: { ...identify(), pid: 2 ** 22 + 1 } }));
    const { heard, all } = watchRuns(root);
    await until(() => heard.length > 0);
    // Perhaps its launcher is about to write `run.json`.
    expect(heard[0]?.some(({ directory }) => directory === at('empty'))).toBe(false);
    await until(() => all().has(at('empty')));
    const told = ['broken', 'empty', 'newer', 'lost'].map((name) => [all().get(at(name))?.state, all().get(at(name))?.problems[0]?.code]);
    expect(told).toEqual([
      ['unreadable', 'file-not-json'],
      ['unreadable', 'run-missing'],
      ['unreadable', 'run-newer-format'],
      ['lost', undefined],
    ]);
  });

  it('does not read a run again whose file did not change', async () => {
    const root = folders.make();
    const directory = path.join(root, 'a');
    writeRunNow(directory, { name: 'one' });
    const time = new Date(1_700_000_000_000);
    utimesSync(runFile(directory), time, time);
    const { all } = watchRuns(root);
    await until(() => all().has(directory));
    // In place, of the same length, with the same time: only reading could tell.
    writeFileSync(runFile(directory), JSON.stringify(record({ name: 'two' })));
    utimesSync(runFile(directory), time, time);
    await new Promise((resolve) => setTimeout(resolve, 1300));
    expect(all().get(directory)?.record?.name).toBe('one');
  });

  it('lists a thousand runs at once', async () => {
    const root = folders.make();
    for (let number = 0; number < 1000; number++) writeRunNow(path.join(root, `run-${number}`), { id: `run-${number}` });
    const { heard } = watchRuns(root);
    await until(() => heard.length > 0, 60_000);
    expect(heard[0]?.length).toBe(1000);
  });
});
