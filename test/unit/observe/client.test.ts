import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EventWriter } from '../../../src/experiment/eventWriter';
import { runsFolder, writeRun } from '../../../src/experiment/runDirectory';
import { Observer, type ObserverProblem } from '../../../src/observe/client';
import { ObservedRun } from '../../../src/observe/observedRun';
import type { RunSummary } from '../../../src/observe/runView';
import { Folders, layoutOf, noise, record, until } from './helpers';

const built = new Folders();
const folders = new Folders();
let script = '';
let fragile = '';
const observers: Observer[] = [];

beforeAll(async () => {
  const folder = built.make();
  script = path.join(folder, 'observer.mjs');
  await build({
    entryPoints: ['src/observe/worker.ts'],
    outfile: script,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
  });
  // The same worker, but the question for this profile kills it.
  fragile = path.join(folder, 'fragile.mjs');
  writeFileSync(
    fragile,
    `import { parentPort } from 'node:worker_threads';
     import './observer.mjs';
     parentPort.on('message', (message) => { if (message.question?.request?.column === 666) process.exit(3); });`,
  );
});
afterEach(() => {
  for (const observer of observers.splice(0)) observer.dispose();
  folders.clean();
});
afterAll(() => built.clean());

function observe(worker = script) {
  const problems: ObserverProblem[] = [];
  const observer = new Observer(worker, (problem) => problems.push(problem));
  observers.push(observer);
  return { observer, problems };
}

const layout = layoutOf(30, 2);
const request = { statistic: 'statistic-1', rows: { from: 0, to: 30 }, columns: { from: 0, to: 1000 }, width: 40, height: 10 };

async function recordedRun(columns = 100): Promise<{ directory: string; writer: EventWriter }> {
  const directory = path.join(runsFolder(folders.make()), 'a-run');
  await writeRun(directory, record());
  const writer = EventWriter.open(directory);
  const next = noise(1);
  for (let step = 0; step < columns; step++) {
    writer.depth(step, layout, Float32Array.from({ length: 60 }, next));
    writer.scalars(step, { 'loss/train': next() });
  }
  return { directory, writer };
}

