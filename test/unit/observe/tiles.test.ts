import path from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { CELL_EMPTY, CELL_INFINITE, CELL_NAN } from '../../../src/experiment/view';
import { FileHistory, RunHistory } from '../../../src/observe/history';
import { answerProfile, answerSeries, answerTile } from '../../../src/observe/tiles';
import { cellOver, depthEvent, Folders, layoutOf, noise, partsOf } from './helpers';

const folders = new Folders();
afterEach(() => folders.clean());

/** A run of one or two files, kept in memory or mostly in files, and the values that it should show. */
function makeRun(options: { rows: number; statistics: number; columns: number; seed: number; memoryBytes: number; resumedAt?: number }) {
  const { rows, statistics, columns, memoryBytes, resumedAt } = options;
  const folder = folders.make();
  const layout = layoutOf(rows, statistics);
  const next = noise(options.seed);
  const history = new RunHistory();
  const files = ['a', 'b'].map((name) => new FileHistory(name, { prefix: path.join(folder, 'derived', name), memoryBytes }));
  history.setFiles(files);
  const shown: { step: number; values: Float32Array }[] = [];
  const record = (file: FileHistory | undefined, step: number) => {
    if (file === undefined) return;
    const event = depthEvent(step, layout, next, file.columns === undefined);
    history.apply(file, [event, { kind: 'scalars', step, wallTime: 0, values: { loss: event.values[0] ?? 0 } }]);
    shown.push({ step, values: event.values });
  };
  for (let column = 0; column < columns; column++) record(files[0], column * 10);
  if (resumedAt !== undefined) {
    history.apply(files[1] as FileHistory, [{ kind: 'session-start', step: resumedAt, wallTime: 0 }]);
    while ((shown.at(-1)?.step ?? -1) >= resumedAt) shown.pop();
    for (let column = 0; column < columns / 2; column++) record(files[1], resumedAt + column * 10);
  }
  return {
    history,
    shown,
    layout,
    value: (column: number, row: number, statistic: number) => shown[column]?.values[row * statistics + statistic] ?? 0,
  };
}

const runs = fc.record({
  rows: fc.integer({ min: 1, max: 13 }),
  statistics: fc.integer({ min: 1, max: 3 }),
  columns: fc.oneof(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 500, max: 700 })),
  seed: fc.integer(),
  memoryBytes: fc.constantFrom(0, 4000, Number.POSITIVE_INFINITY),
  resumedAt: fc.option(fc.integer({ min: 0, max: 800 }), { nil: undefined }),
});

const spans = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }));

function spanOf([a, b]: [number, number], length: number) {
  const [from, to] = [Math.floor(a * (length + 1)), Math.floor(b * (length + 1))];
  return from < to ? { from, to: Math.min(to, length) } : { from: to, to: Math.min(from, length) };
}

