import { describe, expect, it } from 'vitest';
import { isSame } from '../../../src/experiment/change';
import { validate } from '../../../src/experiment/validate';
import { changesBetween, defaultsBeside, sparseText, valueAt, withValues } from '../../../src/experiment/values';
import { CATALOGUE } from '../../../src/model/catalogue';
import { resolved } from '../extension/helpers';

const config = resolved({ layers: 4, hidden: 16, scheme: 'layerscale' }, { optimiser: { clip: 0.5 } });

describe('the shortest text of a configuration', () => {
  it('says what is no default, and means the same', () => {
    const text = sparseText(config, CATALOGUE);
    expect(JSON.parse(text)).toEqual({ model: { layers: 4, hidden: 16, scheme: 'layerscale' }, optimiser: { clip: 0.5 } });
    expect(validate(text, CATALOGUE).config).toEqual(config);
  });

  it.each(CATALOGUE.schemes.map(({ name }) => name))('means the same for %s', (scheme) => {
    const whole = resolved({ layers: 4, hidden: 16, scheme }, { optimiser: { name: 'muon' }, training: { steps: 50 } });
    expect(validate(sparseText(whole, CATALOGUE), CATALOGUE).config).toEqual(whole);
  });

  it('keeps what it is asked to keep', () => {
    expect(JSON.parse(sparseText(config, CATALOGUE, (path) => path === 'schedule.warmup'))).toMatchObject({ schedule: { warmup: 50 } });
  });
});

describe('values by path', () => {
  it('are read and written without touching the rest', () => {
    const edited = withValues(config, [
      ['model.hidden', 32],
      ['name', 'wide'],
    ]);
    expect([valueAt(edited, 'model.hidden'), valueAt(edited, 'name')]).toEqual([32, 'wide']);
    expect(changesBetween(config, edited)).toEqual([
      { field: 'name', from: 'layerscale-4', to: 'wide' },
      { field: 'model.hidden', from: 16, to: 32 },
    ]);
    expect(changesBetween(config, structuredClone(config))).toEqual([]);
    expect(defaultsBeside(edited, CATALOGUE).get('model.feedForward')).toBe(128);
  });

  it('are the same whatever the order of names', () => {
    expect(isSame({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toBe(true);
    expect(isSame({ a: 1 }, { a: 1, b: undefined })).toBe(false);
    expect(isSame([1, 2], [2, 1])).toBe(false);
    expect(isSame([], {})).toBe(false);
    expect(isSame(null, undefined)).toBe(false);
  });
});
