import { describe, expect, it } from 'vitest';
import { fieldEditsOf, withFieldEdits } from '../../../src/experiment/formEdits';
import { validate } from '../../../src/experiment/validate';
import { CATALOGUE } from '../../../src/model/catalogue';

const TEXT = `{
  // As deep as it goes.
  "model": { "layers": 100, "hidden": 64 }, // wide enough
  "optimiser": {
    "learningRate": 1e-3, /* found by hand */
    "clip": 1
  }
}
`;

describe('edits of a form', () => {
  it('change the text where they are meant, and leave comments and layout alone', () => {
    const edits = [{ field: 'optimiser.learningRate', value: 3e-4 }, { field: 'optimiser.clip' }, { field: 'training.steps', value: 500 }];
    expect(withFieldEdits(TEXT, edits)).toBe(`{
  // As deep as it goes.
  "model": { "layers": 100, "hidden": 64 }, // wide enough
  "optimiser": {
    "learningRate": 0.0003 /* found by hand */
  },
  "training": {
    "steps": 500
  }
}
`);
  });

  it('join others on their line', () => {
    const edits = [{ field: 'model.heads', value: 4 }];
    expect(withFieldEdits(TEXT, edits)).toBe(TEXT.replace('"hidden": 64 }', '"hidden": 64, "heads": 4 }'));
    const trailing = '{\n  "model": { "layers": 4, /* more */ "hidden": 8 /* wide */, },\n}\n';
    expect(withFieldEdits(trailing, edits)).toBe(trailing.replace('/* wide */,', '/* wide */, "heads": 4,'));
  });

  it('of fields that are not there, or do not exist, change nothing', () => {
    expect(withFieldEdits(TEXT, [{ field: 'training.steps' }, { field: 'model' }, { field: 'model.depth', value: 1 }])).toBe(TEXT);
    expect(withFieldEdits(TEXT, [{ field: '__proto__.x', value: 1 }])).toBe(TEXT);
  });

  it('hold any value that a field may have', () => {
    const edits = [
      { field: 'training.statistics', value: ['gradient_norm'] },
      { field: 'model.schemeOptions', value: { coefficient: 0.9 } },
      { field: 'name', value: 'a "quoted" name' },
    ];
    expect(validate(withFieldEdits(TEXT, edits), CATALOGUE).config).toMatchObject({
      name: 'a "quoted" name',
      model: { schemeOptions: { coefficient: 0.9 } },
      training: { statistics: ['gradient_norm'] },
    });
  });
});

describe('a quick fix', () => {
  const fixesOf = (text: string, code: string) =>
    validate(text, CATALOGUE)
      .findings.filter((finding) => finding.code === code)
      .flatMap(({ fixes }) => fixes.map((fix) => fieldEditsOf(text, fix)));

  it('is what it does to fields', () => {
    expect(fixesOf('{"model":{"layers":4,"hidden":64,"heads":3}}', 'heads-do-not-divide')).toEqual([[{ field: 'model.heads', value: 2 }]]);
    expect(fixesOf('{"model":{"layers":4,"hidden":64.5}}', 'not-an-integer')).toEqual([[{ field: 'model.hidden', value: 65 }]]);
  });

  it('that takes a field away brings its default back', () => {
    const text = '{"model":{"layers":4,"hidden":64},"optimiser":{"momentum":0.5}}';
    const fixes = validate(text, CATALOGUE).findings.flatMap((finding) => finding.fixes.map((fix) => fieldEditsOf(text, fix)));
    expect(fixes).toContainEqual([{ field: 'optimiser.momentum' }]);
  });
});
