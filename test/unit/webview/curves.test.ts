import { describe, expect, test } from 'vitest';
import { CELL_NAN } from '../../../src/experiment/view';
import { laneScale, pointAt, valueAt } from '../../../webview/curves';
import { secondsLeft } from '../../../webview/header';
import { type Curve, planCurve } from '../../../webview/loading/curves';
import { bandPath, linePath, merged } from '../../../webview/path';
import { CONFIG } from '../../page/fakeRun';

function curve(values: readonly number[], steps = values.map((_, index) => index + 1)): Curve {
  return {
    source: { scalar: 'loss/train' },
    steps: Float64Array.from(steps),
    minimum: Float32Array.from(values, (value) => (Number.isNaN(value) ? 0 : value)),
    maximum: Float32Array.from(values, (value) => (Number.isNaN(value) ? 0 : value)),
    flags: Uint8Array.from(values, (value) => (Number.isNaN(value) ? CELL_NAN : 0)),
    from: 0,
    to: values.length + 1,
    smoothing: 0,
    origin: {},
  };
}

const wish = (to: number, from = 0) => ({ source: { scalar: 'loss/train' }, steps: { from, to } });

describe('what a curve asks for', () => {
  test('is everything first, then only what is new, then nothing', () => {
    expect(planCurve(undefined, wish(100), 50)?.steps).toEqual({ from: 0, to: 100 });
    expect(planCurve({ ...curve([1, 2]), to: 100 }, wish(120), 50)?.steps).toEqual({ from: 100, to: 120 });
    expect(planCurve({ ...curve([1, 2]), to: 120 }, wish(120), 50)).toBeUndefined();
  });

  test('is everything again once it is too long or starts elsewhere', () => {
    const long = { ...curve(Array.from({ length: 101 }, () => 1)), to: 200 };
    expect(planCurve(long, wish(210), 50)?.steps).toEqual({ from: 0, to: 210 });
    expect(planCurve({ ...curve([1]), to: 100 }, wish(100, 40), 50)?.steps).toEqual({ from: 40, to: 100 });
    expect(planCurve({ ...curve([1]), to: 100 }, wish(80), 50)?.steps).toEqual({ from: 0, to: 80 });
  });
});

describe('a curve', () => {
  test('is read at the last point before a step', () => {
    const loss = curve([5, 4, 3], [10, 20, 30]);
    expect([5, 10, 19, 20, 99].map((step) => pointAt(loss, step))).toEqual([-1, 0, 0, 1, 2]);
    expect(valueAt(loss, 25)).toBe('4.000');
    expect(valueAt(loss, 5)).toBeUndefined();
    expect(valueAt(curve([1, Number.NaN]), 2)).toBe('NaN');
    expect(valueAt({ ...curve([1]), maximum: Float32Array.of(2) }, 1)).toBe('1.000…2.000');
  });

  test('scales to the finite points in view', () => {
    const { low, high } = laneScale('linear', [curve([100, Number.NaN, 3, 2])], 2, 4);
    expect(low).toBeGreaterThan(1);
    expect(high).toBeLessThan(4);
    expect(laneScale('log', [curve([0, 0.5, 2])], 0, 9).low).toBeGreaterThan(0);
  });
});

describe('paths', () => {
  const through = (values: readonly number[]): string =>
    linePath(
      values.length,
      (index) => index,
      (index) => values[index] ?? Number.NaN,
    );

  test('break where there is no number and keep points that stand alone', () => {
    expect(through([1, 2, Number.NaN, 4, 5])).toBe('M0 1L1 2M3 4L4 5');
    expect(through([Number.NaN, 2, Number.NaN])).toBe('M1 2h.01');
  });

  test('surround every stretch of a band', () => {
    const low = [1, 1, Number.NaN, 3];
    const path = bandPath(
      4,
      (index) => index,
      (index) => low[index] ?? Number.NaN,
      () => 9,
    );
    expect(path).toBe('M0 9L1 9L1 1L0 1ZM3 9L3 3Z');
  });

  test('merge neighbours without losing an extreme', () => {
    const values = [1, 9, Number.NaN, 4, Number.NaN, Number.NaN, 2];
    const { low, high, middle } = merged(values.length, 2, (index) => values[index] ?? Number.NaN);
    expect([...low]).toEqual([1, 4, Number.NaN, 2]);
    expect([...high]).toEqual([9, 4, Number.NaN, 2]);
    expect([...middle]).toEqual([5, 4, Number.NaN, 2]);
  });
});

describe('time left', () => {
  const status = { directory: '', problems: [], state: 'running' as const };
  const record = {
    format: 1,
    id: '',
    name: '',
    kind: 'run' as const,
    state: 'running' as const,
    created: '',
    heartbeat: 0,
    step: 1000,
    steps: 2000,
    metrics: { tokens_per_second: 5120 },
  };

  test('is the remaining tokens at the speed of late', () => {
    expect(secondsLeft({ status: { ...status, record }, config: CONFIG })).toBe((1000 * 8 * 64) / 5120);
  });

  test('is unknown unless the run runs and its speed is known', () => {
    expect(secondsLeft({ status: { ...status, state: 'paused', record }, config: CONFIG })).toBeUndefined();
    expect(secondsLeft({ status: { ...status, record: { ...record, metrics: {} } }, config: CONFIG })).toBeUndefined();
    expect(secondsLeft({ status: { ...status, record }, config: undefined })).toBeUndefined();
  });
});
