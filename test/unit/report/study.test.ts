import { describe, expect, test } from 'vitest';
import type { Study } from '../../../src/experiment/study';
import { studyPage } from '../../../src/report/studyPage';
import { RULES, verdictOf } from '../../../src/report/verdict';
import { facts } from './facts';

const UNIFORM = Math.log(256);

describe('a verdict', () => {
  test.each([
    [2.9, 'learns'],
    [2.91, 'unigram'],
    [3.09, 'unigram'],
    [3.1, 'above unigram'],
    [UNIFORM - 0.11, 'above unigram'],
    [UNIFORM - 0.09, 'untrained'],
    [UNIFORM + 0.09, 'untrained'],
    [UNIFORM + 0.11, 'diverged'],
    [Number.NaN, 'diverged'],
    [undefined, 'unfinished'],
  ] as const)('of a last validation loss of %f beside a unigram entropy of 3 is: %s', (loss, verdict) => {
    expect(verdictOf(facts(loss))).toBe(verdict);
  });

  test('a single loss that is not finite, and a run that stopped before taking one in, have diverged', () => {
    expect(verdictOf(facts(2, { training: [[3, Number.POSITIVE_INFINITY]] }))).toBe('diverged');
    const run = facts(undefined);
    const failed = (code: string) => ({
      ...run,
      state: 'failed' as const,
      record: { ...run.record, state: 'failed' as const, error: { code, args: {}, message: '' } },
    });
    expect(verdictOf(failed('non-finite'))).toBe('diverged');
    expect(verdictOf(failed('diverged-again'))).toBe('diverged');
    expect(verdictOf(failed('disk-full'))).toBe('failed');
  });

  test('a model that has not learned and whose tokens have become alike has collapsed', () => {
    const tokens = (cosine: number) => ({
      last: {
        step: 20,
        layout: { rows: ['embedding', 'layer 1', 'layer 2', 'head'], columns: ['token_cosine'] },
        values: Float32Array.of(0, 1, cosine, 0),
      },
    });
    expect(verdictOf(facts(3.05, tokens(0.999)))).toBe('collapsed');
    expect(verdictOf(facts(3.05, tokens(0.9)))).toBe('unigram');
    expect(verdictOf(facts(2.5, tokens(0.999)))).toBe('learns');
  });
});

describe('the page of a study', () => {
  const study: Study = {
    name: 'deep|study',
    text: '{ "axes": "…" } // as written',
    base: '{}',
    folder: '/',
    axes: [
      { field: 'model.scheme', values: ['post-ln', 'pre-ln'] },
      { field: 'model.heads', values: [1, 3] },
    ],
  };
  const error = {
    code: 'heads-do-not-divide',
    severity: 'error' as const,
    field: 'model.heads',
    args: { field: 'model.heads', value: 3, hidden: 8, suggestion: 2 },
    range: { offset: 0, length: 0 },
    fixes: [],
  };
  const alerts = [
    { step: 9, code: 'plateau' },
    { step: 10, code: 'plateau-over' },
    { step: 12, code: 'divergence' },
    { step: 15, code: 'plateau' },
  ];
  const cells = [
    { values: ['post-ln', 1], findings: [], run: facts(3.05) },
    { values: ['post-ln', 3], findings: [error] },
    { values: ['pre-ln', 1], findings: [], run: facts(2.5, { alerts }) },
    { values: ['pre-ln', 3], findings: [] },
  ];
  const files = studyPage(study, cells, 'What we *think*.\n');
  const [page] = files;
  const text = page?.text ?? '';

  test('has the grid with losses and verdicts, and every rule with its threshold', () => {
    expect(text).toContain('|  | heads 1 | heads 3 |');
    expect(text).toContain('| **post-ln** | 3.050 unigram | invalid |');
    expect(text).toContain('| **pre-ln** | 2.500 **learns** | not run |');
    for (const [name, rule] of Object.entries(RULES)) expect(text).toContain(`*${name}*: ${rule}.`);
    expect(text).toContain('at least 0.1 nats below');
  });

  test('says what was run, with which study, and what somebody thinks of it', () => {
    expect(text).toMatch(/^# deep\\\|study\n/);
    expect(text).toContain('| `model.layers` | 2 layers |');
    expect(text).toContain('| `model.heads` | varied |');
    expect(text).toContain('25 in all; 12 for each run');
    expect(text).toContain(study.text);
    expect(text).toContain('\n\nWhat we *think*.\n\n');
  });

  test('tells each cell apart, and why one is invalid', () => {
    expect(text).toContain(
      '| pre-ln × heads 1 | learns | 20 | 5.500 | 3.000 | 2.500 | 2.0e-6 | 1.3e-1 | plateau (9), divergence (12) | 12 | `20260101-000000-a` |',
    );
    expect(text).toContain(
      '- model.heads is 3, which does not divide model.hidden = 8. Use 2, or change model.hidden. (post-ln × heads 3)',
    );
  });

  test('shows only what was recorded', () => {
    expect(files.map(({ name }) => name)).toEqual(['README.md', 'loss.svg', 'gradient.svg']);
    for (const { name } of files.slice(1)) expect(text).toContain(`](${name})`);
    expect(
      studyPage(
        study,
        cells.map(({ values }) => ({ values, findings: [] })),
      ).map(({ name }) => name),
    ).toEqual(['README.md']);
  });
});
