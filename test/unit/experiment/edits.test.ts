import fc from 'fast-check';
import { parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { applyEdits, difference, editsToSet } from '../../../src/experiment/edits';

const set = (text: string, field: string, value: unknown) => applyEdits(text, editsToSet(text, field, value));

describe('setting a field in a text', () => {
  it('replaces only the value', () => {
    const text = '{\n\t// how deep\n\t"model": { "layers": 12, /* wide */ "hidden": 64 }\n}';
    expect(set(text, 'model.layers', 24)).toBe(text.replace('12', '24'));
  });

  it('adds what is missing, indented like the rest', () => {
    expect(set('{\n    "model": {\n        "layers": 1\n    }\n}', 'model.hidden', 8)).toBe(
      '{\n    "model": {\n        "layers": 1,\n        "hidden": 8\n    }\n}',
    );
    expect(set('{\r\n  "name": "a"\r\n}', 'training.steps', 5)).toBe(
      '{\r\n  "name": "a",\r\n  "training": {\r\n    "steps": 5\r\n  }\r\n}',
    );
    expect(parse(set('{}', 'training.steps', 5))).toEqual({ training: { steps: 5 } });
  });

  it.each([
    ['{"model": 3}', { model: { layers: 5 } }],
    ['{"model": [1]}', { model: { layers: 5 } }],
    ['[1, 2]', { model: { layers: 5 } }],
    ['7', { model: { layers: 5 } }],
  ])('puts an object in the place of what is in the way: %s', (text, expected) => {
    expect(parse(set(text, 'model.layers', 5))).toEqual(expected);
  });

  it('takes __proto__ for a name', () => {
    const text = set('{}', '__proto__.polluted', true);
    expect(text).toContain('__proto__');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('the difference of two texts', () => {
  it('is one edit that turns the first into the second', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b') });
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(applyEdits(before, [difference(before, after)])).toBe(after);
      }),
      { seed: 1 },
    );
  });
});
