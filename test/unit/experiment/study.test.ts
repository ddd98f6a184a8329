import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { cellsOf, readStudy } from '../../../src/experiment/study';
import { validate } from '../../../src/experiment/validate';
import { catalogue } from './catalogue';
import { scratch } from './scratch';

function written(text: string, name = 'deep.study.json'): string {
  const file = path.join(scratch(), name);
  writeFileSync(file, text);
  return file;
}

const BASE = '{ "model": { "layers": 4, "hidden": 8 } }';

describe('a study', () => {
  test('is every value of one axis with every value of the others, the last changing fastest', async () => {
    const axes = '{ "model.scheme": ["post-ln", "pre-ln"], "optimiser.learningRate": [1e-3, 1e-2], "model.finalNorm": [true] }';
    const study = await readStudy(written(`{ "base": ${BASE}, /* three */ "axes": ${axes} }`));
    const cells = cellsOf(study);
    expect(cells.map(({ values }) => values)).toEqual([
      ['post-ln', 0.001, true],
      ['post-ln', 0.01, true],
      ['pre-ln', 0.001, true],
      ['pre-ln', 0.01, true],
    ]);
    const configs = cells.map(({ text }) => validate(text, catalogue).config);
    expect(configs[1]).toMatchObject({
      name: 'deep-post-ln-0.01-true',
      model: { layers: 4, scheme: 'post-ln', finalNorm: true },
      optimiser: { learningRate: 0.01 },
    });
    expect(new Set(configs.map((config) => config?.name)).size).toBe(4);
  });

  test('may start from a file, whose folder is what its paths are relative to', async () => {
    const file = written('{ "name": "mine", "base": "base.fathom.json", "axes": { "seed": [1, 2] } }');
    writeFileSync(path.join(path.dirname(file), 'base.fathom.json'), `// why\n${BASE}`);
    const study = await readStudy(file);
    expect(study).toMatchObject({ name: 'mine', baseFile: 'base.fathom.json', folder: path.dirname(file) });
    expect(cellsOf(study)[1]?.text).toMatch(/^\/\/ why/);
    expect(validate(cellsOf(study)[1]?.text ?? '', catalogue).config).toMatchObject({ seed: 2, name: 'mine-2' });
  });

  test('a value that is a path still makes a name that can be a folder', async () => {
    const file = written(`{ "base": ${BASE}, "axes": { "data.source": ["a/b.txt", "${'long'.repeat(40)}"] } }`);
    for (const { text } of cellsOf(await readStudy(file))) expect(validate(text, catalogue).config).toBeDefined();
  });

  test.each([
    ['{', 'study-not-json'],
    ['[]', 'study-not-json'],
    [`{ "axis": {}, "base": ${BASE} }`, 'study-unknown-field'],
    [`{ "name": 3, "base": ${BASE}, "axes": { "seed": [1] } }`, 'study-name'],
    ['{ "axes": { "seed": [1] } }', 'study-base'],
    [`{ "base": ${BASE} }`, 'study-axes'],
    [`{ "base": ${BASE}, "axes": { "model.shceme": ["a"] } }`, 'study-unknown-axis-nearest'],
    [`{ "base": ${BASE}, "axes": { "entirely.else": ["a"] } }`, 'study-unknown-axis'],
    [`{ "base": ${BASE}, "axes": { "seed": [] } }`, 'study-axis-values'],
    [`{ "base": ${BASE}, "axes": { "seed": [{}] } }`, 'study-axis-values'],
    [`{ "base": ${BASE}, "axes": { "seed": [1, 2, 1] } }`, 'study-axis-twice'],
    ['{ "base": "nowhere.fathom.json", "axes": { "seed": [1] } }', 'configuration-unreadable'],
  ])('says what is wrong with %s', async (text, code) => {
    await expect(readStudy(written(text))).rejects.toMatchObject({
      code,
      args: expect.objectContaining({ path: expect.any(String) }),
    });
  });
});
