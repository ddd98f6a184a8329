// Results of evaluations as a table of checkpoints by tasks, and as curves over training steps. Pure.

import type { Evaluation } from '../../src/experiment/view';
import type { TaskFacts } from '../../src/protocol/messages';
import type { ChartLine } from '../runs/lines';
import { toneClass } from '../runs/lines';

/** A column of the table. */
export interface ScoredTask {
  readonly name: string;
  readonly title: string;
  readonly headline: string;
  readonly chance: number | undefined;
}

/** A row: one checkpoint, its trained weights or their average. */
export interface ScoredCheckpoint {
  readonly step: number;
  readonly averaged: boolean;
  /** By task. */
  readonly results: ReadonlyMap<string, Evaluation>;
}

/** Shares of examples that are right or not, each by itself. */
const SHARES: ReadonlySet<string> = new Set(['accuracy', 'accuracy_norm']);

/**
 * Standard error of a share p of n examples, each right or wrong: √(p(1 − p)/(n − 1)), the sample deviation
 * over √n as lm-evaluation-harness gives it. Undefined for a metric that is no such share, or below 2 examples.
 */
export function standardError(metric: string, value: number, examples: number): number | undefined {
  return SHARES.has(metric) && examples > 1 ? Math.sqrt((value * (1 - value)) / (examples - 1)) : undefined;
}

/** Shares in percent, as papers print them; perplexities as they are. */
export function scoreText(metric: string, value: number | null | undefined, examples: number): string {
  if (typeof value !== 'number') return '–';
  if (metric === 'perplexity') return String(Number(value.toPrecision(4)));
  const error = standardError(metric, value, examples);
  return `${(100 * value).toFixed(2)}${error === undefined ? '' : ` ± ${(100 * error).toFixed(2)}`} %`;
}

/** Tasks with a result, in the order in which this version knows them; unknown ones after them. */
export function scoredTasks(evaluations: readonly Evaluation[], tasks: readonly TaskFacts[]): ScoredTask[] {
  const names = new Set(evaluations.map(({ task }) => task));
  const known = tasks.filter(({ name }) => names.has(name));
  const others = [...names].filter((name) => !tasks.some((task) => task.name === name));
  return [
    ...known.map(({ name, title, headline, chance }) => ({ name, title, headline, chance })),
    ...others.map((name) => ({ name, title: name, headline: 'accuracy', chance: undefined })),
  ];
}

/** Newest checkpoint first, an average after the weights it is of. */
export function scoredCheckpoints(evaluations: readonly Evaluation[]): ScoredCheckpoint[] {
  const rows = new Map<string, { step: number; averaged: boolean; results: Map<string, Evaluation> }>();
  for (const result of evaluations) {
    const { step, averaged, task } = result;
    const key = `${step} ${averaged}`;
    const row = rows.get(key) ?? { step, averaged, results: new Map() };
    rows.set(key, row);
    row.results.set(task, result);
  }
  return [...rows.values()].sort((one, other) => other.step - one.step || Number(one.averaged) - Number(other.averaged));
}

/** Each task's share over steps, in percent, and the shares that guessing gets; tasks that are no share have none. */
export function scoreLines(
  tasks: readonly ScoredTask[],
  rows: readonly ScoredCheckpoint[],
  chanceName: (titles: string) => string,
): ChartLine[] {
  const guessed = new Map<number, string[]>();
  const scored = tasks.flatMap(({ name, title, headline, chance }, tone): ChartLine[] => {
    if (!SHARES.has(headline)) return [];
    const lines = [false, true].flatMap((averaged): ChartLine[] => {
      const points = rows
        .flatMap(({ step, averaged: other, results }) => {
          const value = results.get(name)?.metrics[headline];
          return other === averaged && typeof value === 'number' ? [{ step, value: 100 * value }] : [];
        })
        .reverse();
      if (points.length < 2) return [];
      return [line(averaged ? `${title} (EMA)` : title, `${toneClass(tone)}${averaged ? ' second' : ''}`, points)];
    });
    if (chance !== undefined && lines.length > 0) guessed.set(chance, [...(guessed.get(chance) ?? []), title]);
    return lines;
  });
  const steps = scored.flatMap(({ x }) => [...x]);
  const ends = [Math.min(...steps), Math.max(...steps)];
  const chances = [...guessed].map(([chance, titles]) =>
    line(
      chanceName(titles.join(', ')),
      'chance-line',
      ends.map((step) => ({ step, value: 100 * chance })),
    ),
  );
  return [...scored, ...chances];
}

function line(name: string, lineClass: string, points: readonly { readonly step: number; readonly value: number }[]): ChartLine {
  const steps = Float64Array.from(points, ({ step }) => step);
  const values = Float32Array.from(points, ({ value }) => value);
  const curve = { source: { scalar: name }, steps, minimum: values, maximum: values, flags: new Uint8Array(steps.length) };
  return { name, class: lineClass, curve: { ...curve, from: 0, to: Number.POSITIVE_INFINITY, smoothing: 0, origin: {} }, x: steps };
}
