// What every task asks, from files in the official formats; and what known likelihoods score, worked
// out by hand.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runTask } from '../../../src/evaluate/run';
import type { Scorer } from '../../../src/evaluate/scorer';
import type { Metrics, Task, TaskFiles } from '../../../src/evaluate/task';
import { hellaswag } from '../../../src/evaluate/tasks/hellaswag';
import { lambada } from '../../../src/evaluate/tasks/lambada';
import { piqa } from '../../../src/evaluate/tasks/piqa';
import { qqp } from '../../../src/evaluate/tasks/qqp';
import { winogrande } from '../../../src/evaluate/tasks/winogrande';

const fixture = (name: string): string => path.join(import.meta.dirname, '../../fixtures/evaluation', name);
const PIQA: TaskFiles = { data: fixture('piqa.jsonl'), labels: fixture('piqa-labels.lst') };

const prompts = async (task: Task, files: TaskFiles) =>
  (await task.read(files, 99)).map(({ choices, answer }) => [
    answer,
    ...choices.map(({ context, continuation }) => [context, continuation]),
  ]);

/** A scorer that knows its answers: token log-probabilities by context and continuation, in the order they are asked. */
function known(answers: readonly (readonly number[])[], greedy: readonly boolean[] = []): Scorer {
  let asked = 0;
  return {
    async score() {
      const logProbabilities = answers[asked];
      if (!logProbabilities) throw new Error('asked too often');
      return { logProbabilities, greedy: greedy[asked++] ?? false, shortened: asked === 1 };
    },
  };
}

async function measured(
  task: Task,
  files: TaskFiles,
  answers: readonly (readonly number[])[],
  greedy?: readonly boolean[],
): Promise<Metrics> {
  const { metrics, shortened, examples } = await runTask(task, await task.read(files, 99), known(answers, greedy));
  expect(shortened).toBe(1);
  expect(examples).toBeGreaterThan(1);
  return metrics;
}

describe('prompts', () => {
  test('LAMBADA: all but the last word, then the last word', async () => {
    const [first] = await prompts(lambada, { data: fixture('lambada.jsonl') });
    expect(first).toEqual([0, ['The keeper lit the lamp every night, and every ship that passed was glad of the', ' lamp']]);
  });

  test('Winogrande: the sentence up to the filled blank, then the shared rest', async () => {
    expect(await prompts(winogrande, { data: fixture('winogrande.jsonl') })).toEqual([
      [
        0,
        ['The trophy did not fit in the case because the trophy', ' was too large.'],
        ['The trophy did not fit in the case because the case', ' was too large.'],
      ],
      [
        1,
        ['Ann thanked Beth for the soup because Ann', ' had cooked it.'],
        ['Ann thanked Beth for the soup because Beth', ' had cooked it.'],
      ],
      [1, ['Olga', ' was late, so Olga waited for Pia at the station.'], ['Pia', ' was late, so Olga waited for Pia at the station.']],
    ]);
  });

  test('HellaSwag: label and context, brackets removed, the second part capitalised', async () => {
    const [first, second] = await prompts(hellaswag, { data: fixture('hellaswag.jsonl') });
    expect(first?.slice(0, 2)).toEqual([2, ['Washing dishes: A man stands at a sink. He', ' flies away.']]);
    // Ends are trimmed before brackets go: the space after one at the beginning stays.
    expect(second?.slice(0, 2)).toEqual([0, ['Baking: How to bake bread. Mix flour and water. Use warm water.', '  Knead the dough.']]);
  });

  test('PIQA and QQP: questions with answers', async () => {
    expect((await prompts(piqa, PIQA))[1]).toEqual([
      1,
      ['Question: Cool a drink\nAnswer:', ' leave it in the sun'],
      ['Question: Cool a drink\nAnswer:', ' add ice'],
    ]);
    const context =
      'Question 1: Why is the sea salt?\nQuestion 2: Who wrote "Moby Dick"?\nQuestion: Do both questions ask the same thing?\nAnswer:';
    expect((await prompts(qqp, { data: fixture('qqp.tsv') }))[1]).toEqual([0, [context, ' no'], [context, ' yes']]);
  });

  test('only the first examples are read where so few are asked for', async () => {
    expect(await piqa.read(PIQA, 1)).toHaveLength(1);
    expect(await qqp.read({ data: fixture('qqp.tsv') }, 3)).toHaveLength(3);
  });
});

