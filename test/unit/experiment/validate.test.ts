import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExperimentConfig } from '../../../src/experiment/config';
import { applyFix } from '../../../src/experiment/edits';
import type { Finding, Fix } from '../../../src/experiment/finding';
import { MESSAGES, render } from '../../../src/experiment/messages';
import { positionOf } from '../../../src/experiment/syntax';
import { validate } from '../../../src/experiment/validate';
import { catalogue } from './catalogue';

/** A sound configuration with some fields written otherwise, by dotted path. */
function text(fields: Readonly<Record<string, unknown>> = {}): string {
  const tree: Record<string, Record<string, unknown>> = {};
  for (const [dotted, value] of Object.entries({ 'model.layers': 12, 'model.hidden': 64, ...fields })) {
    const [section = '', name] = dotted.split('.', 2);
    if (name === undefined) Object.assign(tree, { [section]: value });
    else tree[section] = { ...tree[section], [name]: value };
  }
  return `// a comment\n${JSON.stringify(tree, undefined, 2)}\n`;
}

function check(source: string): readonly Finding[] {
  return validate(source, catalogue).findings;
}

function only(source: string): Finding {
  const findings = check(source);
  expect(findings.map(({ code }) => code)).toHaveLength(1);
  return findings[0] as Finding;
}

function config(source: string): ExperimentConfig {
  const result = validate(source, catalogue);
  if (result.config === undefined) throw new Error(result.findings.map(({ code, args }) => render(code, args)).join('\n'));
  return result.config;
}

describe('defaults', () => {
  it('make a whole configuration of two numbers', () => {
    expect(validate(text(), catalogue).findings).toEqual([]);
    expect(config(text())).toEqual({
      format: 1,
      name: 'foundation-12',
      seed: 1,
      model: {
        architecture: 'gpt',
        objective: 'next-token',
        layers: 12,
        hidden: 64,
        heads: 1,
        feedForward: 256,
        context: 64,
        positions: 'learned',
        tiedEmbeddings: true,
        activation: 'gelu',
        dropout: 0,
        norm: 'layer-norm',
        queryKeyNorm: false,
        scheme: 'foundation',
        schemeOptions: { coefficient: 0.974 },
        initialisation: 'gpt2-scaled',
        finalNorm: false,
        layerNormEpsilon: 1e-5,
        vocabulary: 256,
      },
      data: { source: 'built-in:moby-dick', tokeniser: 'bytes', vocabularyFile: '', lowerCase: true, validationFraction: 0.1 },
      optimiser: {
        name: 'adamw',
        learningRate: 1e-3,
        layerRate: 1,
        beta1: 0.9,
        beta2: 0.95,
        momentum: 0.95,
        epsilon: 1e-8,
        weightDecay: 0.1,
        clip: 1,
      },
      schedule: { name: 'cosine', warmup: 50, final: 0.1, decay: 100, decayShape: 'linear' },
      training: {
        steps: 1000,
        batch: 8,
        accumulation: 1,
        recordEvery: 1,
        histogramEvery: 0,
        statistics: ['activation_rms', 'gradient_rms'],
        validateEvery: 100,
        validationBatches: 8,
        checkpointEvery: 200,
        keepCheckpoints: 2,
        averaging: 0,
        activations: 'auto',
        memoryLimit: 0,
        fusedUpdate: false,
        freeze: 'none',
        from: '',
      },
      watchdog: {
        lossSpike: 8,
        lossWindow: 64,
        divergence: 50,
        plateau: 500,
        vanishingGradients: 1e-4,
        explodingGradients: 1e4,
        rankCollapse: 0.99,
        attentionCollapse: 0.05,
        deadLayers: 1e-7,
        patience: 3,
        rollback: 0,
        rollbackRate: 0.5,
      },
      engine: { name: 'auto', workers: 0 },
    });
  });

  it('follow what they are derived from, in whatever order it is written', () => {
    const { model, schedule, name } = config(
      '{"schedule": {}, "data": {"tokeniser": "gpt2"}, "training": {"steps": 60}, "model": {"hidden": 32, "scheme": "pre-ln", "layers": 3}}',
    );
    expect(model).toMatchObject({ feedForward: 128, vocabulary: 50257, initialisation: 'gpt2-scaled', finalNorm: true, schemeOptions: {} });
    expect(schedule.warmup).toBe(3);
    expect(name).toBe('pre-ln-3');
  });

  it('are the chosen optimiser’s own', () => {
    const { optimiser } = config(text({ 'optimiser.name': 'sgd' }));
    expect(optimiser).toMatchObject({ learningRate: 0.1, momentum: 0.9, weightDecay: 0, beta2: 0.95 });
    expect(config(text({ 'optimiser.name': 'sgd', 'optimiser.learningRate': 1 })).optimiser.learningRate).toBe(1);
  });

  it('give way to what is written', () => {
    const written = config(text()) as unknown as Record<string, unknown>;
    expect(config(JSON.stringify(written))).toEqual(written);
    expect(config(text({ 'model.schemeOptions': { coefficient: 1 } })).model.schemeOptions).toEqual({ coefficient: 1 });
  });

  it('accept comments, trailing commas and a byte order mark', () => {
    expect(config('\uFEFF{ /* a */ "model": { "layers": 1, "hidden": 8, }, // b\n }').model.hidden).toBe(8);
  });
});

