// One task over one checkpoint, from examples to numbers.

import type { PairScorer } from './pairModel';
import type { Score, Scorer } from './scorer';
import type { Example, Metrics, Scored, Task } from './task';

export interface Outcome {
  readonly metrics: Metrics;
  readonly examples: number;
  /** Examples of which some text did not fit the model's context and lost its left end. */
  readonly shortened: number;
}

/** @param told after every example, with how many are done; a rejection ends the evaluation. */
export async function runTask(
  task: Pick<Task, 'metrics'>,
  examples: readonly Example[],
  scorer: Scorer | PairScorer,
  told: (done: number) => void = () => undefined,
): Promise<Outcome> {
  const scored: Scored[] = [];
  for (const example of examples) {
    scored.push({ example, scores: await scoresOf(example, scorer) });
    told(scored.length);
  }
  return {
    metrics: task.metrics(scored),
    examples: examples.length,
    shortened: scored.filter(({ scores }) => scores.some((score) => score.shortened)).length,
  };
}

async function scoresOf(example: Example, scorer: Scorer | PairScorer): Promise<readonly Score[]> {
  if ('scorePair' in scorer) {
    if (!example.pair) throw new Error('only pairs of texts can be asked of a classifier of pairs');
    return await scorer.scorePair(example.pair);
  }
  const scores: Score[] = [];
  for (const { context, continuation } of example.choices) scores.push(await scorer.score(context, continuation));
  return scores;
}
