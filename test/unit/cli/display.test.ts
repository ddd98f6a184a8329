import { describe, expect, test } from 'vitest';
import { bar } from '../../../src/cli/display/bar';
import { ago, duration } from '../../../src/cli/display/durations';
import { bytes, compact, grouped, magnitude, millions } from '../../../src/cli/display/numbers';
import { sparkline } from '../../../src/cli/display/sparkline';
import { table } from '../../../src/cli/display/table';
import { type Line, paint, printable, width } from '../../../src/cli/display/text';

const plain = (line: Line) => paint(line, 'none');

describe('paint', () => {
  const line: Line = ['ab', { text: 'cdé', style: 'red' }, { text: '▁▂', style: { palette: 54 } }];

  test('colours as far as the terminal can', () => {
    expect(paint(line, 'none')).toBe('abcdé▁▂');
    expect(paint(line, 'basic')).toBe('ab\x1b[31mcdé\x1b[0m▁▂');
    expect(paint(line, 'palette')).toBe('ab\x1b[31mcdé\x1b[0m\x1b[38;5;54m▁▂\x1b[0m');
  });

  test('cuts to the width with an ellipsis, never inside an escape sequence', () => {
    expect(width(line)).toBe(7);
    expect(paint(line, 'none', 7)).toBe('abcdé▁▂');
    expect(paint(line, 'none', 6)).toBe('abcdé…');
    expect(paint(line, 'basic', 4)).toBe('ab\x1b[31mc\x1b[0m…');
    expect(paint(line, 'none', 1)).toBe('…');
  });

  test('text from files cannot move the cursor', () => {
    expect(printable('a\x1b[2Jb\nc')).toBe('a\ufffd[2Jb\ufffdc');
  });
});

describe('numbers', () => {
  test('are read as people write them', () => {
    expect(grouped(815_489_536)).toBe('815,489,536');
    expect(millions(815_489_536)).toBe('815.49 M');
    expect(millions(1_234)).toBe('0.00 M');
    expect(compact(0)).toBe('0');
    expect(compact(999)).toBe('999');
    expect(compact(999.6)).toBe('1.00 k');
    expect(compact(4_930_000_000)).toBe('4.93 G');
    expect(compact(0.25)).toBe('0.250');
    expect(compact(5e20)).toBe('500000 P');
    expect(compact(Number.NaN)).toBe('NaN');
    expect(bytes(1_930_000_000)).toBe('1.93 GB');
    expect(bytes(12)).toBe('12 B');
  });

  test('over orders of magnitude keep two or three figures', () => {
    expect([3.4e-5, 0.0123, 17.345, 9999, 12345, 0, -0.5].map(magnitude)).toEqual([
      '3.4e-5',
      '0.0123',
      '17.3',
      '10000',
      '1.2e+4',
      '0',
      '-0.5',
    ]);
    expect(magnitude(Number.POSITIVE_INFINITY)).toBe('Infinity');
  });
});

describe('durations', () => {
  test('grow from seconds to days', () => {
    expect([0.2, 7, 754, 11_100, 187_200, -3].map(duration)).toEqual(['0:00', '0:07', '12:34', '3:05:00', '2 d 04 h', '0:00']);
    expect(duration(Number.NaN)).toBe('–');
  });

  test('of the past are told from now', () => {
    const now = new Date('2026-01-10T12:00:00Z');
    const at = (text: string) => ago(new Date(text), now);
    expect(['2026-01-10T11:59:40Z', '2026-01-10T11:55:00Z', '2026-01-10T09:00:00Z', '2026-01-01T12:00:00Z'].map(at)).toEqual([
      'just now',
      '5 min ago',
      '3 h ago',
      '9 d ago',
    ]);
    expect(at('2026-01-11T12:00:00Z')).toBe('just now');
    expect(at('nonsense')).toBe('–');
  });
});

describe('bar', () => {
  test('fills in eighths and keeps its width', () => {
    expect(plain(bar(0, 4))).toBe('····');
    expect(plain(bar(0.5, 4))).toBe('██··');
    expect(plain(bar(0.53125, 4))).toBe('██▏·');
    expect(plain(bar(1, 4))).toBe('████');
    for (const share of [-1, 2, Number.NaN, 0.999, 0.001]) expect(width(bar(share, 10))).toBe(10);
  });
});

describe('sparkline', () => {
  const options = { columns: 80, scale: 'linear', least: 0 } as const;

  test('rises from the lowest block to the highest', () => {
    expect(plain(sparkline([0, 1, 2, 3, 4, 5, 6, 7], options).line)).toBe('▁▂▃▄▅▆▇█');
  });

  test('on a logarithmic scale equal ratios are equal steps', () => {
    expect(plain(sparkline([1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7], { ...options, scale: 'log', least: 10 }).line)).toBe('▁▂▃▄▅▆▇█');
  });

  test('noise stays flat in the middle', () => {
    expect(new Set(plain(sparkline([1, 1.01, 0.99, 1.02], { ...options, scale: 'log', least: 10 }).line)).size).toBe(1);
    expect(plain(sparkline([5, 5, 5], { ...options, least: 1 }).line)).toBe('▄▄▄');
  });

  test('a thousand values fit the width and no peak is lost', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i === 617 ? 50 : 1));
    const { line, minimum, maximum } = sparkline(values, { ...options, columns: 60 });
    expect(width(line)).toBe(60);
    expect(plain(line).indexOf('█')).toBe(37);
    expect([minimum, maximum]).toEqual([1, 50]);
  });

  test('what is not finite is a cross, counted, and does not bend the scale', () => {
    const { line, maximum, nonFinite } = sparkline([0, 7, Number.NaN, Number.POSITIVE_INFINITY], options);
    expect(plain(line)).toBe('▁█××');
    expect([maximum, nonFinite]).toEqual([7, 2]);
    expect(plain(sparkline([Number.NaN, 1, 2, 3], { ...options, columns: 2 }).line)).toBe('×█');
  });

  test('zeros have no logarithm and stand at the bottom', () => {
    expect(plain(sparkline([0, 1, 1000], { ...options, scale: 'log', least: 10 }).line)).toBe('▁▁█');
    expect(plain(sparkline([0, 0], { ...options, scale: 'log', least: 10 }).line)).toBe('▁▁');
  });

  test('nothing is drawn from nothing', () => {
    expect(sparkline([], options)).toMatchObject({ line: [], minimum: Number.NaN, nonFinite: 0 });
  });
});

describe('table', () => {
  test('columns are as wide as they need to be and aligned', () => {
    const lines = table(
      [
        { title: 'part', align: 'left' },
        { title: 'count', align: 'right' },
        { title: 'note', align: 'left' },
      ],
      [
        ['embedding', '16', { text: 'tied', style: 'dim' }],
        ['head', '1,000', ''],
      ],
    );
    expect(lines.map((line) => plain(line).trimEnd())).toEqual(['part       count  note', 'embedding     16  tied', 'head       1,000']);
  });

  test('without titles there is no title line', () => {
    expect(table([{ title: '', align: 'left' }], [['a']]).map(plain)).toEqual(['a']);
    expect(table([{ title: 'x', align: 'left' }], []).map(plain)).toEqual(['x']);
  });
});
