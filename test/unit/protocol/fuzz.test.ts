// Messages through a webview's port, both ways: whole ones with one part spoilt, and anything at all.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isHostMessage, LIMITS, parsePageMessage } from '../../../src/protocol/guards';
import { fuzz, hostileNames, spoilt, treesWith } from '../../fuzzing';

const span = { from: 0, to: 9 };
const status = { state: 'running', directory: '/r', problems: [] };
const extent = { columns: 1, generation: 0, scalars: [] };
const PAGE = [
  { type: 'ready', protocol: 2 },
  { type: 'action', action: 'pause' },
  { type: 'save', file: { name: 'a.svg', format: 'svg', data: Uint8Array.of(1) } },
  { type: 'dismiss', run: 1 },
  { type: 'ask-tile', id: 1, run: 2, request: { statistic: 'a', rows: span, columns: span, width: 4, height: 2 } },
  { type: 'ask-series', id: 1, request: { source: { statistic: 'a', row: 1 }, steps: span, points: 3, smoothing: 0.5 } },
  { type: 'ask-profile', id: 1, request: { statistics: ['a'], step: 3 } },
  { type: 'ask-histogram', id: 1, request: { name: 'weights', step: 3 } },
  { type: 'ask-outcomes', id: 1 },
  { type: 'evaluate', request: { task: 'lambada', step: 1, averaged: false, limit: 3 } },
  { type: 'generate', request: { prompt: 'It was', step: 1, tokens: 2, count: 1, temperature: 1, topK: 3, seed: 1 } },
  { type: 'end-job', kind: 'evaluate' },
  {
    type: 'ask-config',
    id: 1,
    edits: [
      { field: 'training.steps', value: 5 },
      { field: 'model.schemeOptions', value: { alpha: 1 } },
    ],
  },
  { type: 'change-config', id: 1, action: 'fork', edits: [{ field: 'training.statistics', value: ['a'] }], step: 3 },
];
const HOST = [
  { type: 'hello', protocol: 2, status, extent, texts: [], strings: {}, config: {} },
  { type: 'status', status },
  { type: 'extent', extent, texts: [] },
  { type: 'compared', runs: [{ run: 1, status, extent, texts: [] }], show: 'compare' },
  {
    type: 'tile',
    id: 1,
    tile: {
      ...{ width: 1, height: 2, rows: span, columns: span, steps: new Float64Array(1) },
      ...{ minimum: new Float32Array(2), maximum: new Float32Array(2), flags: new Uint8Array(2) },
    },
  },
  { type: 'config-changed' },
  { type: 'config-done', id: 1, said: { code: 'config.saved', args: {} } },
  { type: 'abilities', trusted: true, tasks: [] },
  { type: 'job', job: { kind: 'generate', running: true, step: 1, about: 'a', texts: [] } },
  { type: 'outcomes', id: 1, outcomes: { evaluations: [], samples: [], checkpoints: [], problems: [] } },
  { type: 'refused', id: 1, why: 'no' },
];

const parts = [
  'type',
  'id',
  'run',
  'request',
  'statistic',
  'rows',
  'from',
  'width',
  'file',
  'data',
  'name',
  'format',
  'ask-tile',
  'save',
  'svg',
];
const anything = fc.oneof(
  treesWith(parts),
  hostileNames,
  fc.anything({ withTypedArray: true, withMap: true, withBigInt: true, withNullPrototype: true, withObjectString: true }),
  fc.constantFrom<unknown>(
    2 ** 53,
    2 ** 31,
    1e308,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    'x'.repeat(LIMITS.name + 1),
    new Uint8Array(0),
  ),
);

const spoiltOf = (messages: readonly unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc
      .tuple(fc.constantFrom(...messages), fc.array(fc.nat(8), { minLength: 1, maxLength: 4 }), anything)
      .map(([message, turns, value]) => spoilt(message, turns, value)),
    anything,
  );

describe('messages', () => {
  it('that are whole are believed', () => {
    for (const message of PAGE) expect(parsePageMessage(message), message.type).toEqual(message);
    for (const message of HOST) expect(isHostMessage(message), message.type).toBe(true);
  });

  it('of a page are rebuilt within the limits or not believed', async () => {
    await fuzz('messages of the page', 41, spoiltOf(PAGE), (value) => {
      const message = parsePageMessage(value);
      if (message === undefined) return;
      // What has been rebuilt is believed again, and asks for no more than the limits allow.
      expect(parsePageMessage(message)).toEqual(message);
      if (message.type === 'ask-tile') expect(message.request.width * message.request.height).toBeLessThanOrEqual(LIMITS.cells);
      if (message.type === 'ask-series') expect(message.request.points).toBeLessThanOrEqual(LIMITS.points);
      if (message.type === 'save') expect(message.file.data.length).toBeLessThanOrEqual(LIMITS.file);
      expect(JSON.stringify({ ...message, file: undefined }).length).toBeLessThan(LIMITS.name * LIMITS.statistics * 7);
    });
  });

  it('of a host are believed or not, without a throw', async () => {
    await fuzz('messages of the host', 42, spoiltOf(HOST), (value) => {
      expect(typeof isHostMessage(value)).toBe('boolean');
    });
  });
});
