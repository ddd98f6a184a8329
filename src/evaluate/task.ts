// What a task is: how a file of it becomes texts to score, and what numbers the scores become.

import type { Score } from './scorer';

/** One text that an example asks the likelihood of. */
export interface Choice {
  readonly context: string;
  readonly continuation: string;
  /** Characters (code points) of the answer itself, by which a likelihood can be divided. */
  readonly characters: number;
}

/** Two texts of which it is asked whether they mean the same. */
export interface AskedPair {
  readonly first: string;
  readonly second: string;
}

export interface Example {
  readonly choices: readonly Choice[];
  /** Index of the right choice. */
  readonly answer: number;
  /** What an encoder is asked instead, whose two choices are no and yes. */
  readonly pair?: AskedPair;
}

/** An example with the score of each of its choices. */
export interface Scored {
  readonly example: Example;
  readonly scores: readonly Score[];
}

/** Shares are from 0 to 1; perplexity is per word. */
export type MetricName = 'accuracy' | 'accuracy_norm' | 'perplexity' | 'precision' | 'recall' | 'f1';
export type Metrics = Readonly<Partial<Record<MetricName, number>>>;

export interface TaskFiles {
  readonly data: string;
  readonly labels?: string;
}

export interface Task {
  readonly name: string;
  readonly title: string;
  /** One or two sentences: what is asked, what is scored, where the definition comes from. */
  readonly documentation: string;
  /** What the official files are called and hold. */
  readonly files: { readonly data: string; readonly labels?: string };
  /** The metric that stands for the task where there is room for one. */
  readonly headline: MetricName;
  /** Share of examples that guessing gets right; absent where the answer is no choice. */
  readonly chance?: number;
  /** Whether its examples are pairs, which an encoder that was trained for them can be asked. */
  readonly pairs?: true;
  /**
   * The first `limit` examples. Throws `Failure` `evaluation-…` naming file, line and remedy.
   */
  read(files: TaskFiles, limit: number): Promise<readonly Example[]>;
  metrics(scored: readonly Scored[]): Metrics;
}

/** The choice's own text, scored after a space, as the tasks have it. */
export function answerTo(context: string, answer: string): Choice {
  return { context, continuation: ` ${answer}`, characters: [...answer].length };
}
