// The page of a study: what was run, how every cell ended by which rules, and how it looked over depth.
// Everything in it comes from the study file and the run directories, so anyone can make it again.

import type { ExperimentConfig } from '../experiment/config';
import type { FieldPath } from '../experiment/field';
import { FIELDS } from '../experiment/fields';
import { render } from '../experiment/messages';
import type { Study } from '../experiment/study';
import { code, plain, table } from './markdown';
import { overDepth, type RunFacts } from './runFacts';
import { type FoundCell, type StudyCell, type StudyGrid, studyGrid } from './study';
import { studyPictures } from './studyPictures';
import { finalLoss, RULES, uniformLoss, unigramEntropy } from './verdict';

export interface PageFile {
  readonly name: string;
  readonly text: string;
}

/** Fields that a reader asks for first; those on an axis are said to vary. */
const TOLD: readonly FieldPath[] = [
  'model.layers',
  'model.hidden',
  'model.heads',
  'model.context',
  'data.source',
  'data.tokeniser',
  'training.steps',
  'training.batch',
  'training.accumulation',
  'optimiser.name',
  'optimiser.learningRate',
  'optimiser.layerRate',
  'optimiser.weightDecay',
  'optimiser.clip',
  'schedule.name',
  'schedule.warmup',
  'seed',
];

/**
 * `README.md` and the pictures that it shows.
 * @param found the study's cells, in the order of `cellsOf`
 * @param notes Markdown that somebody wrote about the study, to stand before the tables
 */
export function studyPage(study: Study, found: readonly FoundCell[], notes?: string): readonly PageFile[] {
  const grid = studyGrid(study, found);
  const pictures = studyPictures(grid);
  const runs = grid.cells.flat().flatMap(({ run }) => (run ? [run] : []));
  const finished = runs.filter(({ state }) => state === 'finished').length;
  const sections = [
    `# ${plain(study.name)}`,
    `${study.axes.map(({ field, values }) => `${values.length} × \`${field}\``).join(', ')}: ${found.length} cells, ` +
      `${finished} of them finished. Made by \`fathom study\` from the run directories alone.`,
    ...(notes === undefined ? [] : [notes.trim()]),
    '## Outcome',
    'The last validation loss in nats per token, and a verdict.',
    table(
      ['', ...grid.columns.map(plain)],
      grid.cells.map((row, r) => [`**${plain(grid.rows[r] ?? '')}**`, ...row.map(outcome)]),
    ),
    ...yardsticks(runs),
    '## What was run',
    facts(study, runs),
    code(study.text, 'jsonc'),
    ...(study.baseFile === undefined ? [] : [`\`${study.baseFile}\`:`, code(study.base, 'jsonc')]),
    '## Cells',
    'Gradient: RMS of the loss gradient at the stream after the first layer, divided by that after the last, at the first recorded ' +
      'step. Update: the smallest update ratio ‖Δθ‖ / ‖θ‖ of any layer at the last recorded step. Alerts: what the watchdog raised ' +
      'while the run trained, each kind with its first step.',
    details(grid),
    ...remarks(grid),
    ...(pictures.length === 0 ? [] : ['## Pictures']),
    ...pictures.flatMap(({ name, title, caption }) => [`![${title}](${name})`, caption]),
  ];
  return [{ name: 'README.md', text: `${sections.join('\n\n')}\n` }, ...pictures.map(({ name, svg }) => ({ name, text: svg }))];
}

function outcome({ run, verdict }: StudyCell): string {
  const loss = run && finalLoss(run);
  const words = verdict === 'learns' ? '**learns**' : verdict;
  return loss === undefined ? words : `${Number.isFinite(loss) ? loss.toFixed(3) : loss} ${words}`;
}

function yardsticks(runs: readonly RunFacts[]): string[] {
  const [run] = runs;
  const unigram = runs.map(unigramEntropy).find((value) => value !== undefined);
  const bigram = runs.map(({ record }) => record.metrics['entropy/bigram']).find((value) => value !== undefined);
  if (!run) return [];
  const known = [
    `guessing, ln V: ${uniformLoss(run).toFixed(3)}`,
    ...(unigram === undefined ? [] : [`unigram entropy of the validation text: ${unigram.toFixed(3)}`]),
    ...(bigram === undefined ? [] : [`bigram entropy: ${bigram.toFixed(3)}`]),
  ];
  return [`Yardsticks, in nats: ${known.join('; ')}.`, 'Verdicts, the first that holds:', rules()];
}

function rules(): string {
  const invalid = ['invalid', 'validation refuses the configuration; nothing was run'] as const;
  const notRun = ['not run', 'there is no run of this cell yet'] as const;
  return [invalid, notRun, ...Object.entries(RULES)].map(([name, rule], i) => `${i + 1}. *${name}*: ${rule}.`).join('\n');
}

