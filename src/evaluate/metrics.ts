// Scores to numbers, as lm-evaluation-harness defines them: of equal choices the first counts as chosen.

import type { Score } from './scorer';
import type { Metrics, Scored } from './task';

/** ln p of the whole continuation, in nats. */
export function logLikelihood({ logProbabilities }: Score): number {
  return logProbabilities.reduce((a, b) => a + b, 0);
}

function firstLargest(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > (values[best] ?? Number.NaN) ? i : best), 0);
}

/** Index of the likeliest choice. */
export function chosen({ scores }: Scored): number {
  return firstLargest(scores.map(logLikelihood));
}

/** Index of the choice that is likeliest per character. */
function chosenPerCharacter({ example, scores }: Scored): number {
  return firstLargest(scores.map((score, i) => logLikelihood(score) / (example.choices[i]?.characters ?? Number.NaN)));
}

function share(scored: readonly Scored[], holds: (one: Scored) => boolean): number {
  return scored.filter(holds).length / scored.length;
}

/** Share of examples whose right choice is the likeliest. */
export function accuracy(scored: readonly Scored[]): Metrics {
  return { accuracy: share(scored, (one) => chosen(one) === one.example.answer) };
}

/** The same with each log-likelihood divided by the characters of its answer. */
export function accuracyNorm(scored: readonly Scored[]): Metrics {
  return { accuracy_norm: share(scored, (one) => chosenPerCharacter(one) === one.example.answer) };
}

/** Of examples with one choice: the share where every token is the greedy one, and exp of the mean −ln p of the choice. */
export function cloze(scored: readonly Scored[]): Metrics {
  const scores = scored.flatMap((one) => one.scores);
  const mean = scores.reduce((sum, score) => sum + logLikelihood(score), 0) / scores.length;
  return { accuracy: share(scored, (one) => one.scores.every((score) => score.greedy)), perplexity: Math.exp(-mean) };
}

/** Of the class that index 1 names; 0 where nothing is of it or taken for it, as scikit-learn has it. */
export function binary(scored: readonly Scored[]): Metrics {
  const count = (picked: number, answer: number) => scored.filter((one) => chosen(one) === picked && one.example.answer === answer).length;
  const [hits, falseAlarms, misses] = [count(1, 1), count(1, 0), count(0, 1)];
  const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  return {
    precision: ratio(hits, hits + falseAlarms),
    recall: ratio(hits, hits + misses),
    f1: ratio(2 * hits, 2 * hits + falseAlarms + misses),
  };
}
