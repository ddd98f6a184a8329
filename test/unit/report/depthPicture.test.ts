import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../../src/model/catalogue';
import { depthPicture } from '../../../src/report/depthPicture';
import { colourAt, heatmap } from '../../../src/report/heatmap';

const BOX = { left: 0, top: 0, width: 40, height: 40 };
const UNIT = { transform: 'linear', low: 0, high: 1 } as const;

describe('a heatmap', () => {
  test('runs from dark violet to yellow, getting lighter all the way', () => {
    expect([colourAt(0), colourAt(1), colourAt(-3), colourAt(9)]).toEqual(['#440154', '#fde725', '#440154', '#fde725']);
    const lightness = Array.from({ length: 20 }, (_, i) => {
      const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => Number.parseInt(colourAt(i / 19).slice(at, at + 2), 16));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    });
    expect(lightness).toEqual([...lightness].sort((a, b) => a - b));
  });

  test('puts the first layer at the bottom, joins cells of one colour, and covers its box', () => {
    const svg = heatmap([[0, 0, 1, 1]], UNIT, BOX);
    expect(svg).toContain(`<path fill="#440154" d="M0 40h40v-20.5h-40z"/>`);
    expect(svg).toContain(`<path fill="#fde725" d="M0 20h40v-20h-40z"/>`);
  });

  test('never averages away what is not finite, nor a peak, where cells share a pixel', () => {
    const many = (value: number) => Array.from({ length: 400 }, (_, i) => (i === 123 ? [value] : [0]));
    expect(heatmap(many(Number.NaN), UNIT, BOX)).toContain('#ff0090');
    expect(heatmap(many(Number.POSITIVE_INFINITY), UNIT, BOX)).toContain('#ff6000');
    expect(heatmap(many(1), UNIT, BOX)).toContain('#fde725');
  });
});

test('a depth picture names run, statistic, formula and steps, and counts what is no number', () => {
  const statistic = CATALOGUE.statistics.find(({ name }) => name === 'token_cosine');
  if (!statistic) throw new Error('no such statistic');
  const columns = [
    [0.1, 0.2, 0.9],
    [0.1, Number.NaN, 0.95],
  ];
  const svg = depthPicture('deep & thin', statistic, {
    steps: [1, 7],
    columns,
    loss: [
      [1, 5.5],
      [7, 3.1],
    ],
  });
  for (const words of ['deep &amp; thin: token cosine', 'step 1', 'step 7', '1 NaN or infinite']) expect(svg).toContain(words);
  expect(svg).not.toMatch(/NaN[^ ]|undefined|Infinity/);
});
