// What happened in a run, on its axes: alerts and edits in words, flags that stay apart, and the moves
// between them.

import { describe, expect, test } from 'vitest';
import { type Alert, alertsOf, isTrouble } from '../../../webview/alerts';
import { flagsOf } from '../../../webview/heatmap/flags';
import { nextMark } from '../../../webview/heatmap/keys';
import { nextPosition } from '../../../webview/playback';
import { Words } from '../../../webview/words';
import { moved, opened } from '../../../webview/zoom';

const spoken = new Words({ 'went-bad': 'Layer {layer} went bad.' });
const alert = (step: number, kind: Alert['kind'] = 'alert'): Alert => ({ kind, step, text: `at ${step}`, place: undefined });

describe('alerts', () => {
  test('speak their code in words and show anything else as it is', () => {
    const texts = [
      { step: 1, tag: 'alert', text: 'plain' },
      { step: 2, tag: 'command', text: '{}' },
      { step: 3, tag: 'alert', text: JSON.stringify({ code: 'went-bad', layer: 8, place: 'layer 8', deep: {} }) },
    ];
    expect(alertsOf(texts, spoken)).toEqual([
      { kind: 'alert', step: 3, text: 'Layer 8 went bad.', place: 'layer 8' },
      { kind: 'alert', step: 1, text: 'plain', place: undefined },
    ]);
  });

  test('of a newer trainer show their code and what came with it', () => {
    const text = JSON.stringify({ code: 'layers-quarrel', step: 7, ratio: 12.25, place: 'layer 3' });
    expect(alertsOf([{ step: 7, tag: 'alert', text }], spoken)[0]).toMatchObject({
      text: 'Layers quarrel (ratio: 12.25, place: layer 3)',
      place: 'layer 3',
    });
  });

  test('that are over say so', () => {
    const kinds = ['plateau', 'plateau-over'].map((code) => ({ step: 1, tag: 'alert', text: JSON.stringify({ code }) }));
    expect(alertsOf(kinds, spoken).map(({ kind }) => kind)).toEqual(['over', 'alert']);
  });

  test('round what was measured and leave what was counted', () => {
    const words = new Words({ bad: 'step {step}, rate {rate}' });
    const text = JSON.stringify({ code: 'bad', step: 123456, rate: 9.981884322978576 });
    expect(alertsOf([{ step: 1, tag: 'alert', text }], words)[0]?.text).toBe('step 123456, rate 9.982');
  });

  test('tell diagnoses and turns back from the rest, with the sublayer', () => {
    const texts = [
      { code: 'rollback' },
      { code: 'non-finite', place: 'layer 3', part: 'attention' },
      { code: 'non-finite', part: 'head' },
    ].map((payload) => ({ step: 1, tag: 'alert', text: JSON.stringify(payload) }));
    expect(alertsOf(texts, spoken).map(({ kind, part }) => [kind, part])).toEqual([
      ['diagnosis', undefined],
      ['diagnosis', 'attention'],
      ['rollback', undefined],
    ]);
    expect(alertsOf(texts, spoken).filter(isTrouble)).toHaveLength(3);
  });

  test('are joined by what was changed in the configuration', () => {
    const words = (payload: unknown) => alertsOf([{ step: 1, tag: 'edit', text: JSON.stringify(payload) }], spoken)[0]?.text;
    expect(words({ changes: [{ field: 'optimiser.learningRate', from: 1e-3, to: 5e-4 }] })).toBe(
      'Configuration changed: optimiser.learningRate 0.001 → 5e−4',
    );
    expect(words({ 'training.steps': 400 })).toBe('Configuration changed: training.steps 400');
  });
});

describe('flags', () => {
  test('too close to tell apart are one, and those outside are left out', () => {
    const flags = flagsOf([alert(130), alert(103), alert(100), alert(101, 'edit'), alert(900)], (step) => step, 800);
    expect(flags.map(({ x, kind, alerts }) => [x, kind, alerts.map(({ step }) => step)])).toEqual([
      [100, 'alert', [103, 100]],
      [101, 'edit', [101]],
      [130, 'alert', [130]],
    ]);
    expect(flagsOf([alert(1)], () => Number.NaN, 800)).toEqual([]);
  });

  test('and pins are where the bracket keys go', () => {
    const marks = { alerts: [alert(300), alert(100)], pins: [{ step: 200, column: 0, profile: undefined }] };
    expect(nextMark(marks, 100, 1)).toBe(200);
    expect(nextMark(marks, 250, -1)).toBe(200);
    expect(nextMark(marks, 300, 1)).toBeUndefined();
  });
});

describe('panning', () => {
  const whole = { columns: { from: 0, to: 500 }, rows: { from: 0, to: 100 } };
  const window = { columns: { from: 100, to: 200 }, rows: { from: 20, to: 40 } };

  test('keeps the size and stops at the ends', () => {
    expect(moved(window, whole, { columns: 50, rows: -5 })).toEqual({ columns: { from: 150, to: 250 }, rows: { from: 15, to: 35 } });
    expect(moved(window, whole, { columns: 1e6, rows: -1e6 })).toEqual({ columns: { from: 400, to: 500 }, rows: { from: 0, to: 20 } });
  });

  test('one axis opens without the other', () => {
    expect(opened(window, whole, 'columns')).toEqual({ columns: whole.columns, rows: window.rows });
    expect(opened(window, whole, 'both')).toBeUndefined();
  });
});

test('playback takes the same time for a long run and a short one', () => {
  const seconds = (length: number) => {
    let ticks = 0;
    for (let position = 0; position < length - 1; ticks++) position = nextPosition(position, 0.05, length, 2);
    return ticks * 0.05;
  };
  expect(seconds(100)).toBeCloseTo(10, 0);
  expect(seconds(4000)).toBeCloseTo(10, 0);
});
