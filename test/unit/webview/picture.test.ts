// Planning and keeping the heatmap's picture: whatever way a run grows, the cells asked for cover it
// once, and what is put together from pieces equals what one big answer would have given.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CELL_EMPTY, type Tile } from '../../../src/experiment/view';
import { capacity, planColumns, planGrid, sameCut } from '../../../webview/grid';
import { colourScale } from '../../../webview/heatmap/range';
import { Picture } from '../../../webview/picture';

fc.configureGlobal({ seed: 13 });

const ROWS = 5;

/** The tile of a run whose value at (row, column) is 1 + 10·column + row, step 3·column. */
function tileOf(columns: { from: number; to: number }, width: number, height = ROWS): Tile {
  const minimum = new Float32Array(width * height);
  const maximum = new Float32Array(width * height);
  const steps = new Float64Array(width);
  const start = (x: number): number => columns.from + Math.floor((x * (columns.to - columns.from)) / width);
  for (let x = 0; x < width; x++) {
    steps[x] = 3 * start(x);
    for (let y = 0; y < height; y++) {
      minimum[x * height + y] = 1 + 10 * start(x) + y;
      maximum[x * height + y] = 1 + 10 * (start(x + 1) - 1) + y;
    }
  }
  const flags = new Uint8Array(width * height);
  return { statistic: 's', rows: { from: 0, to: ROWS }, columns, width, height, minimum, maximum, flags, steps };
}

function whole(room: number): { columns: { from: number; to: number }; rows: { from: number; to: number } } {
  return { columns: { from: 0, to: room }, rows: { from: 0, to: ROWS } };
}

describe('the room for columns', () => {
  test('holds what there is, little more, and never more than planned', () => {
    fc.assert(
      fc.property(fc.nat({ max: 100_000 }), fc.option(fc.nat({ max: 100_000 }), { nil: undefined }), (columns, planned) => {
        const room = capacity(columns, planned, true);
        expect(room).toBeGreaterThanOrEqual(columns);
        expect(room).toBeLessThanOrEqual(Math.max(32, Math.ceil(columns * 1.25) + 1));
        if (planned !== undefined && columns <= planned) expect(room).toBeLessThanOrEqual(Math.max(planned, 1));
      }),
    );
  });

  test('changes seldom while a run grows', () => {
    const rooms = new Set(Array.from({ length: 10_000 }, (_, columns) => capacity(columns, undefined, true)));
    expect(rooms.size).toBeLessThan(45);
  });

  test('fits a run that ended', () => {
    expect(capacity(137, 2000, false)).toBe(137);
  });

  test('is there again once a run goes beyond what was planned', () => {
    // More steps were applied while it trained: there is room again, not a new picture for every column.
    expect(new Set(Array.from({ length: 200 }, (_, more) => capacity(2001 + more, 2000, true))).size).toBeLessThan(3);
  });
});

describe('the grid', () => {
  test('never has more cells than pixels and covers the window', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 50_000 }),
        fc.integer({ min: 1, max: 50_000 }),
        fc.integer({ min: 1, max: 4000 }),
        (from, length, pixels) => {
          const grid = planGrid(
            { columns: { from, to: from + length }, rows: { from: 0, to: 1002 } },
            { width: pixels, height: 300 },
            8192,
          );
          expect(grid.width).toBeLessThanOrEqual(pixels);
          expect(grid.height).toBe(300);
          expect(grid.columns.from).toBeLessThanOrEqual(from);
          expect(grid.columns.from + grid.width * grid.stride).toBeGreaterThanOrEqual(from + length);
          expect(grid.columns.from % grid.stride).toBe(0);
        },
      ),
    );
  });

  test('never exceeds the surface', () => {
    expect(planGrid(whole(9000), { width: 9000, height: 10 }, 4096).width).toBeLessThanOrEqual(4096);
  });
});