describe('tiles', () => {
  it('equal a brute-force reference over values that are not all finite', () => {
    fc.assert(
      fc.property(runs, spans, spans, fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 15 }), (options, r, c, width, height) => {
        const { resumedAt, ...rest } = options;
        const run = makeRun({ ...rest, ...(resumedAt !== undefined && { resumedAt }) });
        const [rows, columns] = [spanOf(r, options.rows), spanOf(c, run.shown.length)];
        for (let statistic = 0; statistic < (run.shown.length === 0 ? 0 : options.statistics); statistic++) {
          const tile = answerTile(run.history, { statistic: `statistic-${statistic}`, rows, columns, width, height });
          expect(tile).toMatchObject({
            rows,
            columns,
            width: Math.min(width, columns.to - columns.from),
            height: Math.min(height, rows.to - rows.from),
          });
          const [xs, ys] = [partsOf(columns, tile.width), partsOf(rows, tile.height)];
          const expected = xs.flatMap((x) =>
            ys.map((y) => {
              const values: number[] = [];
              for (let column = x.from; column < x.to; column++) {
                for (let row = y.from; row < y.to; row++) values.push(run.value(column, row, statistic));
              }
              return cellOver(values);
            }),
          );
          expect([...tile.minimum]).toEqual(expected.map((cell) => cell.minimum));
          expect([...tile.maximum]).toEqual(expected.map((cell) => cell.maximum));
          expect([...tile.flags]).toEqual(expected.map((cell) => cell.flags));
          expect([...tile.steps]).toEqual(xs.map((x) => run.shown[x.from]?.step));
        }
        for (const file of run.history.files) file.blocks?.close();
        folders.clean();
      }),
      { seed: 20260101, numRuns: 60 },
    );
  });

  it('keep a single spike, NaN and infinity among many columns, and ±0 apart from nothing', () => {
    const run = makeRun({ rows: 5, statistics: 1, columns: 0, seed: 1, memoryBytes: 1000 });
    const special = new Map([
      [1234, 1e20],
      [2100, Number.NaN],
      [2999, Number.NEGATIVE_INFINITY],
    ]);
    const file = run.history.files[0] as FileHistory;
    for (let column = 0; column < 4096; column++) {
      const event = depthEvent(column, run.layout, () => -0, column === 0);
      event.values[3] = special.get(column) ?? 0;
      run.history.apply(file, [event]);
    }
    const all = { from: 0, to: 4096 };
    const tile = answerTile(run.history, { statistic: 'statistic-0', rows: { from: 0, to: 5 }, columns: all, width: 4, height: 1 });
    expect([...tile.maximum]).toEqual([0, Math.fround(1e20), 0, 0]);
    expect([...tile.minimum].map(Math.abs)).toEqual([0, 0, 0, 0]);
    expect([...tile.flags]).toEqual([0, 0, CELL_NAN | CELL_INFINITE, 0]);
    file.blocks?.close();
  });

  it('are empty before anything is recorded, and refuse a statistic that nobody recorded', () => {
    const empty = makeRun({ rows: 3, statistics: 1, columns: 0, seed: 1, memoryBytes: 0 });
    const request = { statistic: 'no-such', rows: { from: 0, to: 9 }, columns: { from: 0, to: 9 }, width: 9, height: 9 };
    expect(answerTile(empty.history, request)).toMatchObject({ width: 0, height: 0 });
    const run = makeRun({ rows: 3, statistics: 1, columns: 5, seed: 1, memoryBytes: Number.POSITIVE_INFINITY });
    expect(() => answerTile(run.history, request)).toThrowError(expect.objectContaining({ code: 'unknown-statistic' }));
  });

  it('leave out cells that do not exist, alone and among others', () => {
    const layout = {
      ...layoutOf(6, 2),
      absent: [
        [0, 1],
        [5, 1],
      ] as const,
    };
    const history = new RunHistory();
    const file = new FileHistory('a', { prefix: path.join(folders.make(), 'a'), memoryBytes: 1e6 });
    history.setFiles([file]);
    const values = Float32Array.from({ length: 12 }, (_, cell) => (cell === 1 || cell === 11 ? 0 : 10 + cell));
    history.apply(file, [{ kind: 'depth', step: 1, wallTime: 0, layout, rows: 6, columns: 2, values }]);
    const rows = { from: 0, to: 6 };
    const whole = answerTile(history, { statistic: layout.columns[1] ?? '', rows, columns: { from: 0, to: 1 }, width: 1, height: 6 });
    expect([...whole.flags]).toEqual([CELL_EMPTY, 0, 0, 0, 0, CELL_EMPTY]);
    const halved = answerTile(history, { statistic: layout.columns[1] ?? '', rows, columns: { from: 0, to: 1 }, width: 1, height: 2 });
    expect([...halved.minimum]).toEqual([13, 17]);
    const other = answerTile(history, { statistic: layout.columns[0] ?? '', rows, columns: { from: 0, to: 1 }, width: 1, height: 6 });
    expect([...other.flags]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(history.layout()?.absent).toEqual(layout.absent);
  });

  it('take whatever numbers a request holds', () => {
    const run = makeRun({ rows: 3, statistics: 1, columns: 20, seed: 1, memoryBytes: Number.POSITIVE_INFINITY });
    const number = fc.oneof(fc.double(), fc.integer());
    const span = fc.record({ from: number, to: number });
    fc.assert(
      fc.property(span, span, number, number, (rows, columns, width, height) => {
        const tile = answerTile(run.history, { statistic: 'statistic-0', rows, columns, width, height });
        expect(tile.minimum.length).toBe(tile.width * tile.height);
        expect(tile.width * tile.height).toBeLessThanOrEqual(60);
      }),
      { seed: 3, numRuns: 300 },
    );
  });
});

