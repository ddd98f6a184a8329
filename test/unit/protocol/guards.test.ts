// A page is a stranger: whatever it sends, the guard answers with a message within bounds or nothing.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONFIG_LIMITS } from '../../../src/protocol/configurationGuards';
import { isHostMessage, LIMITS, parsePageMessage } from '../../../src/protocol/guards';
import type { HostMessage, PageMessage } from '../../../src/protocol/messages';

fc.configureGlobal({ seed: 7 });

const count = fc.nat({ max: 1e6 });
const span = fc.tuple(count, count).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const name = fc.string({ minLength: 1, maxLength: LIMITS.name });
const source = fc.oneof(fc.record({ scalar: name }), fc.record({ statistic: name, row: count }));
const side = fc.integer({ min: 1, max: 4096 });

const scalar = fc.oneof(fc.string({ maxLength: 40 }), fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const value = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 5 }),
  fc.dictionary(fc.constantFrom('a', 'b'), scalar, { noNullPrototype: true }),
);
const edits = fc.array(fc.oneof(fc.record({ field: name }), fc.record({ field: name, value })), { maxLength: 5 });

const pageMessage: fc.Arbitrary<PageMessage> = fc.oneof(
  fc.record({ type: fc.constant('ask-config' as const), id: count, edits }),
  fc.record({
    type: fc.constant('change-config' as const),
    id: count,
    action: fc.constantFrom('save' as const, 'apply' as const),
    edits,
  }),
  fc.record({ type: fc.constant('change-config' as const), id: count, action: fc.constant('fork' as const), edits, step: count }),
  fc.record({ type: fc.constant('ready' as const), protocol: count }),
  fc.record({ type: fc.constant('action' as const), action: fc.constantFrom('pause' as const, 'resume' as const, 'show-log' as const) }),
  fc.record({
    type: fc.constant('ask-tile' as const),
    id: count,
    request: fc.record({ statistic: name, rows: span, columns: span, width: side, height: side }),
  }),
  fc.record({
    type: fc.constant('ask-series' as const),
    id: count,
    request: fc.record({ source, steps: span, points: fc.integer({ min: 1, max: LIMITS.points }) }),
  }),
  fc.record({
    type: fc.constant('ask-profile' as const),
    id: count,
    request: fc.record({ statistics: fc.array(name, { minLength: 1, maxLength: LIMITS.statistics }), column: count }),
  }),
  fc.record({
    type: fc.constant('ask-profile' as const),
    id: count,
    run: count,
    request: fc.record({ statistics: fc.array(name, { minLength: 1, maxLength: LIMITS.statistics }), step: count }),
  }),
  fc.record({
    type: fc.constant('ask-series' as const),
    id: count,
    run: count,
    request: fc.record({ source, steps: span, points: fc.constant(5), smoothing: fc.constantFrom(0.001, 0.5, 0.999) }),
  }),
  fc.record({ type: fc.constant('ask-histogram' as const), id: count, request: fc.record({ name, step: count }) }),
  fc.record({ type: fc.constant('dismiss' as const), run: count }),
);

describe('messages from a page', () => {
  test('pass unchanged where they are good', () => {
    fc.assert(
      fc.property(pageMessage, (message) => {
        expect(parsePageMessage(message)).toEqual(message);
      }),
    );
  });

  test('lose whatever else they carried', () => {
    fc.assert(
      fc.property(pageMessage, fc.anything(), (message, extra) => {
        expect(parsePageMessage({ ...message, extra })).toEqual(message);
      }),
    );
  });

  test('never make the guard throw, and what passes can be understood', () => {
    fc.assert(
      fc.property(fc.anything({ withTypedArray: true, withMap: true, withBigInt: true }), (value) => {
        const parsed = parsePageMessage(value);
        if (parsed) expect(parsePageMessage(parsed)).toEqual(parsed);
      }),
    );
  });

  test('are refused when any one number or name is spoilt', () => {
    const spoilt = fc.constantFrom<unknown>(-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, '1', null, undefined, {}, []);
    const tile = { statistic: 'gradient_rms', rows: { from: 0, to: 5 }, columns: { from: 0, to: 9 }, width: 9, height: 5 };
    const paths: readonly (readonly string[])[] = [
      ['id'],
      ['request', 'width'],
      ['request', 'height'],
      ['request', 'rows', 'from'],
      ['request', 'columns', 'to'],
      ['request', 'statistic'],
    ];
    fc.assert(
      fc.property(fc.constantFrom(...paths), spoilt, (path, value) => {
        fc.pre(!(path.at(-1) === 'statistic' && value === '1'));
        const message = structuredClone({ type: 'ask-tile', id: 1, request: tile });
        const parent = path.slice(0, -1).reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, message);
        parent[path.at(-1) ?? ''] = value;
        expect(parsePageMessage(message)).toBeUndefined();
      }),
    );
  });

  test('cannot ask for more than the limits', () => {
    const tile = { statistic: 'x', rows: { from: 0, to: 1e6 }, columns: { from: 0, to: 1e6 } };
    const ask = (width: number, height: number): unknown =>
      parsePageMessage({ type: 'ask-tile', id: 1, request: { ...tile, width, height } });
    expect(ask(4096, 4096)).toBeDefined();
    expect(ask(4097, 4096)).toBeUndefined();
    expect(ask(LIMITS.side + 1, 1)).toBeUndefined();
    const series = { source: { scalar: 'x' }, steps: { from: 0, to: 9 }, points: LIMITS.points + 1 };
    expect(parsePageMessage({ type: 'ask-series', id: 1, request: series })).toBeUndefined();
    const statistics = Array.from({ length: LIMITS.statistics + 1 }, () => 'x');
    expect(parsePageMessage({ type: 'ask-profile', id: 1, request: { statistics, column: 0 } })).toBeUndefined();
    const long = { source: { scalar: 'x'.repeat(LIMITS.name + 1) }, steps: { from: 0, to: 9 }, points: 9 };
    expect(parsePageMessage({ type: 'ask-series', id: 1, request: long })).toBeUndefined();
  });

  test('may not edit with what no field could hold', () => {
    const ask = (...edits: unknown[]): unknown => parsePageMessage({ type: 'ask-config', id: 1, edits });
    expect(ask({ field: 'a', value: ['x'] })).toBeDefined();
    for (const value of [null, Number.NaN, [null], [['x']], { a: { b: 1 } }, () => 1, 'x'.repeat(CONFIG_LIMITS.text + 1)])
      expect(ask({ field: 'a', value }), String(value)).toBeUndefined();
    for (const field of [1, '', undefined, 'x'.repeat(CONFIG_LIMITS.name + 1)]) expect(ask({ field, value: 1 })).toBeUndefined();
    expect(ask(...Array.from({ length: CONFIG_LIMITS.edits + 1 }, () => ({ field: 'a' })))).toBeUndefined();
    const change = { type: 'change-config', id: 1, edits: [] };
    expect(parsePageMessage({ ...change, action: 'delete' })).toBeUndefined();
    expect(parsePageMessage({ ...change, action: 'fork' })).toBeUndefined();
    expect(parsePageMessage({ ...change, action: 'save', step: 1 })).toBeUndefined();
  });

  test('may not name an action of their own', () => {
    expect(parsePageMessage({ type: 'action', action: 'delete' })).toBeUndefined();
    expect(parsePageMessage({ type: 'action', action: 'toString' })).toBeUndefined();
  });
});