/** Every error, what it is about, and the value after its first fix (undefined: no fix). */
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

describe('an encoder', () => {
  const bert = (fields: Readonly<Record<string, unknown>>) => text({ 'model.architecture': 'bert', ...fields });

  it('fills in masked tokens of bytes and four special tokens by default', () => {
    expect(config(bert({})).model).toMatchObject({ objective: 'masked-tokens', vocabulary: 260, layerNormEpsilon: 1e-12 });
  });

  it('takes word pieces from a file, whose lines a vocabulary of another size has to restate', () => {
    const fields = { 'data.tokeniser': 'wordpiece', 'data.vocabularyFile': 'vocab.txt', 'model.vocabulary': 5000 };
    expect(config(bert(fields)).model.vocabulary).toBe(5000);
    expect(only(bert({ ...fields, 'data.vocabularyFile': '' }))).toMatchObject({ code: 'vocabulary-file-needed' });
    const { findings } = validate(bert(fields), catalogue, (source) => (source === 'vocab.txt' ? 'missing' : 'ok'));
    expect(findings.map(({ code }) => code)).toEqual(['vocabulary-file-missing']);
  });
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

describe('text that is not JSON', () => {
  it.each([
    ['', 'empty-file'],
    ['  // nothing yet\n', 'empty-file'],
    ['{"model": {"layers": 1, "hidden": 8}', 'syntax-not-closed'],
    ['{"model": {"layers": 1, "hidden": 8 // last', 'syntax-not-closed'],
    ['{"model": {"layers": 1 // one\n "hidden": 8}}', 'syntax-comma-expected'],
    ['{\'model\': {"layers": 1, "hidden": 8}}', 'syntax-symbol'],
    ['{model: {"layers": 1, "hidden": 8}}', 'syntax-symbol'],
  ])('%s is one finding with a fix that mends it', (source, code) => {
    const finding = only(source);
    expect(finding).toMatchObject({ code, severity: 'error', field: '' });
    expect(render(finding.code, finding.args)).not.toMatch(/\{\w+\}/);
    expect(config(applyFix(source, finding.fixes[0] ?? { title: '', edits: [] }))).toBeDefined();
  });

  it.each([
    ['{"model" {}}', 'syntax-colon-expected'],
    ['{"model": }', 'syntax-value-expected'],
    ['{"model": {"layers": NaN}}', 'syntax-symbol'],
    ['{"model": {}}}', 'syntax-after-end'],
    ['{"name": "x', 'syntax-open-text'],
    ['{} /* x', 'syntax-open-comment'],
    ['{"name": "\\x"}', 'syntax-error'],
    ['[1, 2]', 'not-an-object'],
    ['12', 'not-an-object'],
  ])('%s is one finding: %s', (source, code) => {
    expect(only(source).code).toBe(code);
  });

  it('is one finding even where its brackets would exhaust the stack', () => {
    expect(only('['.repeat(200_000)).code).toBe('syntax-too-deep');
  });

  it('is placed by line and column', () => {
    expect(positionOf('a\nbc\n', 3)).toEqual({ line: 2, column: 2 });
    expect(only('{\n  "a" 1}').args).toMatchObject({ line: 2, column: 7 });
  });
});

describe('the rest', () => {
  it('judges nothing else in a newer format', () => {
    expect(only('{"format": 2, "modle": 1}')).toMatchObject({ code: 'newer-format', args: { value: '2', known: 1 } });
  });

  it('reports every mistake of a file at once, in the order of the text', () => {
    const findings = check(text({ seed: -1, 'model.heads': 5, 'training.steps': 'x', 'schedule.name': 'cosin' }));
    expect(findings.map(({ field }) => field)).toEqual(
      [...findings].sort((a, b) => a.range.offset - b.range.offset).map(({ field }) => field),
    );
    expect(findings.map(({ code }) => code).sort()).toEqual(['below-minimum', 'expected-number', 'heads-do-not-divide', 'unknown-choice']);
  });

  it('asks the probe about sources that are not built in', () => {
    const asked: string[] = [];
    const probe = (state: 'ok' | 'missing' | 'empty' | 'unknown') => (source: string) => {
      asked.push(source);
      return state;
    };
    const source = text({ 'data.source': 'a.txt' });
    expect(validate(source, catalogue, probe('missing')).findings[0]).toMatchObject({ code: 'corpus-missing', args: { value: 'a.txt' } });
    expect(validate(source, catalogue, probe('empty')).findings[0]).toMatchObject({ code: 'corpus-empty' });
    expect(validate(source, catalogue, probe('ok')).config?.data.source).toBe('a.txt');
    expect(validate(source, catalogue, probe('unknown')).findings).toEqual([]);
    expect(validate(text(), catalogue, probe('missing')).findings).toEqual([]);
    expect(asked).toEqual(['a.txt', 'a.txt', 'a.txt', 'a.txt']);
  });

  it('finds nothing wrong with the examples', async () => {
    const { CATALOGUE } = await import('../../../src/model/catalogue');
    const names = readdirSync('examples').filter((name) => name.endsWith('.fathom.json'));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(validate(readFileSync(path.join('examples', name), 'utf8'), CATALOGUE).findings).toEqual([]);
  });

  it('never throws, and every finding has words, a place in the text and fixes that apply', () => {
    const names = ['model', 'layers', 'hidden', 'schemeOptions', 'training', 'data', 'source', '__proto__', 'lr', 'x', 'coefficient'];
    const key = fc.oneof(fc.constantFrom(...names), fc.string());
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.oneof(fc.integer(), fc.double(), fc.string(), fc.boolean(), fc.constant(null)),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
      ),
    }));
    const source = fc.oneof(
      fc.dictionary(key, tree).map((value) => JSON.stringify(value, undefined, 2)),
      fc.string(),
      fc.tuple(fc.nat(), fc.nat(20), fc.string({ maxLength: 3 })).map(([at, length, put]) => {
        const whole = text({ name: 'a', 'training.steps': 10, 'model.scheme': 'post-ln' });
        const start = at % whole.length;
        return whole.slice(0, start) + put + whole.slice(start + length);
      }),
    );
    fc.assert(
      fc.property(source, (given) => {
        const result = validate(given, catalogue);
        const errors = result.findings.filter(({ severity }) => severity === 'error');
        expect(result.config === undefined).toBe(errors.length > 0);
        for (const { code, range, fixes } of result.findings) {
          expect(MESSAGES).toHaveProperty(code);
          expect(range.offset).toBeGreaterThanOrEqual(0);
          expect(range.offset + range.length).toBeLessThanOrEqual(given.length);
          for (const fix of fixes) {
            expect(MESSAGES).toHaveProperty(fix.title);
            validate(applyFix(given, fix), catalogue);
          }
        }
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});

describe('memory', () => {
  const text = '{"model": {"layers": 12, "hidden": 64}, "training": {"batch": 32, "activations": "save"}}';
  const memoryFindings = (needed: number) =>
    validate(text, catalogue, undefined, () => ({ needed, available: 4e9 })).findings.filter(({ code }) => code === 'memory-short');

  it('is warned of at the batch where the run would not fit, with a mend', () => {
    const [finding, ...others] = memoryFindings(5.25e9);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ severity: 'warning', field: 'training.batch', args: { value: 32, needed: '5.25', available: '4.00' } });
    expect(text.slice(finding?.range.offset).slice(0, finding?.range.length)).toBe('32');
    const mended = applyFix(text, finding?.fixes[0] as Fix);
    expect(validate(mended, catalogue).config?.training.activations).toBe('auto');
  });

  it('is not spoken of where it suffices', () => {
    expect(memoryFindings(3.9e9)).toEqual([]);
  });
});

describe('an engine that is one for all threads', () => {
  it.each(['webgpu', 'tfjs-node-gpu'])('refuses workers with %s, and mends it', (engine) => {
    const source = text({ 'engine.name': engine, 'engine.workers': 4 });
    const errors = validate(source, catalogue).findings.filter(({ severity }) => severity === 'error');
    expect(errors).toMatchObject([{ code: 'workers-share-engine', field: 'engine.workers', args: { value: 4, engine, suggestion: 0 } }]);
    expect(validate(applyFix(source, errors[0]?.fixes[0] as Fix), catalogue).config?.engine).toEqual({ name: engine, workers: 0 });
    expect(validate(text({ 'engine.name': engine, 'engine.workers': 1 }), catalogue).config).toBeDefined();
  });
});

describe('a fused update', () => {
  it.each([
    ['optimiser.clip', 1, 0],
    ['training.accumulation', 4, 1],
    ['engine.workers', 2, 1],
  ])('is refused with %s %s, and either way out mends it', (field, value, most) => {
    const source = text({ 'training.fusedUpdate': true, 'optimiser.clip': 0, [field]: value });
    const errors = validate(source, catalogue).findings.filter(({ severity }) => severity === 'error');
    expect(errors).toMatchObject([{ code: 'fused-update-excluded', field, args: { value, suggestion: most } }]);
    expect(errors[0]?.fixes.length).toBe(2);
    for (const fix of errors[0]?.fixes ?? []) expect(validate(applyFix(source, fix), catalogue).config).toBeDefined();
  });
});
