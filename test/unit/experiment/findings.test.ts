// Every finding that fields together can give: it comes once, alone, at its place, with words without holes, and its
// first mend ends it and leaves comments alone.

import { readFileSync } from 'node:fs';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';
import { applyFix } from '../../../src/experiment/edits';
import type { Finding, Severity } from '../../../src/experiment/finding';
import { render } from '../../../src/experiment/messages';
import type { SourceState } from '../../../src/experiment/rules';
import type { Foresight } from '../../../src/experiment/runRules';
import { validate } from '../../../src/experiment/validate';
import { CATALOGUE } from '../../../src/model/catalogue';

type Fields = Readonly<Record<string, unknown>>;

const COMMENTS = ['// what it is for', '/* and how */'];

/** A sound configuration with some fields written otherwise, by dotted path. */
function text(fields: Fields): string {
  const tree: Record<string, Record<string, unknown>> = {};
  for (const [dotted, value] of Object.entries({ 'model.layers': 12, 'model.hidden': 64, ...fields })) {
    const [section = '', name] = dotted.split('.', 2);
    if (name === undefined) Object.assign(tree, { [section]: value });
    else tree[section] = { ...tree[section], [name]: value };
  }
  return `${COMMENTS[0]}\n${JSON.stringify(tree, undefined, 2)}\n${COMMENTS[1]}\n`;
}

interface World {
  readonly source?: SourceState;
  readonly foresight?: Foresight;
  /** What the mend leaves to be said. */
  readonly left?: string;
}

function check(source: string, world: World): readonly Finding[] {
  const { foresight } = world;
  return validate(source, CATALOGUE, () => world.source ?? 'ok', foresight && (() => foresight)).findings;
}

const DEEP = { 'model.layers': 200 };
const BERT = { 'model.architecture': 'bert' };
const FUSED = { 'training.fusedUpdate': true, 'optimiser.clip': 0 };
const STABLE = { 'schedule.name': 'warmup-stable-decay' };
const ENOUGH: Foresight = { needed: 1e9, available: 4e9, machine: 8e9, workers: 4, mostWorkers: 4 };

