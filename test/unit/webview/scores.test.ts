// Scores of checkpoints: their standard error, their table and their curves.

import { expect, test } from 'vitest';
import type { Evaluation } from '../../../src/experiment/view';
import { scoredCheckpoints, scoredTasks, scoreLines, scoreText, standardError } from '../../../webview/asking/scores';

const result = (task: string, step: number, accuracy: number, averaged = false): Evaluation => ({
  task,
  step,
  averaged,
  metrics: { accuracy, perplexity: 12.345678 },
  examples: 5,
  limited: false,
  shortened: 0,
});

const FACTS = [
  { name: 'piqa', title: 'PIQA', documentation: '', files: [], headline: 'accuracy', chance: 0.5, pairs: false },
  { name: 'lambada', title: 'LAMBADA', documentation: '', files: [], headline: 'accuracy', pairs: false },
];

test('the standard error of a share is that of its examples, counted one by one', () => {
  // Four right of five: deviation of the sample 1, 1, 1, 1, 0 over √5.
  const sample = [1, 1, 1, 1, 0];
  const mean = 0.8;
  const deviation = Math.sqrt(sample.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (sample.length - 1));
  expect(standardError('accuracy', mean, sample.length)).toBeCloseTo(deviation / Math.sqrt(sample.length), 12);
  expect(standardError('perplexity', 12, 5)).toBeUndefined();
  expect(standardError('accuracy', 1, 1)).toBeUndefined();
  expect(scoreText('accuracy', 0.8, 5)).toBe('80.00 ± 20.00 %');
  expect(scoreText('perplexity', 12.345678, 5)).toBe('12.35');
  expect(scoreText('accuracy', null, 5)).toBe('–');
});

test('checkpoints are rows, newest first; tasks stand in our order, unknown ones last', () => {
  const results = [result('new-task', 100, 0.1), result('lambada', 100, 0.2), result('piqa', 200, 0.6), result('piqa', 200, 0.7, true)];
  expect(scoredTasks(results, FACTS).map(({ name, chance }) => [name, chance])).toEqual([
    ['piqa', 0.5],
    ['lambada', undefined],
    ['new-task', undefined],
  ]);
  expect(scoredCheckpoints(results).map(({ step, averaged, results: of }) => [step, averaged, [...of.keys()]])).toEqual([
    [200, false, ['piqa']],
    [200, true, ['piqa']],
    [100, false, ['new-task', 'lambada']],
  ]);
});

test('a task with several checkpoints is a curve in percent, with chance beside it', () => {
  const results = [result('piqa', 100, 0.5), result('piqa', 300, 0.75), result('lambada', 300, 0.2)];
  const lines = scoreLines(scoredTasks(results, FACTS), scoredCheckpoints(results), (task) => `${task} by chance`);
  expect(lines.map(({ name, x, curve }) => [name, [...x], [...curve.minimum]])).toEqual([
    ['PIQA', [100, 300], [50, 75]],
    ['PIQA by chance', [100, 300], [50, 50]],
  ]);
});
