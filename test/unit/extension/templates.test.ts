// Every template is a sound configuration of the size that its words promise.
import { describe, expect, it } from 'vitest';
import { validate } from '../../../src/experiment/validate';
import { freeStem, TEMPLATES, templateFiles } from '../../../src/extension/launch/templates';
import { CATALOGUE } from '../../../src/model/catalogue';
import { describeCost } from '../../../src/model/cost';

describe('templates', () => {
  it.each(TEMPLATES)('%s has nothing to find', (id) => {
    for (const { text, stem } of templateFiles(id)) {
      const { config, findings } = validate(text, CATALOGUE);
      expect(findings, stem).toEqual([]);
      expect(config?.name).toBe(stem);
    }
  });

  it('gives GPT-1k the parameters of its paper', () => {
    const [file] = templateFiles('gpt-1k');
    const { config } = validate(file?.text ?? '', CATALOGUE);
    expect(config && (describeCost(config).total / 1e6).toFixed(2)).toBe('815.49');
  });

  it('compares schemes that differ in nothing else', () => {
    const configs = templateFiles('scheme-comparison').map(({ text }) => validate(text, CATALOGUE).config);
    const schemes = configs.map((config) => config?.model.scheme);
    expect(new Set(schemes).size).toBe(schemes.length);
    const rest = configs.map((config) =>
      JSON.stringify({ ...config, name: '', model: { ...config?.model, scheme: '', schemeOptions: {}, finalNorm: '' } }),
    );
    expect(new Set(rest).size).toBe(1);
  });

  it('never takes a name that is taken', () => {
    const taken = new Set(['deep-gpt', 'deep-gpt-2']);
    expect(freeStem('deep-gpt', (stem) => taken.has(stem))).toBe('deep-gpt-3');
    expect(freeStem('other', (stem) => taken.has(stem))).toBe('other');
  });
});
