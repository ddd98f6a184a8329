// What the Curves and Compare tabs say about several runs.

import { describe, expect, test } from 'vitest';
import { CELL_NAN } from '../../../src/experiment/view';
import type { Curve } from '../../../webview/loading/curves';
import { acrossScale, indexAt, placesOf, timeUnit, tokensPerStep, upScale } from '../../../webview/runs/lines';
import { differences, divergedAt, finalLoss, flatten, sorted } from '../../../webview/runs/measures';
import { axisOf, titleWithin } from '../../../webview/runs/parallel';
import { distinctNames, type RunFacts } from '../../../webview/runs/runSet';
import { CONFIG } from '../../page/fakeRun';

function curve(values: readonly number[], smoothed?: readonly number[]): Curve {
  const clean = Float32Array.from(values, (value) => (Number.isFinite(value) ? value : 0));
  return {
    source: { scalar: 'loss/train' },
    steps: Float64Array.from(values, (_, index) => 10 * (index + 1)),
    times: Float64Array.from(values, (_, index) => 1000 + 6 * index),
    minimum: clean,
    maximum: clean,
    flags: Uint8Array.from(values, (value) => (Number.isFinite(value) ? 0 : CELL_NAN)),
    ...(smoothed && { smoothed: Float32Array.from(smoothed) }),
    from: 0,
    to: 1e6,
    smoothing: smoothed ? 0.9 : 0,
    origin: {},
  };
}

const line = (of: Curve) => ({ name: '', class: '', curve: of, x: of.steps });

function facts(directory: string, name?: string): RunFacts {
  const record = name === undefined ? {} : { record: { name } };
  return { status: { directory, state: 'finished', problems: [], ...record }, texts: [], config: CONFIG } as unknown as RunFacts;
}

describe('the x axis', () => {
  const curves = new Map([['loss/train', curve([3, 2, 1])]]);

  test('counts steps, tokens of a step, or seconds since the run began', () => {
    const run = { config: CONFIG, curves };
    const [loss] = curves.values();
    if (!loss) throw new Error('there is a curve');
    expect(tokensPerStep(run)).toBe(8 * 1 * 64);
    expect(placesOf(loss, run, 'step')).toEqual(Float64Array.of(10, 20, 30));
    expect(placesOf(loss, run, 'tokens')).toEqual(Float64Array.of(5120, 10240, 15360));
    expect(placesOf(loss, run, 'time')).toEqual(Float64Array.of(0, 6, 12));
    expect(placesOf(loss, { config: undefined, curves }, 'tokens')).toBeUndefined();
    expect([100, 4000, 20_000, 400_000].map((seconds) => timeUnit(seconds).seconds)).toEqual([1, 60, 3600, 86400]);
  });

  test('leaves out what a log scale lacks and finds the last point before a place', () => {
    const at = (x: number[]) => ({ ...line(curve([1])), x: Float64Array.from(x) });
    expect(acrossScale([at([0, 4, 9]), at([2, 20])], 'log')).toEqual({ transform: 'log', low: 2, high: 20 });
    expect(acrossScale([at([5, 9])], 'linear')).toEqual({ transform: 'linear', low: 0, high: 9 });
    expect([1, 2, 3.5, 9].map((place) => indexAt(Float64Array.of(2, 3, 4), place))).toEqual([-1, 0, 1, 2]);
  });
});

test('a smoothed chart makes room for the smooth line, not for every spike', () => {
  const values = Array.from({ length: 200 }, (_, index) => (index === 100 ? 1e4 : 2 + (index % 5) / 10));
  const smooth = values.map(() => 2.2);
  const range = { low: 0, high: 1e6 };
  expect(upScale([line(curve(values))], 'linear', range).high).toBe(1e4);
  expect(upScale([line(curve(values, smooth))], 'linear', range).high).toBeLessThan(3);
});

describe('a table of runs', () => {
  test('says where a run diverged: by an alert, or by a loss that is no number', () => {
    const alert = (step: number, code: string) => ({ step, tag: 'alert', text: JSON.stringify({ code }) });
    const curves = new Map([['loss/train', curve([3, 2, Number.NaN, 1])]]);
    expect(divergedAt({ texts: [], curves })).toBe(30);
    expect(divergedAt({ texts: [alert(12, 'non-finite'), alert(5, 'loss-spike'), alert(9, 'divergence-over')], curves })).toBe(12);
    expect(divergedAt({ texts: [{ step: 1, tag: 'alert', text: 'plain' }], curves: new Map() })).toBeUndefined();
  });

  test('gives the smoothed loss at the end, else the last value', () => {
    const { status } = facts('/runs/a', 'a');
    const record = { ...status.record, metrics: { 'loss/train': 9 } };
    const recorded = { ...status, record } as unknown as RunFacts['status'];
    expect(finalLoss({ status: recorded, curves: new Map([['loss/train', curve([3, 2], [3, 2.5])]]) })).toBe(2.5);
    expect(finalLoss({ status: recorded, curves: new Map() })).toBe(9);
  });

  test('shows only the fields in which configurations differ', () => {
    const other = { ...CONFIG, name: 'other', model: { ...CONFIG.model, layers: 7, schemeOptions: {} } };
    expect(differences([{ config: CONFIG }, { config: other }])).toEqual([
      { field: 'model.layers', values: [100, 7] },
      { field: 'model.schemeOptions.coefficient', values: [0.974, undefined] },
    ]);
    expect(differences([{ config: CONFIG }, { config: CONFIG }])).toEqual([]);
    expect([...flatten({ a: { b: [1, 2] }, c: null })]).toEqual([
      ['a.b', '[1,2]'],
      ['c', null],
    ]);
  });

  test('sorts numbers and texts, what is missing last either way', () => {
    const cells = [3, undefined, 1, 2].map((value) => ({ value, text: '' }));
    expect(sorted(cells, false)).toEqual([2, 3, 0, 1]);
    expect(sorted(cells, true)).toEqual([0, 3, 2, 1]);
  });
});

describe('parallel axes', () => {
  test('have titles that fit: whole, without their group, or cut', () => {
    expect(titleWithin('model.layers', 100)).toBe('model.layers');
    expect(titleWithin('training.validateEvery', 100)).toBe('validateEvery');
    expect(titleWithin('training.validationBatches', 62)).toBe('validatio…');
  });

  const column = (values: readonly (number | string | undefined)[]) => ({
    id: 'x',
    title: 'x',
    detail: '',
    kind: 'configuration' as const,
    cells: values.map((value) => ({ value, text: '' })),
  });
  const places = (values: readonly (number | string | undefined)[]) => {
    const { cells } = column(values);
    return cells.map((cell) => axisOf(column(values))?.place(cell));
  };

  test('order numbers by size, by order of magnitude where they span many, and names evenly', () => {
    expect(places([0, 10, 5])).toEqual([0, 1, 0.5]);
    expect(places([1e-4, 1, 1e-2]).map((place) => Number(place?.toFixed(6)))).toEqual([0, 1, 0.5]);
    expect(places(['deepnorm', 'pre-ln', 'foundation', undefined])).toEqual([0, 1, 0.5, undefined]);
  });

  test('are none where all runs are the same', () => {
    expect(axisOf(column([3, 3, undefined]))).toBeUndefined();
  });
});

test('runs of one name are told apart', () => {
  const runs = [facts('/r/20260101-101010-gpt', 'gpt'), facts('/r/20260102-101010-gpt', 'gpt'), facts('/r/x'), facts('/q/x')];
  expect(distinctNames(runs)).toEqual(['gpt · 20260101-101010', 'gpt · 20260102-101010', 'x · x', 'x · x (2)']);
});
