import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { EventWriter } from '../../../src/experiment/eventWriter';
import { identify } from '../../../src/experiment/processes';
import { configFile, derivedFolder, runFile, writeRun } from '../../../src/experiment/runDirectory';
import type { RunExtent, RunStatus, RunText } from '../../../src/experiment/view';
import { ObservedRun, type ObserveOptions } from '../../../src/observe/observedRun';
import { Folders, layoutOf, noise, record, until } from './helpers';

const folders = new Folders();
const observed: ObservedRun[] = [];
afterEach(async () => {
  for (const run of observed) run.close();
  await Promise.all(observed.splice(0).map((run) => run.closing));
  folders.clean();
});

function observe(directory: string, options?: ObserveOptions) {
  const run = new ObservedRun(directory, options);
  observed.push(run);
  const heard = { extents: [] as RunExtent[], texts: [] as RunText[], statuses: [] as RunStatus[] };
  run.onExtent((extent, texts) => {
    heard.extents.push(extent);
    heard.texts.push(...texts);
  });
  run.onStatus((status) => heard.statuses.push(status));
  return { run, heard };
}

async function end(run: ObservedRun): Promise<void> {
  run.close();
  await run.closing;
}

const layout = layoutOf(40, 3);
const everything = { statistic: 'statistic-1', rows: { from: 0, to: 40 }, columns: { from: 0, to: 1e9 }, width: 50, height: 20 };

async function recordedRun(columns: number): Promise<string> {
  const directory = folders.make();
  await writeRun(directory, record());
  writeFileSync(configFile(directory), '{"name":"a run"}');
  const writer = EventWriter.open(directory);
  const next = noise(5);
  for (let step = 0; step < columns; step++) {
    writer.depth(
      step,
      layout,
      Float32Array.from({ length: 120 }, () => next()),
    );
    writer.scalars(step, { 'loss/train': next() });
  }
  writer.text(columns, 'alert', '{"words":"spike"}');
  writer.close();
  return directory;
}

describe('an observed run', () => {
  it('gives one snapshot and then what is new', async () => {
    const directory = await recordedRun(30);
    const { run, heard } = observe(directory);
    const snapshot = await run.snapshot();
    expect(snapshot).toMatchObject({
      status: { directory, state: 'finished', record: { id: 'a-run' }, problems: [] },
      extent: { columns: 30, lastStep: 29, lastScalarStep: 29, scalars: ['loss/train'], texts: 1, generation: 0, layout },
      config: { name: 'a run' },
    });
    expect(snapshot.texts).toEqual([{ step: 30, tag: 'alert', text: '{"words":"spike"}' }]);
    const before = heard.texts.length;

    const writer = EventWriter.open(directory, { sessionStart: 20 });
    for (let step = 20; step < 25; step++) writer.depth(step, layout, new Float32Array(120).fill(step));
    writer.text(24, 'edit', 'lr');
    await until(() => heard.extents.at(-1)?.columns === 25 && heard.texts.length > before);
    expect(heard.extents.at(-1)).toMatchObject({ lastStep: 24, generation: 1, texts: 1 });
    expect(heard.texts.slice(before)).toEqual([{ step: 24, tag: 'edit', text: 'lr' }]);
    const tile = await run.tile({ ...everything, columns: { from: 20, to: 25 }, width: 5, height: 1 });
    expect([...tile.maximum]).toEqual([20, 21, 22, 23, 24]);
    writer.close();
  });

  it('sees columns soon after they are written', async () => {
    const directory = folders.make();
    await writeRun(directory, record({ state: 'running', process: identify() }));
    const writer = EventWriter.open(directory);
    const { run, heard } = observe(directory);
    await run.snapshot();
    for (let step = 0; step < 5; step++) {
      writer.depth(step, layout, new Float32Array(120));
      const written = performance.now();
      await until(() => heard.extents.at(-1)?.columns === step + 1);
      expect(performance.now() - written).toBeLessThan(3000);
    }
    writer.close();
  });

  it('says what is wrong with the files, and shows what came before', async () => {
    const directory = await recordedRun(10);
    const other = EventWriter.open(directory);
    other.depth(50, layout, new Float32Array(120));
    other.close();
    appendFileSync(other.file, Buffer.alloc(64, 7));
    const { run, heard } = observe(directory);
    await run.snapshot();
    await until(() => heard.statuses.at(-1)?.problems.length === 1);
    expect(heard.statuses.at(-1)).toMatchObject({ state: 'finished', problems: [{ code: 'events-bad-checksum' }] });
    expect((await run.snapshot()).extent.columns).toBe(11);

    writeFileSync(runFile(directory), '{"format":1');
    await until(() => heard.statuses.at(-1)?.state === 'unreadable');
    expect(heard.statuses.at(-1)?.problems.map((problem) => problem.code)).toContain('file-not-json');

    rmSync(directory, { recursive: true });
    await until(() => heard.statuses.at(-1)?.state === 'missing');
    expect((await run.tile(everything)).width).toBe(11);
    await end(run);
    expect(existsSync(directory)).toBe(false);
  });

  it('finds that a trainer is gone', async () => {
    const directory = folders.make();
    await writeRun(directory, record({ state: 'running', process: { ...identify(), started: 'never' } }));
    expect((await observe(directory).run.snapshot()).status.state).toBe(process.platform === 'linux' ? 'lost' : 'running');
  });

  it('of a directory that does not exist is missing, until it does', async () => {
    const directory = path.join(folders.make(), 'later');
    const { run, heard } = observe(directory);
    expect(await run.snapshot()).toMatchObject({ status: { state: 'missing' }, extent: { columns: 0 } });
    mkdirSync(directory);
    await writeRun(directory, record({ state: 'queued' }));
    await until(() => heard.statuses.at(-1)?.state === 'queued');
  });

  it('answers nothing once it is closed', async () => {
    const { run } = observe(await recordedRun(3));
    await end(run);
    await expect(run.tile(everything)).rejects.toMatchObject({ code: 'run-closed' });
    await expect(run.snapshot()).rejects.toMatchObject({ code: 'run-closed' });
  });
});

