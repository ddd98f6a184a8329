// How the form reads what a person typed and writes what a field holds.
import { describe, expect, it } from 'vitest';
import type { ConfigState } from '../../../src/protocol/configuration';
import { brief, differing, edited, partsOf, spelled, typed, valueWith } from '../../../webview/config/shown';

const STATE: ConfigState = {
  values: { 'model.hidden': 64, 'model.feedForward': 256, 'optimiser.clip': 0.5 },
  given: ['model.hidden', 'optimiser.clip'],
  defaults: { 'model.feedForward': 512, 'optimiser.clip': 1 },
  follow: [{ field: 'model.feedForward', from: 256, to: 512 }],
  findings: [],
  file: { state: 'none', unsaved: false, changes: [] },
  checkpoints: [],
  refusals: {},
};

describe('the form', () => {
  it('spells names and values', () => {
    expect([spelled('layerNormEpsilon'), spelled('beta1'), spelled('clip')]).toEqual(['Layer norm epsilon', 'Beta1', 'Clip']);
    expect(partsOf('model.heads')).toEqual({ section: 'model', name: 'heads' });
    expect(partsOf('seed')).toEqual({ section: '', name: 'seed' });
    expect([brief('', '–'), brief(1e-8, '–'), brief(false, '–'), brief({ a: 1, b: 2 }, '–'), brief({}, '–')]).toEqual([
      '–',
      '1e-8',
      'false',
      'a 1, b 2',
      '–',
    ]);
    expect(brief(['a', 'b', 'c', 'd', 'e'], '–')).toBe('a, b, c … (5)');
  });

  it('takes a number for one, keeps what is none for a finding, and nothing for the default', () => {
    expect([typed({ type: 'number' }, ' 1e-3 '), typed({ type: 'integer' }, '1.5'), typed({ type: 'number' }, 'fast')]).toEqual([
      1e-3,
      1.5,
      'fast',
    ]);
    expect(typed({ type: 'number' }, '1e999')).toBe('1e999');
    expect([typed({ type: 'number' }, ' '), typed({ type: 'text' }, '')]).toEqual([undefined, undefined]);
    expect(typed({ type: 'text' }, '12')).toBe('12');
  });

  it('shows an edit, what follows, or what the run has', () => {
    expect(valueWith(STATE, [{ field: 'model.hidden', value: 128 }], 'model.hidden')).toBe(128);
    expect(valueWith(STATE, [{ field: 'optimiser.clip' }], 'optimiser.clip')).toBe(1);
    expect(valueWith(STATE, [], 'model.feedForward')).toBe(512);
    expect(valueWith(STATE, [], 'model.hidden')).toBe(64);
  });

  it('calls only that an edit which changes something', () => {
    const hidden = { field: 'model.hidden', value: 128 };
    expect(edited(STATE, [hidden], [{ field: 'model.hidden', value: 64 }])).toEqual([]);
    expect(edited(STATE, [hidden], [{ field: 'optimiser.clip' }])).toEqual([hidden, { field: 'optimiser.clip' }]);
    // What would follow stays where it is written down.
    const kept = { field: 'model.feedForward', value: 256 };
    expect(edited(STATE, [hidden], [kept])).toEqual([hidden, kept]);
    expect(differing({ ...STATE, defaults: { 'model.feedForward': 256 }, follow: [] }, [kept])).toEqual([]);
  });
});
