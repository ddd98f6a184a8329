// What the heatmap asks for: what is new and nothing else, the picture of another statistic ahead of its being
// chosen, and no answer thrown away that still has its place.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Tile, TileRequest } from '../../../src/experiment/view';
import { planGrid } from '../../../webview/grid';
import { PictureLoader, type PictureWish } from '../../../webview/loading/pictures';

const ROWS = 4;
const OTHERS = ['a', 'b', 'c'];

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('document', { hidden: false });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function wish(statistic: string, room: number, recorded: number, more: Partial<PictureWish> = {}): PictureWish {
  const window = { columns: { from: 0, to: room }, rows: { from: 0, to: ROWS } };
  return { statistic, generation: 1, grid: planGrid(window, { width: 4096, height: ROWS }, 4096), recorded, others: OTHERS, ...more };
}

function answer({ statistic, rows, columns, width, height }: TileRequest): Tile {
  const cells = width * height;
  const values = new Float32Array(cells).fill(statistic.charCodeAt(0));
  const steps = Float64Array.from({ length: width }, (_, x) => columns.from + x);
  return { statistic, rows, columns, width, height, minimum: values, maximum: values, flags: new Uint8Array(cells), steps };
}

/** A loader, what it asked, and answers that are given at once or, when `slow`, one by one. */
function loaded(slow = false): { loader: PictureLoader; asked: string[]; answers: (() => void)[]; told: unknown[] } {
  const [asked, answers, told]: [string[], (() => void)[], unknown[]] = [[], [], []];
  const ask = (request: TileRequest): Promise<Tile> => {
    asked.push(`${request.statistic} ${request.columns.from}-${request.columns.to}`);
    if (request.statistic === 'refused') return Promise.reject(new Error('no such statistic'));
    if (!slow) return Promise.resolve(answer(request));
    return new Promise((done) => answers.push(() => done(answer(request))));
  };
  const loader = new PictureLoader(
    ask,
    () => undefined,
    (reason) => told.push(reason),
  );
  return { loader, asked, answers, told };
}

const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(2000);

describe('another statistic', () => {
  test('is asked for ahead, once nothing else is lacking, and shown at once', async () => {
    const { loader, asked } = loaded();
    loader.want(wish('a', 64, 64));
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toEqual(['a 0-64']);
    await settled();
    expect(asked).toEqual(['a 0-64', 'b 0-64', 'c 0-64']);
    loader.want(wish('c', 64, 64));
    expect(loader.shown).toMatchObject({ statistic: 'c', received: 64 });
    expect(loader.shown?.maximum[0]).toBe('c'.charCodeAt(0));
    await settled();
    expect(asked).toHaveLength(3);
  });

  test('that was shown before is shown again at once', async () => {
    const { loader, asked } = loaded();
    for (const statistic of ['a', 'b']) {
      loader.want(wish(statistic, 64, 64, { others: [] }));
      await settled();
    }
    loader.want(wish('a', 64, 64, { others: [] }));
    expect(loader.shown?.statistic).toBe('a');
    expect(asked).toEqual(['a 0-64', 'b 0-64']);
  });

  test('of a run that grew is asked for its new columns only, and the old picture stays until they are there', async () => {
    const { loader, asked } = loaded();
    loader.want(wish('a', 64, 40));
    await settled();
    loader.want(wish('a', 80, 50));
    await settled();
    asked.length = 0;
    loader.want(wish('b', 80, 50));
    expect(loader.shown?.statistic).toBe('a');
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toEqual(['b 40-50']);
    expect(loader.shown).toMatchObject({ statistic: 'b', received: 50 });
    expect(loader.shown?.grid.width).toBe(80);
  });

  test('is forgotten with what superseded it, and with another cut', async () => {
    for (const other of [{ generation: 2 }, { grid: wish('a', 8192, 64).grid }]) {
      const { loader, asked } = loaded();
      loader.want(wish('a', 64, 64));
      await settled();
      loader.want(wish('a', 64, 64, other));
      await vi.advanceTimersByTimeAsync(1);
      expect(asked.slice(3)).toEqual(['a 0-64']);
      loader.want(wish('b', 64, 64, other));
      expect(loader.shown?.statistic).toBe('a');
      await vi.advanceTimersByTimeAsync(1);
      expect(asked.slice(4)).toEqual(['b 0-64']);
    }
  });

  test('that is refused ahead is told to nobody before it is chosen', async () => {
    const { loader, asked, told } = loaded();
    loader.want(wish('a', 64, 64, { others: ['refused', 'b'] }));
    await settled();
    expect(asked).toEqual(['a 0-64', 'refused 0-64', 'b 0-64']);
    expect(told).toEqual([]);
    loader.want(wish('refused', 64, 64));
    await vi.advanceTimersByTimeAsync(1);
    expect(told).toHaveLength(1);
  });

  test('is not asked for while nobody looks, or where pictures are too large to keep', async () => {
    const { loader, asked } = loaded();
    vi.stubGlobal('document', { hidden: false });
    loader.want(wish('a', 64, 64));
    await vi.advanceTimersByTimeAsync(1);
    vi.stubGlobal('document', { hidden: true });
    await settled();
    expect(asked).toEqual(['a 0-64']);

    vi.stubGlobal('document', { hidden: false });
    const large = { columns: { from: 0, to: 4096 }, rows: { from: 0, to: 2000 } };
    const grid = planGrid(large, { width: 4096, height: 2000 }, 4096);
    const huge = loaded();
    huge.loader.want(wish('a', 4096, 64, { grid }));
    await settled();
    expect(huge.asked).toEqual(['a 0-64']);
  });

  test('is not asked for while a history is still being read', async () => {
    const { loader, asked } = loaded();
    for (let recorded = 100; recorded < 2000; recorded += 100) {
      loader.want(wish('a', 4096, recorded));
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asked.filter((question) => !question.startsWith('a')).length).toBeLessThan(3);
    await settled();
    expect(asked.filter((question) => !question.startsWith('a'))).toContain('b 0-1900');
  });
});

test('an answer for a picture that got more room meanwhile is kept', async () => {
  const { loader, asked, answers } = loaded(true);
  loader.want(wish('a', 64, 40, { others: [] }));
  loader.want(wish('a', 80, 70, { others: [] }));
  answers.shift()?.();
  await vi.advanceTimersByTimeAsync(1);
  expect(loader.shown).toMatchObject({ received: 40 });
  expect(loader.shown?.grid.width).toBe(80);
  await vi.advanceTimersByTimeAsync(200);
  expect(asked).toEqual(['a 0-40', 'a 40-70']);
});
