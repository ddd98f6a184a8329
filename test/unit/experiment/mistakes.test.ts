// Every mistake that a configuration can hold: what is said of it, where, and what mends it.

import { describe, expect, it } from 'vitest';
import { applyFix } from '../../../src/experiment/edits';
import { render } from '../../../src/experiment/messages';
import { validate } from '../../../src/experiment/validate';
import { catalogue } from './catalogue';
import { check, config, only, text } from './validating';

const MISTAKES: readonly [code: string, field: string, source: string, at: string, mended?: unknown][] = [
  ['expected-number', 'model.layers', text({ 'model.layers': '24' }), '"24"', 24],
  ['expected-number', 'model.layers', text({ 'model.layers': null }), 'null'],
  ['expected-number', 'model.layers', '{"model": {"layers": [12], "hidden": 64}}', '[12]'],
  ['expected-boolean', 'model.tiedEmbeddings', text({ 'model.tiedEmbeddings': 'Yes' }), '"Yes"', true],
  ['expected-boolean', 'model.finalNorm', text({ 'model.finalNorm': 'constructor' }), '"constructor"'],
  ['expected-text', 'name', text({ name: 12 }), '12', '12'],
  ['expected-choice', 'model.scheme', text({ 'model.scheme': 3 }), '3'],
  ['expected-names', 'training.statistics', text({ 'training.statistics': 'gradient_rms' }), '"gradient_rms"', ['gradient_rms']],
  ['expected-names', 'training.statistics', text({ 'training.statistics': 1 }), '1'],
  ['empty-names', 'training.statistics', text({ 'training.statistics': [] }), '[]'],
  ['unknown-choice', 'training.statistics', text({ 'training.statistics': ['gradient_rsm'] }), '"gradient_rsm"', ['gradient_rms']],
  ['expected-choice', 'training.statistics', text({ 'training.statistics': [3] }), '3'],
  ['expected-section', 'training', text({ training: 100 }), '100'],
  ['expected-section', 'model.schemeOptions', text({ 'model.schemeOptions': 1 }), '1'],
  ['empty-text', 'data.source', text({ 'data.source': ' ' }), '" "', 'built-in:moby-dick'],
  ['not-finite', 'optimiser.learningRate', text({ 'optimiser.learningRate': 7 }).replace('7', '1e999'), '1e999'],
  ['not-an-integer', 'training.batch', text({ 'training.batch': 7.6 }), '7.6', 8],
  ['below-minimum', 'training.steps', text({ 'training.steps': 0 }), '0', 1],
  ['below-minimum', 'model.schemeOptions.coefficient', text({ 'model.schemeOptions': { coefficient: 0.01 } }), '0.01', 0.1],
  ['above-maximum', 'data.validationFraction', text({ 'data.validationFraction': 2 }), '2', 0.5],
  ['unknown-choice', 'data.tokeniser', text({ 'data.tokeniser': 'byte' }), '"byte"', 'bytes'],
  ['unknown-choice', 'schedule.name', text({ 'schedule.name': 'one-cycle' }), '"one-cycle"'],
  ['unknown-scheme', 'model.scheme', text({ 'model.scheme': 'fondation' }), '"fondation"', 'foundation'],
  [
    'unknown-scheme-option',
    'model.schemeOptions.coeficient',
    text({ 'model.schemeOptions': { coeficient: 1 } }),
    '"coeficient"',
    undefined,
  ],
  ['heads-do-not-divide', 'model.heads', text({ 'model.heads': 7 }), '7', 8],
  [
    'rotary-odd-width',
    'model.positions',
    text({ 'model.positions': 'rotary', 'model.hidden': 66, 'model.heads': 2 }),
    '"rotary"',
    'learned',
  ],
  ['vocabulary-mismatch', 'model.vocabulary', text({ 'model.vocabulary': 50257 }), '50257', 256],
  ['vocabulary-mismatch', 'model.vocabulary', text({ 'model.architecture': 'bert', 'model.vocabulary': 256 }), '256', 260],
  ['objective-other-architecture', 'model.objective', text({ 'model.objective': 'masked-tokens' }), '"masked-tokens"', 'next-token'],
  [
    'objective-other-architecture',
    'model.objective',
    text({ 'model.architecture': 'bert', 'model.objective': 'next-token' }),
    '"next-token"',
    'masked-tokens',
  ],
  ['tokeniser-other-architecture', 'data.tokeniser', text({ 'model.architecture': 'bert', 'data.tokeniser': 'gpt2' }), '"gpt2"', 'bytes'],
  ['encoder-context-short', 'model.context', text({ 'model.architecture': 'bert', 'model.context': 4 }), '4', 5],
  ['warmup-too-long', 'schedule.warmup', text({ 'schedule.warmup': 1000 }), '1000', 50],
  ['decay-too-long', 'schedule.decay', text({ 'schedule.name': 'warmup-stable-decay', 'schedule.decay': 951 }), '951', 100],
  [
    'exponential-to-zero',
    'schedule.final',
    text({ 'schedule.name': 'warmup-stable-decay', 'schedule.decayShape': 'exponential', 'schedule.final': 0 }),
    '0',
    0.1,
  ],
  ['name-has-separator', 'name', text({ name: 'a/b\\\\c' }), '"a/b\\\\\\\\c"', 'a-b-c'],
  ['name-too-long', 'name', text({ name: 'x'.repeat(65) }), `"${'x'.repeat(65)}"`, 'x'.repeat(64)],
  ['corpus-unknown-built-in', 'data.source', text({ 'data.source': 'built-in:hamlet' }), '"built-in:hamlet"', 'built-in:moby-dick'],
];

