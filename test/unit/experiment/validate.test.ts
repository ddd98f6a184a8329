// From a text to a whole configuration: what is filled in, what is refused as a whole, and that whatever is found can be shown and mended.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyFix } from '../../../src/experiment/edits';
import type { Fix } from '../../../src/experiment/finding';
import { MESSAGES, render } from '../../../src/experiment/messages';
import { positionOf } from '../../../src/experiment/syntax';
import { validate } from '../../../src/experiment/validate';
import { catalogue } from './catalogue';
import { check, config, only, text } from './validating';

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
        precision: 'float32',
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
