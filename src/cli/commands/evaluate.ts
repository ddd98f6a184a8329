// `fathom evaluate`: a task's official file over a run's newest checkpoint; or all results of a folder of
// runs side by side.

import path from 'node:path';
import { openScorer, type WhichModel } from '../../evaluate/opening';
import { EVALUATION_FORMAT, type EvaluationResult, readResults, writeResult } from '../../evaluate/results';
import { runTask } from '../../evaluate/run';
import type { Metrics, Task } from '../../evaluate/task';
import { TASKS } from '../../evaluate/tasks';
import { Failure } from '../../experiment/failure';
import { listRuns } from '../../experiment/runDirectory';
import type { Arguments } from '../arguments';
import { type Command, type Context, RUNS_OPTION, STEP_OPTION, WEIGHTS_OPTION } from '../command';
import { grouped, millions } from '../display/numbers';
import { table } from '../display/table';
import { type Line, type Piece, printable } from '../display/text';
import { required, whichModel, wholeNumber } from '../optionValues';
import { findRun, runsOf, shortPath } from '../runs';
import { LiveLines, writeLine, writeLines } from '../terminal';

/** At most this often, or a quick model would spend its time drawing. */
const DRAW_EVERY_MS = 100;

export const evaluate: Command = {
  spec: {
    name: 'evaluate',
    summary: 'Measure a run on a task without training for it, or compare all results.',
    words: [],
    optionalWords: ['run'],
    options: [
      { name: 'task', value: 'NAME', help: `one of ${TASKS.map(({ name }) => name).join(', ')}` },
      { name: 'data', value: 'FILE', help: 'the official file of the task' },
      { name: 'labels', value: 'FILE', help: 'the file of right answers, where the task has one of its own' },
      { name: 'limit', value: 'N', help: 'only the first N examples' },
      { name: 'table', help: 'all results of a folder of runs (named like a run, or the nearest .fathom/runs) with parameter counts' },
      { name: 'json', help: 'the result, or the table, as JSON' },
      { name: 'progress', help: 'how far it is as lines of JSON on standard error, for programs' },
      STEP_OPTION,
      WEIGHTS_OPTION,
      RUNS_OPTION,
    ],
    details: [
      'Likelihoods are cut and compared as lm-evaluation-harness does it. Tasks and their files:',
      ...TASKS.map(({ name, files }) => `  ${[name.padEnd(12), files.data, ...(files.labels ? [`; ${files.labels}`] : [])].join('')}`),
    ].join('\n'),
  },
  async run(args, context) {
    if (args.has('table')) return await tellTable(args, context);
    const [word] = args.words;
    if (word === undefined)
      throw new Failure('usage-missing-word', { command: 'evaluate', word: 'run', usage: 'fathom evaluate <run> [options]' });
    const task = taskOf(required(args, this.spec, 'task'));
    const data = path.resolve(context.cwd, required(args, this.spec, 'data'));
    const labels = task.files.labels === undefined ? undefined : path.resolve(context.cwd, required(args, this.spec, 'labels'));
    const limit = wholeNumber(args, 'limit', 1);
    const directory = await findRun(word, context.cwd, runsOf(context.cwd, args.value(RUNS_OPTION.name)));
    const files = { data, ...(labels !== undefined && { labels }) };
    const result = await measure(task, { directory, which: whichModel(args) }, files, limit, args.has('progress'), context);
    const file = await writeResult(directory, result);
    if (args.has('json')) {
      context.terminal.write(`${JSON.stringify({ ...result, file }, undefined, 2)}\n`);
      return 0;
    }
    writeLines(context.terminal, resultLines(task, result));
    writeLine(context.terminal, { text: `written to ${shortPath(file, context.cwd)}`, style: 'dim' });
    return 0;
  },
};

function taskOf(name: string): Task {
  const task = TASKS.find((known) => known.name === name);
  if (!task) throw new Failure('usage-unknown-task', { value: name, choices: TASKS.map((known) => known.name).join(', ') });
  return task;
}

async function measure(
  task: Task,
  { directory, which }: { readonly directory: string; readonly which: WhichModel },
  files: { readonly data: string; readonly labels?: string },
  limit: number | undefined,
  spoken: boolean,
  { terminal }: Context,
): Promise<EvaluationResult> {
  const examples = await task.read(files, limit ?? Number.POSITIVE_INFINITY);
  const begun = performance.now();
  const { scorer, step, parameters, engine, broken, close } = await openScorer(directory, task, which);
  for (const { problem } of broken) terminal.writeError(`fathom: ${problem.message}\n`);
  const live = terminal.interactive && !spoken ? new LiveLines(terminal) : undefined;
  let drawn = 0;
  try {
    const outcome = await runTask(task, examples, scorer, (done) => {
      if (performance.now() - drawn < DRAW_EVERY_MS) return;
      drawn = performance.now();
      if (spoken) terminal.writeError(`${JSON.stringify({ done, of: examples.length })}\n`);
      live?.draw([[`${task.title}  ${grouped(done)}/${grouped(examples.length)}`]]);
    });
    const seconds = Math.round(performance.now() - begun) / 1000;
    const limited = limit === undefined ? {} : { limit };
    const averaged = which.weights === 'averaged' ? { weights: which.weights } : {};
    return { format: EVALUATION_FORMAT, task: task.name, step, ...averaged, ...outcome, ...limited, parameters, ...files, engine, seconds };
  } finally {
    live?.close();
    await close();
  }
}

