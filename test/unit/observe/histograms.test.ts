// Histograms over depth as a watcher is given them: the newest at or before a step, whichever file holds it
// and whatever was superseded, from `derived/` as well.

import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { EventWriter } from '../../../src/experiment/eventWriter';
import { derivedFolder, writeRun } from '../../../src/experiment/runDirectory';
import { HistogramStore } from '../../../src/observe/histograms';
import { ObservedRun } from '../../../src/observe/observedRun';
import { Folders, layoutOf, record } from './helpers';

const folders = new Folders();
const observed: ObservedRun[] = [];
afterEach(async () => {
  for (const run of observed) run.close();
  await Promise.all(observed.splice(0).map((run) => run.closing));
  folders.clean();
});

const edges = [-1, 0, 1];
const layout = { rows: ['layer 1', 'layer 2'], edges };
const counts = (step: number): Float32Array => new Float32Array(8).fill(step);

async function open(directory: string, memoryBytes?: number): Promise<ObservedRun> {
  const run = new ObservedRun(directory, memoryBytes === undefined ? {} : { memoryBytes });
  observed.push(run);
  await run.snapshot();
  return run;
}

/** Histograms at steps 1, 10, 20, then a resumption at step 15 with one at step 20 that holds 99s. */
async function resumedRun(): Promise<string> {
  const directory = folders.make();
  await writeRun(directory, record());
  const columns = layoutOf(4, 1);
  const first = EventWriter.open(directory);
  for (const step of [1, 10, 20]) {
    first.depth(step, columns, new Float32Array(4));
    first.histogram(step, 'weights', layout, counts(step));
  }
  first.close();
  const second = EventWriter.open(directory, { sessionStart: 15 });
  second.histogram(20, 'weights', layout, counts(99));
  second.histogram(20, 'gradients', { rows: ['layer 1'], edges }, new Float32Array(4));
  second.close();
  return directory;
}

describe('histograms of a run', () => {
  it('are told of, and given for any step', async () => {
    const run = await open(await resumedRun());
    expect((await run.snapshot()).extent.histograms).toEqual({ weights: 20, gradients: 20 });
    const at = async (step: number) => (await run.histogram({ name: 'weights', step })).values[0];
    expect([await at(0), await at(1), await at(9), await at(19), await at(20), await at(1000)]).toEqual([1, 1, 1, 10, 99, 99]);
    expect(await run.histogram({ name: 'weights', step: 12 })).toEqual({
      name: 'weights',
      step: 10,
      steps: [1, 10, 20],
      rows: layout.rows,
      edges,
      values: counts(10),
    });
    await expect(run.histogram({ name: 'other', step: 1 })).rejects.toMatchObject({ code: 'unknown-histogram' });
  });

  it('come back from derived data', async () => {
    const directory = folders.make();
    await writeRun(directory, record());
    const writer = EventWriter.open(directory);
    const wide = layoutOf(400, 3);
    writer.histogram(1, 'weights', layout, counts(7));
    for (let step = 1; step < 60; step++) writer.depth(step, wide, new Float32Array(1200));
    writer.close();
    const run = await open(directory, 20_000);
    run.close();
    await run.closing;
    expect(existsSync(derivedFolder(directory))).toBe(true);
    const again = await open(directory, 20_000);
    expect((await again.histogram({ name: 'weights', step: 5 })).values).toEqual(counts(7));
  });

  it('that do not fit are left out and told of', async () => {
    const directory = folders.make();
    await writeRun(directory, record());
    const writer = EventWriter.open(directory);
    writer.histogram(5, 'weights', layout, counts(5));
    writer.histogram(5, 'weights', layout, counts(6));
    writer.histogram(6, 'weights', { rows: ['layer 1'], edges }, new Float32Array(4));
    writer.close();
    const run = await open(directory);
    expect((await run.histogram({ name: 'weights', step: 9 })).steps).toEqual([5, 6]);
    expect((await run.snapshot()).status.problems.map(({ code }) => code)).toEqual(['events-histogram']);
  });
});

describe('a store of histograms', () => {
  it('keeps the newest and thins what is older', () => {
    const store = new HistogramStore();
    for (let step = 1; step <= 1000; step++)
      store.add({
        kind: 'histogram',
        wallTime: 0,
        step,
        name: 'weights',
        ...(step === 1 && { layout }),
        rows: 2,
        bins: 4,
        values: counts(step),
      });
    const steps = store.before('weights', 1e9).map((each) => each.step);
    expect(steps.length).toBeLessThanOrEqual(64);
    expect(steps[0]).toBe(1);
    expect(steps.at(-1)).toBe(1000);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  });
});