it('says that a run to start from is not there', () => {
  const missing = (source: string) => validate(source, catalogue, (path) => (path === '../gone' ? 'missing' : 'unknown')).findings;
  expect(missing(text({ 'training.from': '../gone' }))).toMatchObject([{ code: 'start-missing', field: 'training.from' }]);
  expect(missing(text({ 'training.from': '../there' }))).toEqual([]);
  expect(missing(text({ 'training.from': '' }))).toEqual([]);
});

describe('a mistake', () => {
  it.each(MISTAKES)('%s (%s) is one finding at its place, and its fix mends it', (code, field, source, at, mended) => {
    const finding = only(source);
    expect(finding).toMatchObject({ code, field, severity: 'error', args: { field } });
    expect(source.slice(finding.range.offset, finding.range.offset + finding.range.length)).toBe(at);
    const [fix] = finding.fixes;
    if (mended === undefined && code !== 'unknown-scheme-option') return expect(fix).toBeUndefined();
    if (fix === undefined) throw new Error('no fix');
    const after = config(applyFix(source, fix));
    if (mended !== undefined)
      expect(field.split('.').reduce((value: unknown, key) => (value as Record<string, unknown>)[key], after)).toEqual(mended);
    return undefined;
  });

  it.each(MISTAKES)('%s (%s) speaks of field and value in words without holes', (_code, field, source) => {
    const finding = only(source);
    const words = render(finding.code, finding.args);
    expect(words).toContain(field);
    expect(words).not.toMatch(/[{}]/);
    for (const fix of finding.fixes) expect(render(fix.title, finding.args)).not.toMatch(/[{}]/);
  });
});

