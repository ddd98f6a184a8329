// Runs that earlier versions wrote are listed, shown, forked, exported, and go on from where they stopped.

import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSavedModel } from '../../src/exchange/checkpoint';
import { latestCheckpoint } from '../../src/experiment/checkpoints';
import { openForkPoint } from '../../src/experiment/fork';
import { listRuns, readRun } from '../../src/experiment/runDirectory';
import { CATALOGUE } from '../../src/model/catalogue';
import { ObservedRun } from '../../src/observe/observedRun';
import { filesBelow, shownLosses, Trainers } from '../faults/trainer';

const FIXTURES = path.join(import.meta.dirname, '../fixtures/runs');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fathom-earlier-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = readdirSync(FIXTURES, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

describe.each(names)('a run from %s', (name) => {
  const copy = (): string => {
    const directory = path.join(folder, `${name}-${readdirSync(folder).length}`, name);
    cpSync(path.join(FIXTURES, name), directory, { recursive: true });
    return directory;
  };
  const contents = (directory: string) =>
    filesBelow(directory)
      .filter((file) => path.extname(file) !== '')
      .map((file) => [file, readFileSync(path.join(directory, file), 'latin1')]);

  it('is listed, shown and opened, and none of it changes by that', async () => {
    const directory = copy();
    const before = contents(directory);
    expect(await listRuns(path.dirname(directory))).toMatchObject([{ directory, record: { state: 'stopped' } }]);
    const { step } = await readRun(directory);
    const shown = new ObservedRun(directory);
    const { status, extent } = await shown.snapshot();
    expect(status).toMatchObject({ state: 'stopped', problems: [] });
    expect(extent.columns).toBe(step);
    const [statistic = ''] = extent.layout?.columns ?? [];
    const rows = { from: 0, to: extent.layout?.rows.length ?? 0 };
    const tile = await shown.tile({ statistic, rows, columns: { from: 0, to: step }, width: step, height: rows.to });
    expect(tile.minimum.some((value) => value > 0)).toBe(true);
    shown.close();
    await shown.closing;
    expect([...(await shownLosses(directory)).keys()]).toEqual(Array.from({ length: step }, (_, i) => i + 1));
    expect((await openForkPoint(directory, undefined, CATALOGUE)).checkpoint.step).toBe(step);
    const model = await openSavedModel(directory);
    expect(model.config.watchdog).toBeDefined();
    await model.weights.close();
    expect(contents(directory)).toEqual(before);
  });

  it('goes on to its end', async () => {
    const directory = copy();
    const { step, steps } = await readRun(directory);
    const trainer = (await Trainers.prepare(path.dirname(directory))).start(directory);
    expect(await trainer.exited, trainer.words()).toBe(0);
    expect(await readRun(directory)).toMatchObject({ state: 'finished', step: steps });
    const losses = await shownLosses(directory);
    expect([...losses.keys()]).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
    expect(losses.get(steps)).toBeLessThan(losses.get(step) ?? Number.NaN);
    expect((await latestCheckpoint(directory)).latest?.step).toBe(steps);
  });
});