export function resultLines(task: Task, result: EvaluationResult): Line[] {
  const { step, examples, limit, shortened, metrics } = result;
  const of = limit === undefined ? '' : ` (the first ${grouped(limit)} asked for)`;
  const average = result.weights ? ', averaged weights' : '';
  const facts = `  step ${grouped(step)}${average} · ${grouped(examples)} examples${of} · ${millions(result.parameters)} parameters`;
  const rows = Object.entries(metrics).map(([name, value]) => [name, shown(name, value)]);
  const lost =
    shortened > 0
      ? [[{ text: `${grouped(shortened)} examples lost their left end: the context is too short for them`, style: 'yellow' } as const]]
      : [];
  return [
    [
      { text: task.title, style: 'bold' },
      { text: facts, style: 'dim' },
    ],
    ...table(
      [
        { title: '', align: 'left' },
        { title: '', align: 'right' },
      ],
      rows,
    ),
    ...lost,
  ];
}

/** Shares in percent, as papers print them. */
function shown(name: string, value: number | null | undefined): string {
  if (typeof value !== 'number') return '–';
  return name === 'perplexity' ? Number(value.toPrecision(4)).toLocaleString('en-US') : `${(100 * value).toFixed(2)} %`;
}

async function tellTable(args: Arguments, { terminal, cwd }: Context): Promise<number> {
  const folder = runsOf(cwd, args.words[0] ?? args.value(RUNS_OPTION.name));
  const entries = await listRuns(folder);
  const found = await Promise.all(entries.map(async ({ directory }) => ({ directory, results: await readResults(directory) })));
  const evaluated = found.flatMap(byWeights).filter(({ results }) => results.length > 0);
  if (args.has('json')) terminal.write(`${JSON.stringify(evaluated.map(jsonOf), undefined, 2)}\n`);
  else if (evaluated.length === 0) writeLine(terminal, `No results of evaluations in ${shortPath(folder, cwd)}.`);
  else writeLines(terminal, tableLines(evaluated));
  return 0;
}

interface EvaluatedRun {
  readonly directory: string;
  readonly weights?: 'averaged';
  readonly results: readonly EvaluationResult[];
}

/** A run's results with its trained weights, and those with the averaged. */
function byWeights({ directory, results }: EvaluatedRun): EvaluatedRun[] {
  return [
    { directory, results: results.filter((result) => result.weights === undefined) },
    { directory, weights: 'averaged', results: results.filter((result) => result.weights === 'averaged') },
  ];
}

/** What `tableLines` shows, with every metric. */
function jsonOf({ directory, weights, results }: EvaluatedRun) {
  const newest = TASKS.flatMap(({ name }) => results.findLast((result) => result.task === name) ?? []);
  return { run: path.basename(directory), ...(weights && { weights }), parameters: results.at(-1)?.parameters, results: newest };
}

/** A line for each run and each of its weights: its newest result of every task that any of them has. */
export function tableLines(runs: readonly EvaluatedRun[]): Line[] {
  const tasks = TASKS.filter(({ name }) => runs.some(({ results }) => results.some((result) => result.task === name)));
  const columns = tasks.flatMap((task) =>
    (task.name === 'lambada' ? ([task.headline, 'perplexity'] as const) : ([task.headline] as const)).map((metric) => ({ task, metric })),
  );
  const titles = [
    'run',
    'parameters',
    ...columns.map(({ task, metric }) => (metric === 'accuracy' ? task.name : `${task.name} ${metric}`)),
  ];
  const rows = runs.map(({ directory, weights, results }): (Piece | string)[] => [
    printable(path.basename(directory)) + (weights ? ` (${weights})` : ''),
    millions(results.at(-1)?.parameters ?? Number.NaN),
    ...columns.map(({ task, metric }) =>
      cell(
        results.findLast((result) => result.task === task.name),
        metric,
      ),
    ),
  ]);
  return table(
    titles.map((title, i) => ({ title, align: i === 0 ? 'left' : 'right' })),
    rows,
  );
}

/** A star marks a result of the first examples only. */
function cell(result: EvaluationResult | undefined, metric: keyof Metrics): string {
  if (!result) return '';
  return shown(metric, result.metrics[metric]) + (result.limit === undefined ? '' : '*');
}