/** Code, severity, fields, the text at the finding's place; whether there is a mend (yes unless said), and the world around. */
const TABLE: readonly [code: string, Severity, Fields, at: string, mend?: boolean, world?: World][] = [
  ['name-has-separator', 'error', { name: 'a/b' }, '"a/b"'],
  ['name-too-long', 'error', { name: 'x'.repeat(65) }, `"${'x'.repeat(65)}"`],
  ['heads-do-not-divide', 'error', { 'model.heads': 7 }, '7'],
  ['rotary-odd-width', 'error', { 'model.positions': 'rotary', 'model.hidden': 66, 'model.heads': 2 }, '"rotary"'],
  ['vocabulary-mismatch', 'error', { 'model.vocabulary': 50257 }, '50257'],
  ['warmup-too-long', 'error', { 'schedule.warmup': 1000 }, '1000'],
  ['decay-too-long', 'error', { ...STABLE, 'schedule.decay': 951 }, '951'],
  ['exponential-to-zero', 'error', { ...STABLE, 'schedule.decayShape': 'exponential', 'schedule.final': 0 }, '0'],
  ['workers-do-not-divide', 'error', { 'engine.workers': 3 }, '3'],
  ['workers-share-engine', 'error', { 'engine.name': 'webgpu', 'engine.workers': 4 }, '4'],
  ['precision-engine', 'error', { 'engine.name': 'tfjs', 'training.precision': 'float16' }, '"float16"'],
  ['fused-update-excluded', 'error', { ...FUSED, 'training.accumulation': 4 }, '4'],
  ['corpus-unknown-built-in', 'error', { 'data.source': 'built-in:hamlet' }, '"built-in:hamlet"'],
  ['corpus-missing', 'error', { 'data.source': 'gone.txt' }, '"gone.txt"', true, { source: 'missing' }],
  ['corpus-empty', 'error', { 'data.source': 'blank.txt' }, '"blank.txt"', true, { source: 'empty' }],
  ['start-missing', 'error', { 'training.from': '../gone' }, '"../gone"', false, { source: 'missing' }],
  ['objective-other-architecture', 'error', { 'model.objective': 'masked-tokens' }, '"masked-tokens"'],
  ['tokeniser-other-architecture', 'error', { ...BERT, 'data.tokeniser': 'gpt2' }, '"gpt2"'],
  ['encoder-context-short', 'error', { ...BERT, 'model.context': 4 }, '4'],
  ['pairs-need-table', 'error', { ...BERT, 'model.objective': 'pair-class' }, '{', false],
  ['vocabulary-file-needed', 'error', { ...BERT, 'data.tokeniser': 'wordpiece' }, '"data"'],
  [
    'vocabulary-file-missing',
    'error',
    { ...BERT, 'data.tokeniser': 'wordpiece', 'data.vocabularyFile': 'v.txt' },
    '"v.txt"',
    true,
    { source: 'missing', left: 'vocabulary-file-unused' },
  ],
  ['encoder-without-positions', 'warning', { ...BERT, 'model.positions': 'none' }, '"none"'],
  ['vocabulary-file-unused', 'hint', { 'data.vocabularyFile': 'v.txt' }, '"v.txt"'],
  ['feed-forward-narrow', 'warning', { 'model.feedForward': 16 }, '16'],
  ['attention-large', 'warning', { 'model.context': 16384, 'model.heads': 4 }, '16384', false],
  ['heads-narrow', 'warning', { 'model.heads': 16 }, '16'],
  ['dropout-high', 'warning', { 'model.dropout': 0.6 }, '0.6'],
  ['depth-scaled-twice', 'warning', { 'model.scheme': 'layernorm-scaling', 'model.initialisation': 'gpt2-scaled' }, '"gpt2-scaled"'],
  ['final-norm-missing', 'warning', { 'model.scheme': 'pre-ln', 'model.finalNorm': false }, 'false'],
  ['deep-post-ln-without-warmup', 'warning', { ...DEEP, 'schedule.warmup': 0 }, '0'],
  ['deep-post-ln-xavier', 'warning', { ...DEEP, 'model.initialisation': 'xavier' }, '"xavier"'],
  ['deep-rate-high', 'warning', { ...DEEP, 'optimiser.learningRate': 0.01 }, '"optimiser"'],
  ['deep-without-clipping', 'warning', { ...DEEP, 'optimiser.clip': 0 }, '0'],
  ['learning-rate-high', 'warning', { 'optimiser.name': 'sgd', 'optimiser.learningRate': 2.1 }, '2.1'],
  ['learning-rate-zero', 'warning', { 'optimiser.learningRate': 0 }, '0'],
  ['betas-swapped', 'warning', { 'optimiser.beta1': 0.99 }, '0.99'],
  ['betas-swapped', 'warning', { 'optimiser.beta2': 0.5 }, '0.5'],
  ['epsilon-large', 'warning', { 'optimiser.epsilon': 0.01 }, '0.01'],
  ['warmup-most-of-run', 'warning', { 'schedule.warmup': 700 }, '700'],
  ['schedule-flat', 'hint', { 'schedule.final': 1 }, '1'],
  ['field-not-read', 'hint', { 'optimiser.name': 'sgd', 'optimiser.beta2': 0.9 }, '0.9'],
  ['nothing-recorded', 'warning', { 'training.recordEvery': 5000 }, '5000'],
  ['histograms-only-at-start', 'hint', { 'training.histogramEvery': 5000 }, '5000'],
  ['validated-only-at-end', 'hint', { 'training.validateEvery': 0 }, '0', false],
  ['validation-after-end', 'hint', { 'training.validateEvery': 5000 }, '5000'],
  ['validation-dominates', 'warning', { 'training.validateEvery': 2 }, '2'],
  ['checkpoint-only-at-end', 'hint', { 'training.checkpointEvery': 0 }, '0'],
  ['checkpoint-after-end', 'hint', { 'training.checkpointEvery': 5000 }, '5000'],
  ['depth-data-large', 'warning', { 'model.layers': 1000, 'training.steps': 100_000, 'training.recordEvery': 1 }, '1'],
  ['reference-slow', 'warning', { 'engine.name': 'reference' }, '"reference"'],
  ['fused-update-unsaved', 'warning', { ...FUSED, 'training.checkpointEvery': 0, 'training.steps': 500 }, '0'],
  [
    'memory-short',
    'warning',
    { 'training.activations': 'save', 'training.batch': 32 },
    '32',
    false,
    { foresight: { ...ENOUGH, needed: 5e9 } },
  ],
  [
    'memory-limit-above-machine',
    'warning',
    { 'training.memoryLimit': 64 },
    '64',
    true,
    { foresight: { ...ENOUGH, needed: 5e9, available: 64e9 } },
  ],
  ['threads-idle', 'hint', { 'training.batch': 7 }, '7', false, { foresight: { ...ENOUGH, workers: 1 } }],
  ['checkpoint-loses-hours', 'warning', { 'training.checkpointEvery': 500 }, '500', true, { foresight: { ...ENOUGH, secondsPerStep: 15 } }],
  ['checkpoint-loses-hours', 'warning', { 'training.steps': 999 }, '"training"', true, { foresight: { ...ENOUGH, secondsPerStep: 30 } }],
  ['watchdog-noise', 'warning', { 'watchdog.lossSpike': 2 }, '2'],
  ['watchdog-window-too-long', 'warning', { 'watchdog.lossWindow': 2000 }, '2000'],
  ['watchdog-vanishing-always', 'warning', { 'watchdog.vanishingGradients': 0.5 }, '0.5'],
  ['watchdog-exploding-always', 'warning', { 'watchdog.explodingGradients': 2 }, '2'],
  ['watchdog-dead-always', 'warning', { 'watchdog.deadLayers': 0.01 }, '0.01'],
  ['watchdog-rank-always', 'warning', { 'watchdog.rankCollapse': 0.1 }, '0.1'],
  ['watchdog-attention-always', 'warning', { 'watchdog.attentionCollapse': 9 }, '9'],
  ['watchdog-not-recorded', 'warning', { 'watchdog.deadLayers': 1e-6, 'training.statistics': ['activation_rms'] }, '0.000001'],
  ['watchdog-rollback-same', 'warning', { 'watchdog.rollback': 2, 'watchdog.rollbackRate': 1 }, '1'],
  ['watchdog-rollback-to-start', 'warning', { 'watchdog.rollback': 2, 'training.checkpointEvery': 0, 'training.steps': 500 }, '2'],
];

