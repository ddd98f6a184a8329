// The cursor, the window, and what a person chose.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { movement } from '../../../webview/heatmap/keys';
import { layerMarks, stepMarks } from '../../../webview/marks';
import { FIRST_SELECTION, MOST_PINS, parseSelection } from '../../../webview/selection';
import { recordedStatistics } from '../../../webview/statistics';
import { Words } from '../../../webview/words';
import { clamped, framed, revealing, zoomed } from '../../../webview/zoom';

fc.configureGlobal({ seed: 17 });

const words = new Words();
const press = (key: string, shiftKey = false, ctrlKey = false) => ({ key, shiftKey, ctrlKey, altKey: false, metaKey: false });

describe('keys', () => {
  const cursor = { row: 50, column: 80, step: 400, live: false };

  test('move by one, by ten with Shift, and to the ends', () => {
    expect(movement(press('ArrowLeft'), cursor, 100, 102)).toEqual({ row: 50, column: 79 });
    expect(movement(press('ArrowRight', true), cursor, 100, 102)).toEqual({ row: 50, column: 90 });
    expect(movement(press('ArrowDown', true), cursor, 100, 102)).toEqual({ row: 60, column: 80 });
    expect(movement(press('Home'), cursor, 100, 102)).toEqual({ row: 50, column: 0 });
    expect(movement(press('End'), cursor, 100, 102)).toEqual({ row: 50, column: undefined });
    expect(movement(press('End', false, true), cursor, 100, 102)).toEqual({ row: 101, column: 80 });
    expect(movement(press('x'), cursor, 100, 102)).toBeUndefined();
  });

  test('moving over layers does not stop following the newest step', () => {
    expect(movement(press('ArrowUp'), { ...cursor, live: true }, 100, 102)).toEqual({ row: 49, column: undefined });
  });

  test('never leave what exists', () => {
    const keys = fc.constantFrom('ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End');
    fc.assert(
      fc.property(keys, fc.boolean(), fc.nat({ max: 99 }), fc.nat({ max: 9 }), (key, shift, column, row) => {
        const to = movement(press(key, shift), { row, column, step: 0, live: false }, 100, 10);
        expect(to?.row).toBeGreaterThanOrEqual(0);
        expect(to?.row).toBeLessThan(10);
        if (to?.column !== undefined) expect(to.column >= 0 && to.column < 100).toBe(true);
      }),
    );
  });
});

describe('zooming', () => {
  const whole = { columns: { from: 0, to: 500 }, rows: { from: 0, to: 102 } };
  const place = fc.record({ column: fc.nat({ max: 499 }), row: fc.nat({ max: 101 }) });

  test('stays inside, keeps its place in view, and ends where it shows everything', () => {
    fc.assert(
      fc.property(place, fc.array(fc.constantFrom(0.5, 0.8, 1.25, 2), { maxLength: 20 }), (centre, factors) => {
        let window = whole;
        for (const factor of factors) {
          window = zoomed(window, whole, centre, { columns: factor, rows: factor }) ?? whole;
          expect(window.columns.from).toBeGreaterThanOrEqual(0);
          expect(window.columns.to).toBeLessThanOrEqual(500);
          expect(window.rows.to - window.rows.from).toBeGreaterThanOrEqual(4);
          expect(window.columns.from <= centre.column && centre.column < window.columns.to).toBe(true);
          expect(window.rows.from <= centre.row && centre.row < window.rows.to).toBe(true);
        }
        expect(zoomed(whole, whole, centre, { columns: 2, rows: 2 })).toBeUndefined();
      }),
    );
  });

  test('by a frame shows what was framed, drawn in any direction', () => {
    fc.assert(
      fc.property(place, place, (one, other) => {
        const window = framed(whole, one, other) ?? whole;
        for (const corner of [one, other]) {
          expect(window.columns.from <= corner.column && corner.column < window.columns.to).toBe(true);
          expect(window.rows.from <= corner.row && corner.row < window.rows.to).toBe(true);
        }
      }),
    );
  });

  test('follows a cursor that leaves the view', () => {
    const window = { columns: { from: 100, to: 150 }, rows: { from: 20, to: 40 } };
    expect(revealing(window, whole, { column: 99, row: 25 }).columns).toEqual({ from: 99, to: 149 });
    expect(revealing(window, whole, { column: 120, row: 40 }).rows).toEqual({ from: 21, to: 41 });
    expect(revealing(window, whole, { column: 120, row: 30 })).toEqual(window);
  });

  test('is cut to what still exists', () => {
    expect(clamped({ columns: { from: 800, to: 900 }, rows: { from: 0, to: 500 } }, whole)).toEqual({
      columns: { from: 400, to: 500 },
      rows: { from: 0, to: 102 },
    });
  });
});

describe('marks', () => {
  const rows = ['embedding', ...Array.from({ length: 100 }, (_, index) => `layer ${index + 1}`), 'head'];
  const whole = { columns: { from: 0, to: 100 }, rows: { from: 0, to: 102 } };

  test('name the ends and round layers, none over another', () => {
    for (const height of [60, 150, 400, 900]) {
      const marks = layerMarks(rows, whole, height, words);
      expect(marks[0]?.label).toBe('Embedding');
      expect(marks.at(-1)?.label).toBe('Head');
      marks.slice(1).forEach((mark, index) => {
        expect((mark.unit - (marks[index]?.unit ?? 0)) * height).toBeGreaterThanOrEqual(14.9);
      });
    }
  });

  test('are no step ticks without a picture', () => {
    expect(stepMarks(undefined, whole, 800)).toEqual([]);
  });
});

describe('a stored selection', () => {
  test('comes back as it was', () => {
    const selection = {
      ...FIRST_SELECTION,
      statistic: 'update_ratio',
      range: 'recent' as const,
      transforms: { update_ratio: 'linear' as const },
      row: 7,
      step: 310,
      pins: [5, 10],
      zoom: { columns: { from: 1, to: 20 }, rows: { from: 0, to: 9 } },
    };
    expect(parseSelection(structuredClone(selection))).toEqual(selection);
  });

  test('of any other shape does no harm', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.dictionary(fc.constantFrom(...Object.keys(FIRST_SELECTION), 'step', 'zoom', 'statistic'), fc.anything()),
        ),
        (stored) => {
          const parsed = parseSelection(stored);
          expect(parseSelection(parsed)).toEqual(parsed);
          expect(parsed.pins.length).toBeLessThanOrEqual(MOST_PINS);
          expect(Number.isInteger(parsed.row)).toBe(true);
        },
      ),
    );
  });
});

describe('statistics', () => {
  const descriptor = {
    name: 'update_ratio',
    title: 'Update ratio',
    documentation: '',
    formula: 'f',
    unit: '1',
    source: '',
    scale: 'log',
    split: true,
  } as const;

  test('are those recorded, with the words of the catalogue and its order', () => {
    const statistics = recordedStatistics(['new_thing', 'update_ratio/attention', 'update_ratio'], [descriptor], words);
    expect(statistics.map(({ name, title, parts }) => [name, title, parts])).toEqual([
      ['update_ratio', 'Update ratio', ['layer', 'attention']],
      ['new_thing', 'New thing', ['layer']],
    ]);
  });
});