describe('series', () => {
  it('of a row and of a scalar equal a brute-force reference', () => {
    fc.assert(
      fc.property(runs, spans, fc.integer({ min: 1, max: 90 }), fc.nat(12), (options, s, points, anyRow) => {
        const { resumedAt, ...rest } = options;
        const run = makeRun({ ...rest, ...(resumedAt !== undefined && { resumedAt }) });
        const row = anyRow % options.rows;
        const steps = spanOf(s, (run.shown.at(-1)?.step ?? 0) + 5);
        const inside = run.shown.map((each, column) => ({ ...each, column })).filter(({ step }) => step >= steps.from && step < steps.to);
        const parts = partsOf({ from: 0, to: inside.length }, Math.min(points, inside.length)).map((part) =>
          inside.slice(part.from, part.to),
        );
        for (const source of [{ scalar: 'loss' }, { statistic: 'statistic-0', row }]) {
          const series = answerSeries(run.history, { source, steps, points });
          const read = (at: { column: number }) => run.value(at.column, 'scalar' in source ? 0 : row, 0);
          const expected = parts.map((part) => cellOver(part.map(read)));
          expect([...series.steps]).toEqual(parts.map((part) => part[0]?.step));
          expect([...series.minimum]).toEqual(expected.map((cell) => cell.minimum));
          expect([...series.maximum]).toEqual(expected.map((cell) => cell.maximum));
          expect([...series.flags]).toEqual(expected.map((cell) => cell.flags));
        }
        for (const file of run.history.files) file.blocks?.close();
        folders.clean();
      }),
      { seed: 20260102, numRuns: 60 },
    );
  });

  it('of an unknown scalar or row have no points', () => {
    const run = makeRun({ rows: 3, statistics: 1, columns: 5, seed: 1, memoryBytes: Number.POSITIVE_INFINITY });
    const steps = { from: 0, to: 1000 };
    expect(answerSeries(run.history, { source: { scalar: 'none' }, steps, points: 10 }).steps.length).toBe(0);
    const beyond = answerSeries(run.history, { source: { statistic: 'statistic-0', row: 3 }, steps, points: 10 });
    expect([beyond.steps.length, beyond.minimum.length]).toEqual([0, 0]);
  });
});

describe('a smoothed series', () => {
  /** Two files, the second superseding the end of the first; a NaN that does not count; steps of uneven distance. */
  function smoothRun() {
    const history = new RunHistory();
    const files = ['a', 'b'].map((name) => new FileHistory(name, { prefix: path.join(folders.make(), name), memoryBytes: 1e9 }));
    history.setFiles(files);
    const shown: { step: number; value: number; time: number }[] = [];
    const record = (file: number, step: number, value: number) => {
      const time = 100 + step / 2;
      history.apply(files[file] as FileHistory, [{ kind: 'scalars', step, wallTime: time, values: { loss: value } }]);
      shown.push({ step, value, time });
    };
    for (let step = 1; step <= 40; step += step % 7 === 0 ? 4 : 1)
      record(0, step, step === 9 ? Number.NaN : Math.fround(Math.sin(step) + 2));
    history.apply(files[1] as FileHistory, [{ kind: 'session-start', step: 30, wallTime: 0 }]);
    while ((shown.at(-1)?.step ?? 0) >= 30) shown.pop();
    for (let step = 30; step <= 50; step++) record(1, step, Math.fround(Math.cos(step) + 2));
    return { history, shown };
  }

  it('is the weighted mean of all before, whatever part and however few points are asked for', () => {
    const { history, shown } = smoothRun();
    const finite = shown.filter(({ value }) => Number.isFinite(value));
    // Independent of the recursion: x has the weight (1 − w^gap) · w^(steps since), divided by the sum of weights.
    const expected = (step: number): number => {
      const before = finite.filter((each) => each.step <= step);
      const last = before.at(-1)?.step ?? 0;
      const weights = before.map((each, index) => {
        const gap = index === 0 ? 1 : each.step - (before[index - 1]?.step ?? 0);
        return (1 - 0.8 ** gap) * 0.8 ** (last - each.step);
      });
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      return before.reduce((sum, { value }, index) => sum + value * (weights[index] ?? 0), 0) / total;
    };
    for (const steps of [
      { from: 0, to: 99 },
      { from: 17, to: 44 },
    ]) {
      for (const points of [1000, 5]) {
        const series = answerSeries(history, { source: { scalar: 'loss' }, steps, points, smoothing: 0.8 });
        const inside = shown.filter(({ step }) => step >= steps.from && step < steps.to);
        const parts = partsOf({ from: 0, to: inside.length }, Math.min(points, inside.length)).map((part) =>
          inside.slice(part.from, part.to),
        );
        expect([...(series.times ?? [])]).toEqual(parts.map((part) => part[0]?.time));
        expect(series.smoothed?.length).toBe(parts.length);
        for (const [index, part] of parts.entries()) expect(series.smoothed?.[index]).toBeCloseTo(expected(part.at(-1)?.step ?? 0), 5);
      }
    }
  });

  it('is absent unless asked for', () => {
    const { history } = smoothRun();
    const series = answerSeries(history, { source: { scalar: 'loss' }, steps: { from: 0, to: 99 }, points: 10 });
    expect(series.smoothed).toBeUndefined();
  });
});