describe('scores', () => {
  test('LAMBADA: greedy words count; perplexity is per word', async () => {
    const metrics = await measured(lambada, { data: fixture('lambada.jsonl') }, [[-1, -2], [-0.5], [-2.5]], [true, false, true]);
    expect(metrics.accuracy).toBeCloseTo(2 / 3, 12);
    expect(metrics.perplexity).toBeCloseTo(Math.exp((3 + 0.5 + 2.5) / 3), 12);
  });

  test('Winogrande: the likelier sentence counts, the first of equal ones', async () => {
    const metrics = await measured(winogrande, { data: fixture('winogrande.jsonl') }, [[-1], [-2], [-1, -1], [-3], [-2], [-1, -1]]);
    expect(metrics).toEqual({ accuracy: 1 / 3 });
  });

  test('HellaSwag: by likelihood, and by likelihood per character', async () => {
    // Endings of 11, 42, 15 and 11 characters; per character −0.18, −0.10, −0.13 and −0.36.
    const first = [[-2], [-4.2], [-2.01], [-4]];
    // Of 17 (with the space that the bracket left), 15, 12 and 14; per character −0.06, −0.13, −0.08 and −0.36.
    const second = [[-1], [-2], [-0.96], [-5]];
    const metrics = await measured(hellaswag, { data: fixture('hellaswag.jsonl') }, [...first, ...second]);
    expect(metrics).toEqual({ accuracy: 0, accuracy_norm: 0.5 });
  });

  test('PIQA: a short right answer loses its lead when characters count', async () => {
    // Solutions of 20 and 22 characters, then of 19 and 7.
    const metrics = await measured(piqa, PIQA, [[-2], [-3], [-1.9], [-1.4]]);
    expect(metrics).toEqual({ accuracy: 1, accuracy_norm: 0.5 });
  });

  test('QQP: precision, recall and F1 of yes', async () => {
    // Said: yes, yes, no, no; right: yes, no, yes, no.
    const [yes, no] = [
      [[-2], [-1]],
      [[-1], [-2]],
    ] as const;
    const metrics = await measured(qqp, { data: fixture('qqp.tsv') }, [...yes, ...yes, ...no, ...no]);
    expect(metrics).toEqual({ accuracy: 0.5, precision: 0.5, recall: 0.5, f1: 0.5 });
    const never = await measured(qqp, { data: fixture('qqp.tsv') }, [...no, ...no, ...no, ...no]);
    expect(never).toEqual({ accuracy: 0.5, precision: 0, recall: 0, f1: 0 });
  });
});

describe('bad files', () => {
  function file(name: string, text: string): string {
    const folder = mkdtempSync(path.join(tmpdir(), 'fathom-evaluate-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const made = path.join(folder, name);
    writeFileSync(made, text);
    return made;
  }
  const good = '{"text": "one two"}\n';

  test.each([
    ['no JSON', lambada, `${good}{"text": \n`, 'evaluation-line-not-json', 2],
    ['a list', lambada, `\n${good}[]\n`, 'evaluation-line-not-json', 3],
    ['a missing field', lambada, `${good}{"txt": "one two"}`, 'evaluation-field-missing', 2],
    ['one word', lambada, '{"text": "one"}', 'evaluation-field-wrong', 1],
    ['no blank', winogrande, '{"sentence": "a", "option1": "b", "option2": "c", "answer": "1"}', 'evaluation-field-wrong', 1],
    [
      'an unlabelled test set',
      winogrande,
      '{"sentence": "_ a", "option1": "b", "option2": "c", "answer": ""}',
      'evaluation-field-wrong',
      1,
    ],
    [
      'three endings',
      hellaswag,
      '{"activity_label": "a", "ctx_a": "b", "ctx_b": "c", "endings": ["d", "e", "f"], "label": 0}',
      'evaluation-field-wrong',
      1,
    ],
    ['too few columns', qqp, 'id\tquestion1\tquestion2\tis_duplicate\n1\ta\n', 'evaluation-line-columns', 2],
    ['other columns', qqp, 'id\tsentence1\tsentence2\tis_duplicate\n1\ta\tb\t0\n', 'evaluation-field-missing', 2],
  ] as const)('%s', async (_, task, text, code, line) => {
    const data = file('data', text);
    const reading = task.read({ data }, 99);
    await expect(reading).rejects.toMatchObject({ name: 'Failure', code, args: { file: data, line } });
    await expect(reading).rejects.toThrow(/(Mend or remove the line|Point it)/);
  });

  test('missing, empty, and labels that do not belong', async () => {
    await expect(lambada.read({ data: 'nowhere.jsonl' }, 9)).rejects.toMatchObject({ code: 'evaluation-file-unreadable' });
    await expect(lambada.read({ data: file('data', '\n\n') }, 9)).rejects.toMatchObject({ code: 'evaluation-file-empty' });
    await expect(piqa.read({ ...PIQA, labels: file('labels', '0\n') }, 9)).rejects.toMatchObject({ code: 'evaluation-labels-count' });
    const labels = file('labels', '0\n7\n');
    await expect(piqa.read({ ...PIQA, labels }, 9)).rejects.toMatchObject({
      code: 'evaluation-field-wrong',
      args: { file: labels, line: 2 },
    });
  });
});