function facts({ axes }: Study, runs: readonly RunFacts[]): string {
  const [run] = runs;
  if (!run) return 'Nothing yet.';
  const varied = new Set(axes.map(({ field }) => field));
  const fields = TOLD.map((field) => [
    `\`${field}\``,
    varied.has(field) ? 'varied' : `${plain(String(valueAt(run.config, field)))}${unitOf(field)}`,
  ]);
  const parameters = runs.flatMap(({ record }) => (record.parameters === undefined ? [] : [record.parameters]));
  const engines = new Set(runs.flatMap(({ record: { engine } }) => (engine ? [`${engine.name} ${engine.version}`] : [])));
  const seconds = runs.map((each) => each.seconds).sort((a, b) => a - b);
  const measured = [
    ['parameters', range(parameters)],
    ['engine', plain([...engines].join(', '))],
    [
      'seconds in training steps',
      `${seconds.reduce((a, b) => a + b, 0).toFixed(0)} in all; ${range(seconds.map(Math.round))} for each run`,
    ],
  ];
  return table(['', ''], [...fields, ...measured]);
}

/** The last part of a path only: where a corpus lies is nobody's business. */
function valueAt(config: ExperimentConfig, field: FieldPath): unknown {
  const value = field.split('.').reduce<unknown>((part, key) => (part as Readonly<Record<string, unknown>>)[key], config);
  return field === 'data.source' ? String(value).split(/[/\\]/).at(-1) : value;
}

function unitOf(field: FieldPath): string {
  const description = FIELDS[field];
  return 'unit' in description && description.unit !== undefined ? ` ${description.unit}` : '';
}

function range(values: readonly number[]): string {
  if (values.length === 0) return '–';
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => value.toLocaleString('en-US'));
  return low === high ? `${low}` : `${low} to ${high}`;
}

function details({ rows, columns, cells }: StudyGrid): string {
  const titles = ['cell', 'verdict', 'step', 'first loss', 'last loss', 'validation', 'gradient', 'update', 'alerts', 'seconds', 'run'];
  const lines = cells.flatMap((row, r) =>
    row.map(({ run, verdict }, c) => {
      const name = plain([rows[r], columns[c]].filter((part) => part).join(' × '));
      if (!run) return [name, verdict, '', '', '', '', '', '', '', '', ''];
      const { record, training, seconds, first, last } = run;
      const gradient = overDepth(first, 'gradient_rms');
      const numbers = [training[0]?.[1], training.at(-1)?.[1], finalLoss(run)].map((loss) => loss?.toFixed(3) ?? '–');
      const ratios = [ratio(gradient[0], gradient.at(-1)), smallest(overDepth(last, 'update_ratio'))];
      return [name, verdict, String(record.step), ...numbers, ...ratios, alertsOf(run), seconds.toFixed(0), `\`${record.id}\``];
    }),
  );
  return table(titles, lines, 'right');
}

/** Each kind once, with the step at which it was first raised; when it was over again is left to the dashboard. */
function alertsOf({ alerts }: RunFacts): string {
  const raised = alerts.filter(({ code }) => !code.endsWith('-over'));
  const first = raised.filter(({ code }, i) => raised.findIndex((other) => other.code === code) === i);
  return first.map(({ code, step }) => `${plain(code)} (${step})`).join(', ');
}

const ratio = (over: number | undefined, under: number | undefined): string =>
  over === undefined || under === undefined ? '–' : short(over / under);
const smallest = (values: readonly number[]): string => (values.length === 0 ? '–' : short(values.reduce((a, b) => Math.min(a, b))));
const short = (value: number): string => (Number.isFinite(value) ? value.toExponential(1) : String(value));

/** What validation had said before, and what ended runs early: one line for each, with the cells it is about. */
function remarks({ rows, columns, cells }: StudyGrid): string[] {
  const said = new Map<string, string[]>();
  for (const [r, row] of cells.entries()) {
    for (const [c, { findings, run }] of row.entries()) {
      const name = [rows[r], columns[c]].filter((part) => part).join(' × ');
      const texts = findings.filter(({ severity }) => severity !== 'hint').map(({ code, args }) => render(code, args));
      const error = run?.record.error;
      for (const text of [...texts, ...(error ? [error.message] : [])]) said.set(text, [...(said.get(text) ?? []), name]);
    }
  }
  if (said.size === 0) return [];
  const lines = [...said].map(([text, names]) => `- ${plain(text)} (${names.map(plain).join('; ')})`);
  return ['What Fathom itself said about cells, before the run or at its end:', lines.join('\n')];
}
