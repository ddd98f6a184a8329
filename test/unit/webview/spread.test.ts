// Histograms over depth as the page reads them.

import { describe, expect, test } from 'vitest';
import type { Histogram } from '../../../src/experiment/view';
import { HISTOGRAM_EDGES } from '../../../src/model/histogram';
import { stepBefore } from '../../../webview/loading/histograms';
import { binWords, edgeMarks, sharesOf } from '../../../webview/spread';

const edges = [-1, 0, 1];
const histogram: Histogram = {
  name: 'activations',
  step: 10,
  steps: [10],
  rows: ['embedding', 'layer 1'],
  edges,
  values: Float32Array.of(1, 2, 0, 1, Number.NaN, 0, 0, 0),
};

describe('a histogram', () => {
  test('gives each row its shares, nothing for a row that was not counted, NaN for one that was spoiled', () => {
    expect([...(sharesOf(histogram, 'embedding') ?? [])]).toEqual([0.25, 0.5, 0, 0.25]);
    expect([...(sharesOf(histogram, 'layer 1') ?? [])].every(Number.isNaN)).toBe(true);
    expect(sharesOf(histogram, 'head')).toBeUndefined();
  });

  test('names bins by the edges they lie between', () => {
    expect([0, 1, 3].map((bin) => binWords(edges, bin))).toEqual(['≤ −1', '−1 … 0', '> 1']);
  });

  test.each(['activations', 'gradients', 'weights'] as const)('of %s has round marks, as many on either side, that fit', (kind) => {
    for (const most of [2, 4, 8, 40]) {
      const marks = edgeMarks([...HISTOGRAM_EDGES[kind]], most);
      expect(marks.length).toBeGreaterThan(0);
      expect(marks.length).toBeLessThanOrEqual(Math.max(2, most + 1));
      const positive = marks.filter(({ unit }) => unit > 0.5).map(({ label }) => label);
      const negative = marks.filter(({ unit }) => unit < 0.5).map(({ label }) => label.slice(1));
      expect(negative.toReversed()).toEqual(positive);
      for (const label of positive) expect(Math.log10(Number(label.replace('−', '-'))) % 1).toBeCloseTo(0, 9);
    }
  });
});

test('the step that stands for another is the last before it, else the first', () => {
  expect([5, 10, 25, 99].map((step) => stepBefore([10, 20, 30], step))).toEqual([10, 10, 20, 30]);
  expect(stepBefore([], 4)).toBeUndefined();
});
