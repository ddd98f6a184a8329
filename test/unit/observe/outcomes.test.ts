// Evaluations, samples and checkpoints of a run directory as a watcher tells them.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { outcomesSignature, readOutcomes } from '../../../src/observe/outcomes';
import { scratch } from '../experiment/scratch';

test('results are told in the order of their steps, samples newest first, and damaged files by name', async () => {
  const directory = scratch();
  const written = async (folder: string, name: string, value: unknown): Promise<void> => {
    await mkdir(path.join(directory, folder), { recursive: true });
    await writeFile(path.join(directory, folder, name), typeof value === 'string' ? value : JSON.stringify(value));
  };
  expect(await outcomesSignature(directory)).toBeUndefined();
  expect(await readOutcomes(directory)).toEqual({ evaluations: [], samples: [], checkpoints: [], problems: [] });
  await written('evaluations', 'piqa-step-200.json', {
    format: 1,
    task: 'piqa',
    step: 200,
    metrics: { accuracy: 0.5, perplexity: null },
    examples: 40,
    limit: 40,
  });
  const first = await outcomesSignature(directory);
  expect(first).toBeDefined();
  await written('evaluations', 'piqa-step-100-averaged.json', { task: 'piqa', step: 100, weights: 'averaged', metrics: {}, examples: 9 });
  await written('evaluations', 'half-step-300.json', '{"task": "piqa", "st');
  await written('evaluations', 'other.json', { task: 3 });
  await written('evaluations', '.piqa-step-200.json.tmp', 'being written');
  for (const number of [1, 2, 10]) {
    const sampling = { temperature: 0.8, topP: 1, seed: number, engine: 'x' };
    await written('samples', `step-200-${number}.json`, { step: 200, prompt: 'It was', text: ` ${number}`, tokens: 1, sampling });
  }
  await mkdir(path.join(directory, 'checkpoints', 'step-00000200'), { recursive: true });
  const { evaluations, samples, checkpoints, problems } = await readOutcomes(directory);
  expect(evaluations.map(({ step, averaged, limited, metrics }) => [step, averaged, limited, metrics])).toEqual([
    [100, true, false, {}],
    [200, false, true, { accuracy: 0.5, perplexity: null }],
  ]);
  expect(samples.map(({ file, text, sampling }) => [file, text, sampling.seed])).toEqual([
    ['step-200-10.json', ' 10', 10],
    ['step-200-2.json', ' 2', 2],
    ['step-200-1.json', ' 1', 1],
  ]);
  expect(samples[0]?.sampling).toEqual({ temperature: 0.8, topP: 1, seed: 10 });
  expect(checkpoints).toEqual([200]);
  expect(problems.map(({ code }) => code).sort()).toEqual(['file-not-json', 'outcome-malformed']);
  expect(await outcomesSignature(directory)).not.toBe(first);
});