describe('a growing picture', () => {
  test('equals the picture asked at once, whatever the growth', () => {
    const growth = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(growth, fc.constantFrom(20, 64, 400), fc.constantFrom(50, 1 << 18), (steps, pixels, most) => {
        const total = steps.reduce((sum, step) => sum + step, 0);
        const grid = planGrid(whole(total), { width: pixels, height: ROWS }, 8192);
        const grown = new Picture('s', 0, grid);
        let recorded = 0;
        for (const step of steps) {
          recorded += step;
          for (const question of planColumns(grid, grown.received, recorded, most)) grown.place(tileOf(question, question.width));
          expect(grown.received).toBe(recorded);
        }
        expect(planColumns(grid, grown.received, recorded, most)).toEqual([]);
        const once = new Picture('s', 0, grid);
        for (const question of planColumns(grid, 0, total, 1 << 30)) once.place(tileOf(question, question.width));
        expect(grown.minimum).toEqual(once.minimum);
        expect(grown.maximum).toEqual(once.maximum);
        expect(grown.steps).toEqual(once.steps);
      }),
    );
  });

  test('asks for no column twice while cells hold one column each', () => {
    const grid = planGrid(whole(100), { width: 400, height: ROWS }, 8192);
    expect(planColumns(grid, 40, 43, 1 << 18)).toEqual([{ from: 40, to: 43, width: 3 }]);
  });

  test('keeps its cells when it gets more room', () => {
    const narrow = planGrid(whole(40), { width: 400, height: ROWS }, 8192);
    const wide = planGrid(whole(48), { width: 400, height: ROWS }, 8192);
    expect(sameCut(narrow, wide)).toBe(true);
    const picture = new Picture('s', 0, narrow);
    picture.place(tileOf({ from: 0, to: 40 }, 40));
    const widened = picture.widened(wide);
    expect(widened.received).toBe(40);
    expect(widened.maximum.subarray(0, picture.maximum.length)).toEqual(picture.maximum);
    expect(widened.flags.at(-1)).toBe(CELL_EMPTY);
    expect(planColumns(wide, widened.received, 41, 1 << 18)).toEqual([{ from: 40, to: 41, width: 1 }]);
  });

  test('refuses a tile of another cut', () => {
    const picture = new Picture('s', 0, planGrid(whole(100), { width: 20, height: ROWS }, 8192));
    expect(() => picture.place(tileOf({ from: 3, to: 11 }, 1))).toThrow(RangeError);
    expect(() => picture.place(tileOf({ from: 0, to: 8 }, 1, 4))).toThrow(RangeError);
  });

  test('knows steps of columns and columns of steps', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 300 }), fc.constantFrom(16, 1000), fc.nat({ max: 299 }), (columns, pixels, column) => {
        fc.pre(column < columns);
        const grid = planGrid(whole(columns), { width: pixels, height: ROWS }, 8192);
        fc.pre(grid.width > 1);
        const picture = new Picture('s', 0, grid);
        for (const question of planColumns(grid, 0, columns, 1 << 18)) picture.place(tileOf(question, question.width));
        expect(picture.stepAt(column)).toBeCloseTo(3 * column, 6);
        expect(picture.columnAt(3 * column)).toBeCloseTo(column, 6);
      }),
    );
  });
});

describe('the range of colours', () => {
  const grid = planGrid(whole(100), { width: 100, height: ROWS }, 8192);

  function picture(value: (column: number, row: number) => number, flag: (column: number, row: number) => number = () => 0): Picture {
    const made = new Picture('s', 0, grid);
    const tile = tileOf({ from: 0, to: 100 }, 100);
    for (let x = 0; x < 100; x++) {
      for (let y = 0; y < ROWS; y++) {
        tile.minimum[x * ROWS + y] = value(x, y);
        tile.maximum[x * ROWS + y] = value(x, y);
        tile.flags[x * ROWS + y] = flag(x, y);
      }
    }
    made.place(tile);
    return made;
  }

  test('spans everything, or leaves extremes out, or looks at the end only', () => {
    const run = picture((column, row) => (column === 0 && row === 0 ? 1e6 : column < 50 ? 100 + row : 1 + 0.1 * row));
    expect(colourScale(run, 'all', 'linear', 'maximum')).toMatchObject({ low: 1, high: 1e6 });
    expect(colourScale(run, 'robust', 'linear', 'maximum').high).toBe(104);
    expect(colourScale(run, 'recent', 'linear', 'maximum').high).toBeCloseTo(1.4, 5);
  });

  test('never counts a cell that holds a NaN, nor zeros under log', () => {
    const flagged = picture(
      (column) => (column < 10 ? 0 : 5),
      (column) => (column < 10 ? 1 : 0),
    );
    expect(colourScale(flagged, 'all', 'linear', 'maximum').low).toBeGreaterThan(4);
    const zeros = picture((column) => (column < 10 ? 0 : 5));
    expect(colourScale(zeros, 'all', 'log', 'maximum').low).toBeGreaterThan(4);
  });

  test('is drawable where nothing was recorded', () => {
    const empty = new Picture('s', 0, grid);
    for (const mode of ['all', 'robust', 'recent'] as const) {
      const { low, high } = colourScale(empty, mode, 'log', 'maximum');
      expect(low).toBeGreaterThan(0);
      expect(high).toBeGreaterThan(low);
    }
  });
});
