import { describe, expect, test } from 'vitest';
import { code, plain, table } from '../../../src/report/markdown';
import { place, scaleOver, ticks } from '../../../src/report/scale';
import { type SmallMultiples, smallMultiples, thinned } from '../../../src/report/smallMultiples';
import { element, escaped, label, picture, polyline } from '../../../src/report/svg';

describe('svg', () => {
  test('escapes what is text and rounds what is a length', () => {
    expect(element('rect', { x: 1.23456, fill: undefined, id: 'a"<' })).toBe('<rect x="1.23" id="a&quot;&lt;"/>');
    expect(label(1, 2, 'a < b & c')).toContain('>a &lt; b &amp; c</text>');
    expect(escaped('<script>')).toBe('&lt;script&gt;');
  });

  test('a line breaks where a point is missing', () => {
    expect(polyline([[0, 1], [2, 3], undefined, [4, 5], [6, 7.005]])).toBe('M0 1L2 3M4 5L6 7.01');
  });

  test('a picture brings its own paper and says what it is', () => {
    const svg = picture(10, 20, 'A & B');
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 10 20"/);
    expect(svg).toContain('<title>A &amp; B</title><rect width="10" height="20" fill="#ffffff"/>');
  });
});

describe('scale', () => {
  test('a log scale ends at powers of ten and leaves out what has none', () => {
    const scale = scaleOver('log', [3e-5, 0.2, 0, -1, Number.NaN]);
    expect(scale.low).toBeCloseTo(1e-5, 12);
    expect(scale.high).toBe(1);
    expect(place(scale, 1e-5)).toBeCloseTo(0, 12);
    expect(place(scale, 0)).toBe(0);
    expect(place(scale, 10 ** -2.5)).toBeCloseTo(0.5, 12);
    expect(place(scale, Number.NaN)).toBeUndefined();
    expect(ticks(scale, 4).map((tick) => tick.label)).toEqual(['10⁻⁴', '10⁻²', '1']);
  });

  test('what has underflowed does not stretch it for ever', () => {
    expect(scaleOver('log', [1e-40, 1]).low).toBeCloseTo(1e-18, 24);
  });

  test('a linear scale ends at round values', () => {
    const scale = scaleOver('linear', [2.37, 5.54, Number.POSITIVE_INFINITY]);
    expect(scale).toEqual({ transform: 'linear', low: 2, high: 6 });
    expect(ticks(scale, 4).map((tick) => tick.label)).toEqual(['2', '3', '4', '5', '6']);
    expect(place(scale, 99)).toBe(1);
  });

  test('nothing and a single value still give a scale', () => {
    expect(scaleOver('log', [])).toMatchObject({ low: 0.1, high: 1 });
    expect(scaleOver('linear', [])).toMatchObject({ low: 0, high: 1 });
    for (const value of [0, 3, -7, 1e-9]) {
      const { low, high } = scaleOver('linear', [value]);
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThan(low);
    }
    const one = scaleOver('log', [1e-3]);
    expect(one.high).toBeGreaterThan(one.low);
  });
});

describe('small multiples', () => {
  const style = { name: 'loss', colour: '#0072b2' };
  const plot = (points: readonly (readonly [number, number])[]): SmallMultiples => ({
    title: 'Title',
    rows: ['a', 'b'],
    columns: ['left', 'right'],
    panels: [
      [
        { note: 'one', lines: [{ style, points }] },
        { note: 'two', lines: [] },
      ],
      [
        { note: 'three', lines: [] },
        { note: '<four>', lines: [] },
      ],
    ],
    x: { name: 'step', scale: { transform: 'linear', low: 0, high: 10 } },
    y: { name: 'nats', scale: { transform: 'linear', low: 0, high: 4 } },
    styles: [style],
    guides: [{ value: 3, name: 'yardstick' }],
  });

  test('names every row, column, panel, line and yardstick, and nothing twice', () => {
    const svg = smallMultiples(
      plot([
        [0, 1],
        [10, 2],
      ]),
    );
    for (const text of ['Title', 'left', 'right', 'one', 'two', 'three', '&lt;four&gt;', 'loss', 'yardstick', 'step', 'nats'])
      expect(svg.split(`>${text}</text>`)).toHaveLength(2);
  });

  test('a curve runs from corner to corner of its panel; what is not finite leaves a cross', () => {
    const whole = smallMultiples(
      plot([
        [0, 0],
        [10, 4],
      ]),
    );
    expect(whole).toContain('d="M148 188L338 78"');
    expect(whole).not.toContain('#d55e00');
    const broken = smallMultiples(
      plot([
        [0, 0],
        [5, Number.NaN],
        [10, 4],
      ]),
    );
    expect(broken).toContain('d="M148 188M338 78"');
    expect(broken.split('#d55e00')).toHaveLength(2);
  });

  test('a long curve is thinned without losing a peak or what is not finite', () => {
    const points = Array.from({ length: 10_000 }, (_, i): [number, number] => [
      i,
      i === 5_432 ? 99 : i === 7_777 ? Number.NaN : Math.sin(i),
    ]);
    const few = thinned(points, 100);
    expect(few.length).toBeLessThanOrEqual(200);
    expect(few.some(([at, value]) => at === 5_432 && value === 99)).toBe(true);
    expect(few.some(([, value]) => Number.isNaN(value))).toBe(true);
    expect(few.every(([at], i) => i === 0 || at > (few[i - 1]?.[0] ?? 0))).toBe(true);
  });
});

describe('markdown', () => {
  test('names are no markup', () => {
    expect(plain('a|b_c*d\ne')).toBe('a\\|b\\_c\\*d e');
    expect(table(['', 'x'], [['a', 'b']], 'right')).toBe('|  | x |\n| --- | ---: |\n| a | b |');
  });
  test('a fence is longer than any in the code', () => {
    expect(code('x ```` y\n', 'json')).toBe('`````json\nx ```` y\n`````');
  });
});