describe('derived data', () => {
  const inFiles = { memoryBytes: 20_000 };

  const expectedOf = (directory: string, columns: number) =>
    whole(observe(directory, { memoryBytes: Number.POSITIVE_INFINITY }).run, columns);

  async function whole(run: ObservedRun, columns: number) {
    await until(async () => (await run.snapshot()).extent.columns === columns);
    return { tile: await run.tile(everything), extent: (await run.snapshot()).extent };
  }

  it('are written when memory would hold too much, and open a run again without its event file', async () => {
    const directory = await recordedRun(700);
    const expected = await expectedOf(directory, 700);
    expect(existsSync(derivedFolder(directory))).toBe(false);

    const first = observe(directory, inFiles).run;
    expect(await whole(first, 700)).toEqual(expected);
    await end(first);
    expect(existsSync(derivedFolder(directory))).toBe(true);

    // Only the end of the event file vouches for the index, so what is read now comes from `derived/`.
    const [file] = eventFilesOf(directory);
    const bytes = readFileSync(file);
    writeFileSync(file, Buffer.concat([Buffer.alloc(bytes.length - 1000), bytes.subarray(bytes.length - 1000)]));
    const second = observe(directory, inFiles).run;
    expect(await whole(second, 700)).toEqual(expected);
    await end(second);
  });

  it('grow on from where they were, the same as if read at once', async () => {
    const directory = await recordedRun(300);
    const first = observe(directory, inFiles).run;
    await whole(first, 300);
    await end(first);
    const [file] = eventFilesOf(directory);
    const bytes = readFileSync(eventFilesOf(await recordedRun(700))[0]);
    // The same seed, so the longer file begins as the shorter one but for its clock: replace both.
    writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length / 2)));
    const half = observe(directory, inFiles).run;
    await until(async () => (await half.snapshot()).extent.columns > 340);
    await end(half);
    writeFileSync(file, bytes);
    const expected = await expectedOf(directory, 700);
    const rest = observe(directory, inFiles).run;
    expect(await whole(rest, 700)).toEqual(expected);
  });

  it.each(['index', 'level0', 'level1', 'level2'])('are made again when %s is damaged, cut or gone', async (part) => {
    const directory = await recordedRun(700);
    const expected = await expectedOf(directory, 700);
    for (const harm of ['damaged', 'cut', 'gone']) {
      const writing = observe(directory, inFiles).run;
      await whole(writing, 700);
      await end(writing);
      const [file] = derivedFilesOf(directory).filter((name) => name.endsWith(part));
      if (file === undefined) throw new Error(`no ${part}`);
      const bytes = readFileSync(file);
      if (harm === 'gone') rmSync(file);
      else if (harm === 'cut') writeFileSync(file, bytes.subarray(0, bytes.length / 3));
      else writeFileSync(file, bytes.fill(0x55, Math.floor(bytes.length / 2)));
      const reading = observe(directory, inFiles).run;
      await whole(reading, 700);
      for (let statistic = 0; statistic < 3; statistic++) await reading.tile({ ...everything, statistic: `statistic-${statistic}` });
      const again = await whole(reading, 700);
      expect(again.tile).toEqual(expected.tile);
      expect(again.extent).toEqual({ ...expected.extent, generation: again.extent.generation });
      await end(reading);
    }
  });

  it('are done without where they cannot be written', async () => {
    const directory = await recordedRun(300);
    const expected = await expectedOf(directory, 300);
    writeFileSync(derivedFolder(directory), 'in the way');
    const { run } = observe(directory, inFiles);
    expect(await whole(run, 300)).toEqual(expected);
  });

  it('may be shared by two views of a run that grows and is resumed', async () => {
    const directory = await recordedRun(300);
    const [a, b] = [observe(directory, inFiles), observe(directory, inFiles)];
    await Promise.all([whole(a.run, 300), whole(b.run, 300)]);
    const writer = EventWriter.open(directory, { sessionStart: 200 });
    const next = noise(9);
    for (let step = 200; step < 500; step++) writer.depth(step, layout, Float32Array.from({ length: 120 }, next));
    writer.close();
    const [fromA, fromB] = await Promise.all([whole(a.run, 500), whole(b.run, 500)]);
    expect(fromA).toEqual(fromB);
    expect(fromA.tile).toEqual((await expectedOf(directory, 500)).tile);
    await end(a.run);
    // Deleted under the other view: it goes on, and whoever comes next makes them anew.
    rmSync(derivedFolder(directory), { recursive: true });
    expect((await b.run.tile(everything)).minimum).toEqual(fromA.tile.minimum);
    await end(b.run);
    const later = observe(directory, inFiles).run;
    expect((await whole(later, 500)).tile).toEqual(fromA.tile);
  });
});

function eventFilesOf(directory: string): [string, ...string[]] {
  const [first, ...others] = readdirSync(directory)
    .filter((name) => name.includes('.tfevents.'))
    .sort();
  if (first === undefined) throw new Error('no event file');
  return [path.join(directory, first), ...others.map((name) => path.join(directory, name))];
}

function derivedFilesOf(directory: string): string[] {
  return readdirSync(derivedFolder(directory)).map((name) => path.join(derivedFolder(directory), name));
}