describe('the observer in a worker thread', () => {
  it('answers as a run observed in this thread does', async () => {
    const { directory, writer } = await recordedRun();
    const direct = new ObservedRun(directory);
    const view = observe().observer.openRun(directory);
    // A snapshot does not wait for a long history, nor on a busy machine for a short one.
    for (const run of [view, direct]) await until(async () => (await run.snapshot()).extent.columns === 100);
    expect(await view.snapshot()).toEqual(await direct.snapshot());
    expect(await view.tile(request)).toEqual(await direct.tile(request));
    const steps = { from: 0, to: 1000 };
    for (const source of [{ scalar: 'loss/train' }, { statistic: 'statistic-0', row: 3 }]) {
      expect(await view.series({ source, steps, points: 20 })).toEqual(await direct.series({ source, steps, points: 20 }));
    }
    const profile = { statistics: ['statistic-0', 'statistic-1'], column: 7 };
    expect(await view.profile(profile)).toEqual(await direct.profile(profile));
    await expect(view.tile({ ...request, statistic: 'none' })).rejects.toMatchObject({
      code: 'unknown-statistic',
      args: { value: 'none' },
    });
    direct.close();
    await direct.closing;
    writer.close();
  });

  it('tells two views of one run what is new, each until it is closed', async () => {
    const { directory, writer } = await recordedRun(3);
    const { observer } = observe();
    const views = [observer.openRun(directory), observer.openRun(directory)];
    const columns = views.map(() => 0);
    const statuses: string[] = [];
    for (const [index, view] of views.entries()) {
      view.onExtent((extent) => {
        columns[index] = extent.columns;
      });
    }
    views[0]?.onStatus((status) => statuses.push(status.state));
    await Promise.all(views.map((view) => view.snapshot()));
    writer.depth(3, layout, new Float32Array(60));
    await until(() => columns.every((count) => count === 4));
    views[1]?.close();
    await expect(views[1]?.tile(request)).rejects.toMatchObject({ code: 'run-closed', args: { path: directory } });
    writer.depth(4, layout, new Float32Array(60));
    await writeRun(directory, record({ state: 'failed' }));
    await until(() => columns[0] === 5 && statuses.at(-1) === 'failed');
    expect(columns[1]).toBe(4);
    writer.close();
  });

  it('rejects what is still unanswered when a run is closed', async () => {
    const { directory, writer } = await recordedRun(3);
    const view = observe().observer.openRun(directory);
    const tile = view.tile(request);
    view.close();
    await expect(tile).rejects.toMatchObject({ code: 'run-closed' });
    writer.close();
  });

  it('lists runs', async () => {
    const { directory, writer } = await recordedRun(1);
    const heard: RunSummary[] = [];
    const watching = observe().observer.watchRuns([path.dirname(directory)], (runs) => heard.push(...runs));
    await until(() => heard.length === 1);
    expect(heard[0]).toMatchObject({ directory, state: 'finished', record: { id: 'a-run' } });
    watching.dispose();
    writer.close();
  });

  it('is started again once when it dies, goes on, and ends clearly the second time', async () => {
    const { directory, writer } = await recordedRun(5);
    const { observer, problems } = observe(fragile);
    const generations: number[] = [];
    const heard: (readonly RunSummary[])[] = [];
    observer.watchRuns([path.dirname(directory)], (runs) => heard.push(runs));
    const view = observer.openRun(directory);
    view.onExtent((extent) => generations.push(extent.generation));
    await view.snapshot();
    await until(() => heard.length === 1 && generations.length > 0);

    const deadly = { statistics: [], column: 666 };
    await expect(view.profile(deadly)).rejects.toMatchObject({ code: 'observer-restarted' });
    expect(problems).toEqual([{ code: 'observer-restarted', args: { detail: 'exit code 3' } }]);
    expect((await view.snapshot()).extent.columns).toBe(5);
    await until(() => heard.length === 2 && (generations.at(-1) ?? 0) > 0);

    await expect(view.profile(deadly)).rejects.toMatchObject({ code: 'observer-stopped' });
    expect(problems.map((problem) => problem.code)).toEqual(['observer-restarted', 'observer-stopped']);
    await expect(view.tile(request)).rejects.toMatchObject({ code: 'observer-stopped' });
    writer.close();
  });

  it('says so when its script is missing', async () => {
    const { observer, problems } = observe(path.join(folders.make(), 'none.mjs'));
    const view = observer.openRun(folders.make());
    await expect(view.snapshot()).rejects.toMatchObject({ code: expect.stringMatching(/^observer-/) });
    await until(() => problems.length === 2);
    expect(problems[1]?.code).toBe('observer-stopped');
  });
});

it('fifty open runs share one thread, and each is answered for itself', async () => {
  const { observer, problems } = observe();
  const [layout, next] = [layoutOf(6, 2), noise(3)];
  const views = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const directory = folders.make();
      await writeRun(directory, record({ id: `run-${index}`, name: `run ${index}` }));
      const writer = EventWriter.open(directory);
      for (let step = 0; step <= index; step++) {
        const values = Float32Array.from({ length: 12 }, () => next());
        writer.depth(step, layout, values);
      }
      writer.close();
      const view = observer.openRun(directory);
      // All but the one that is looked at are behind other tabs.
      view.setActive(index === 49);
      return view;
    }),
  );
  const everything = { statistic: 'statistic-1', rows: { from: 0, to: 6 }, columns: { from: 0, to: 50 }, width: 50, height: 6 };
  for (const [index, view] of views.entries()) {
    await until(async () => (await view.snapshot()).extent.columns === index + 1);
    const { status } = await view.snapshot();
    expect(status.record?.name).toBe(`run ${index}`);
    expect((await view.tile(everything)).steps).toHaveLength(index + 1);
  }
  // One is closed: the others stay.
  views[0]?.close();
  await expect(views[0]?.snapshot()).rejects.toMatchObject({ code: 'run-closed' });
  expect((await views[1]?.snapshot())?.extent.columns).toBe(2);
  expect(problems).toEqual([]);
});