describe('a finding', () => {
  it.each(TABLE)('%s (%s) comes alone, at its place', (code, severity, fields, at, _mend, world = {}) => {
    const source = text(fields);
    const findings = check(source, world);
    expect(findings.map((finding) => finding.code)).toEqual([code]);
    const [finding] = findings as [Finding];
    expect(finding.severity).toBe(severity);
    expect(source.slice(finding.range.offset, finding.range.offset + finding.range.length)).toBe(at);
    const words = [render(code, finding.args), ...finding.fixes.map((fix) => render(fix.title, finding.args))];
    for (const said of words) expect(said).not.toMatch(/[{}]|undefined|NaN/);
  });

  it.each(TABLE.filter(([, , , , mend = true]) => mend))(
    '%s (%s) is ended by its first mend',
    (code, _severity, fields, _at, _mend, world = {}) => {
      const source = text(fields);
      const [finding] = check(source, world);
      const [fix] = finding?.fixes ?? [];
      if (!fix) throw new Error(`${code} has no mend`);
      const mended = applyFix(source, fix);
      expect(check(mended, world).map((each) => each.code)).toEqual(world.left === undefined ? [] : [world.left]);
      for (const comment of COMMENTS) expect(mended).toContain(comment);
    },
  );

  it('has a row here for every rule', () => {
    const sources = globSync('src/experiment/{*Rules,rules}.ts').map((file) => readFileSync(file, 'utf8'));
    const reported = sources.flatMap((source) =>
      [...source.matchAll(/(?:report|advise|fail)\((?:draft, )?'([\w-]+)'|code: '([\w-]+)'/g)].map(([, one, other]) => one ?? other),
    );
    expect(reported.length).toBeGreaterThan(45);
    expect([...new Set(reported)].sort()).toEqual([...new Set(TABLE.map(([code]) => code))].sort());
  });
});

describe('no finding', () => {
  it.each([
    ['deep Pre-LN without warm-up', { ...DEEP, 'model.scheme': 'pre-ln', 'schedule.warmup': 0 }],
    ['deep DeepNorm without warm-up', { ...DEEP, 'model.scheme': 'deepnorm', 'schedule.warmup': 0 }],
    ['a shallow stack', { 'model.layers': 12, 'schedule.warmup': 0, 'optimiser.clip': 0 }],
    ['a large rate without Adam', { 'optimiser.name': 'sgd', 'optimiser.learningRate': 0.1 }],
    ['a deep stack whose layers learn slowly', { ...DEEP, 'optimiser.learningRate': 0.01, 'optimiser.layerRate': 0.005 }],
    ['default intervals in a short run', { 'training.steps': 20 }],
    ['a schema for other editors', { $schema: './fathom.schema.json' }],
  ])('is raised about %s', (_name, fields) => {
    expect(check(text(fields), { foresight: ENOUGH })).toEqual([]);
  });

  it('is raised about a doubt where the value is wrong anyway', () => {
    const found = check(text({ 'model.layers': 'x', 'schedule.warmup': 0, 'optimiser.clip': 0 }), {});
    expect(found.map(({ code }) => code)).toEqual(['expected-number']);
  });
});