describe('field names', () => {
  it.each([
    ['"model": {"layers": 2, "hiden": 8}', 'model.hiden', 'hidden'],
    ['"model": {"layers": 2, "d_model": 8}', 'model.d_model', 'hidden'],
    ['"model": {"n_layer": 2, "hidden": 8}', 'model.n_layer', 'layers'],
    ['"model": {"layers": 2, "hidden": 8}, "optimizer": {"learningRate": 0.01}', 'optimizer', 'optimiser'],
    ['"model": {"layers": 2, "hidden": 8}, "data": {"tokenizer": "bytes"}', 'data.tokenizer', 'tokeniser'],
    ['"model": {"layers": 2, "hidden": 8}, "optimiser": {"learning_rate": 0.01}', 'optimiser.learning_rate', 'learningRate'],
  ])('are renamed: %s', (inner, field, suggestion) => {
    const source = `{${inner}}`;
    const finding = only(source);
    expect(finding).toMatchObject({ code: 'misspelt-field', field, args: { suggestion } });
    const [rename, remove] = finding.fixes;
    expect([rename?.title, remove?.title]).toEqual(['fix-rename', 'fix-remove']);
    if (rename) expect(config(applyFix(source, rename))).toBeDefined();
  });

  it('are moved to their section, with their value', () => {
    const source = '{\n  // deep\n  "layers": 3,\n  "model": { "hidden": 8 },\n  "lr": 0.01 // fast\n}';
    const [layers, rate] = check(source);
    expect([layers, rate].map((finding) => [finding?.code, finding?.args.suggestion])).toEqual([
      ['misplaced-field', 'model.layers'],
      ['misplaced-field', 'optimiser.learningRate'],
    ]);
    const once = applyFix(source, rate?.fixes[0] ?? { title: '', edits: [] });
    const after = applyFix(once, only(once).fixes[0] ?? { title: '', edits: [] });
    expect(config(after)).toMatchObject({ model: { layers: 3 }, optimiser: { learningRate: 0.01 } });
    expect(after).toContain('// deep');
    expect(after).toContain('// fast');
  });

  it('that are nothing like ours can only be removed', () => {
    const finding = only(text({ 'engine.zzzzzzzz': { a: [1, 2] } }));
    expect(finding).toMatchObject({ code: 'unknown-field', field: 'engine.zzzzzzzz', args: { value: 'zzzzzzzz' } });
    expect(finding.fixes.map(({ title }) => title)).toEqual(['fix-remove']);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s is an unknown field and pollutes nothing', (name) => {
    for (const source of [
      `{"model": {"layers": 1, "hidden": 8}, "${name}": {"polluted": true}}`,
      `{"model": {"layers": 1, "hidden": 8, "${name}": {"polluted": true}}}`,
      `{"model": {"layers": 1, "hidden": 8, "schemeOptions": {"${name}": 1}}}`,
    ]) {
      const finding = only(source);
      expect(finding.severity).toBe('error');
      const remove = finding.fixes.at(-1);
      if (remove) expect(Object.keys(config(applyFix(source, remove)).model.schemeOptions)).toEqual(['coefficient']);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('given twice are told once, and the other can go', () => {
    const source = '{"model": {"layers": 1, /* first */ "hidden": 8, "layers": 2}}';
    const finding = only(source);
    expect(finding).toMatchObject({ code: 'duplicate-field', field: 'model.layers' });
    expect(finding.range.offset).toBe(source.lastIndexOf('"layers"'));
    const after = applyFix(source, finding.fixes[0] ?? { title: '', edits: [] });
    expect(after).toBe('{"model": {/* first */ "hidden": 8, "layers": 2}}');
    expect(config(after).model.layers).toBe(2);
  });

  it('that are missing are told at their section, with an example to insert', () => {
    for (const [source, fields] of [
      ['{}', ['model']],
      ['{"model": {}}', ['model.layers', 'model.hidden']],
      ['{"model": {"layers": 4}}', ['model.hidden']],
      ['{\n\t"model": {\n\t\t"layers": 4 // four\n\t}\n}', ['model.hidden']],
    ] as const) {
      let after: string = source;
      expect(check(source).map(({ code, field }) => [code, field])).toEqual(fields.map((field) => ['missing-field', field]));
      while (check(after).length > 0) after = applyFix(after, check(after)[0]?.fixes[0] ?? { title: '', edits: [] });
      expect(config(after).model.hidden).toBe(64);
      if (source.includes('four')) expect(after).toContain('\n\t\t"hidden": 64');
      if (source.includes('four')) expect(after).toContain('// four');
    }
  });
});

describe('removing a field', () => {
  it.each([
    ['{"model": {"layers": 1, "hidden": 8, "bogusbogus": 1}}', '{"model": {"layers": 1, "hidden": 8}}'],
    ['{"model": {"bogusbogus": 1, "layers": 1, "hidden": 8}}', '{"model": {"layers": 1, "hidden": 8}}'],
    ['{"model": {"layers": 1, "hidden": 8}, "bogusbogus": 1,}', '{"model": {"layers": 1, "hidden": 8}, }'],
    [
      '{\n  "model": {"layers": 1, "hidden": 8}, // keep\n  "bogusbogus": 1\n  // keep too\n}',
      '{\n  "model": {"layers": 1, "hidden": 8} // keep\n  // keep too\n}',
    ],
    [
      '{\n  // keep\n  "bogusbogus": [1,\n    2],\n  "model": {"layers": 1, "hidden": 8}\n}',
      '{\n  // keep\n  "model": {"layers": 1, "hidden": 8}\n}',
    ],
  ])('takes its comma along and leaves comments: %s', (source, expected) => {
    const after = applyFix(source, only(source).fixes[0] ?? { title: '', edits: [] });
    expect(after).toBe(expected);
    expect(config(after)).toBeDefined();
  });
});