describe('profiles', () => {
  it('by step give the last recorded one before it', () => {
    const run = makeRun({ rows: 3, statistics: 1, columns: 5, seed: 1, memoryBytes: Number.POSITIVE_INFINITY });
    const at = (step: number) => answerProfile(run.history, { statistics: ['statistic-0'], step }).step;
    expect([0, 9, 10, 25, 1e6].map(at)).toEqual([0, 0, 10, 20, 40]);
  });

  it('give one recorded step as it was recorded, from memory and from files', () => {
    const run = makeRun({ rows: 7, statistics: 3, columns: 100, seed: 8, memoryBytes: 500, resumedAt: 400 });
    for (const column of [0, 39, 40, 50, 89]) {
      const profile = answerProfile(run.history, { statistics: ['statistic-2', 'statistic-0'], column });
      expect(profile).toMatchObject({ column, rows: 7, step: run.shown[column]?.step });
      const expected = [2, 0].flatMap((statistic) => Array.from({ length: 7 }, (_, row) => run.value(column, row, statistic)));
      expect([...profile.values]).toEqual(expected);
    }
    for (const column of [-1, 90, 0.5]) {
      expect(() => answerProfile(run.history, { statistics: [], column })).toThrowError(
        expect.objectContaining({ code: 'unknown-column' }),
      );
    }
    for (const file of run.history.files) file.blocks?.close();
  });
});

describe('a statistic that only a resumed session recorded', () => {
  it('is empty before that session and complete from there on', () => {
    const history = new RunHistory();
    const [older, newer] = ['a', 'b'].map((name) => new FileHistory(name, { prefix: name, memoryBytes: Number.POSITIVE_INFINITY }));
    if (older === undefined || newer === undefined) throw new Error('two files');
    history.setFiles([older, newer]);
    for (let column = 0; column < 10; column++) history.apply(older, [depthEvent(column, layoutOf(2, 1), () => 1)]);
    for (let column = 10; column < 20; column++) history.apply(newer, [depthEvent(column, layoutOf(2, 2), () => 2)]);
    expect(history.extent()).toMatchObject({ columns: 20, layout: layoutOf(2, 2), generation: 0 });
    const request = { rows: { from: 0, to: 2 }, columns: { from: 0, to: 20 }, width: 4, height: 1 };
    const tile = answerTile(history, { ...request, statistic: 'statistic-1' });
    expect([...tile.flags]).toEqual([CELL_EMPTY, CELL_EMPTY, 0, 0]);
    expect([...tile.maximum]).toEqual([0, 0, 2, 2]);
    expect([...answerTile(history, { ...request, statistic: 'statistic-0' }).maximum]).toEqual([1, 1, 2, 2]);
    expect([...answerProfile(history, { statistics: ['statistic-1'], column: 3 }).values]).toEqual([Number.NaN, Number.NaN]);
  });
});