describe('messages from the host', () => {
  const tile: HostMessage = {
    type: 'tile',
    id: 1,
    tile: {
      statistic: 'x',
      rows: { from: 0, to: 2 },
      columns: { from: 0, to: 3 },
      width: 3,
      height: 2,
      minimum: new Float32Array(6),
      maximum: new Float32Array(6),
      flags: new Uint8Array(6),
      steps: new Float64Array(3),
    },
  };

  test('pass with arrays of the announced lengths', () => {
    expect(isHostMessage(tile)).toBe(true);
    expect(isHostMessage({ ...tile, tile: { ...tile.tile, flags: new Uint8Array(5) } })).toBe(false);
    expect(isHostMessage({ ...tile, tile: { ...tile.tile, minimum: [0, 0, 0, 0, 0, 0] } })).toBe(false);
    const profile = { statistics: ['x', 'y'], column: 0, step: 1, rows: 3, values: new Float32Array(6) };
    expect(isHostMessage({ type: 'profile', id: 1, profile })).toBe(true);
    expect(isHostMessage({ type: 'profile', id: 1, profile: { ...profile, rows: 4 } })).toBe(false);
    const histogram = { name: 'weights', step: 1, steps: [1], rows: ['head'], edges: [-1, 1], values: new Float32Array(3) };
    expect(isHostMessage({ type: 'histogram', id: 1, histogram })).toBe(true);
    expect(isHostMessage({ type: 'histogram', id: 1, histogram: { ...histogram, edges: [1] } })).toBe(false);
  });

  test('pass with a form that is whole', () => {
    const config = {
      values: { 'model.layers': 4 },
      given: [],
      defaults: {},
      follow: [{ field: 'model.feedForward', from: 1, to: 2 }],
      findings: [{ field: '', severity: 'error', said: { code: 'x', args: {} }, fixes: [{ title: { code: 'y', args: {} }, edits: [] }] }],
      file: { state: 'none', unsaved: false, changes: [] },
      checkpoints: [4],
      refusals: {},
    };
    expect(isHostMessage({ type: 'config', id: 1, config })).toBe(true);
    for (const part of ['values', 'given', 'defaults', 'follow', 'findings', 'file', 'checkpoints', 'refusals'])
      expect(isHostMessage({ type: 'config', id: 1, config: { ...config, [part]: 'x' } }), part).toBe(false);
    expect(isHostMessage({ type: 'config', id: 1, config: { ...config, parent: { run: 1 } } })).toBe(false);
    expect(isHostMessage({ type: 'config-done', id: 1, said: { code: 'x', args: {} } })).toBe(true);
    expect(isHostMessage({ type: 'config-done', id: 1, said: 'x' })).toBe(false);
    expect(isHostMessage({ type: 'config-changed' })).toBe(true);
  });

  test('never make the check throw', () => {
    const kinds = fc.constantFrom(
      'hello',
      'config',
      'config-done',
      'status',
      'extent',
      'tile',
      'series',
      'profile',
      'histogram',
      'refused',
      'other',
    );
    fc.assert(
      fc.property(kinds, fc.dictionary(fc.string(), fc.anything()), (type, rest) => {
        expect(typeof isHostMessage({ ...rest, type })).toBe('boolean');
      }),
    );
  });
});
