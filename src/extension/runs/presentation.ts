// How a run looks in a list: words, icon and the context that menus test. Free of `vscode`, so that
// the tree, the status bar and the tests share it.
import type { MessageArgs } from '../../experiment/messages';
import { isEnded } from '../../experiment/run';
import type { RunStatus } from '../../experiment/view';
import type { RunSummary } from '../../observe/runView';
import { CONFIGURATION_SUFFIX, RUN_CONTEXT } from '../contributions';
import type { Translate } from '../translate';
import { timeLeft } from './pace';

export type WatchedState = RunStatus['state'];

export interface RunIcon {
  /** A codicon. */
  readonly id: string;
  /** A theme colour, where the state deserves one. */
  readonly colour?: string;
}

const ICONS: Readonly<Record<WatchedState, RunIcon>> = {
  queued: { id: 'clock' },
  starting: { id: 'loading~spin', colour: 'charts.blue' },
  running: { id: 'play-circle', colour: 'charts.blue' },
  paused: { id: 'debug-pause', colour: 'charts.yellow' },
  finished: { id: 'pass', colour: 'charts.green' },
  stopped: { id: 'stop-circle' },
  failed: { id: 'error', colour: 'charts.red' },
  lost: { id: 'debug-disconnect', colour: 'charts.orange' },
  unreadable: { id: 'question', colour: 'charts.orange' },
  missing: { id: 'question' },
};

/** Whether there is a trainer, as far as anybody knows. */
export function isAlive(state: WatchedState): boolean {
  return state === 'starting' || state === 'running' || state === 'paused';
}

export function stateWord(state: WatchedState, t: Translate): string {
  switch (state) {
    case 'queued':
      return t('queued');
    case 'starting':
      return t('starting');
    case 'running':
      return t('running');
    case 'paused':
      return t('paused');
    case 'finished':
      return t('finished');
    case 'stopped':
      return t('stopped');
    case 'failed':
      return t('failed');
    case 'lost':
      return t('lost');
    case 'unreadable':
      return t('cannot be read');
    case 'missing':
      return t('deleted');
    default:
      return state satisfies never;
  }
}

/** `2.413`, `1.2e-5`; a number that JSON could not carry reads as such. */
export function formatMetric(value: number | null | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value === null || !Number.isFinite(value)) return String(value ?? Number.NaN);
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  return magnitude >= 0.01 && magnitude < 10_000 ? value.toFixed(3) : value.toExponential(2);
}

/** The last part of a path of either kind, which may end in a separator. */
function baseName(file: string): string {
  return file.split(/[\\/]/).findLast((part) => part !== '') ?? file;
}

/** What a person calls it, else its own name, else its folder's where `run.json` cannot be read. */
export function runLabel(status: RunSummary): string {
  return status.notes?.name ?? status.record?.name ?? baseName(status.directory);
}

/** The file that the run was started from, without folder and ending. */
export function configurationName({ record }: RunStatus): string | undefined {
  return record?.configuration === undefined ? undefined : baseName(record.configuration).replace(CONFIGURATION_SUFFIX, '');
}

/** Whether a newer Fathom wrote it, so that this one knows no more than that it is there. */
export function isNewer({ problems }: RunStatus): boolean {
  return problems.some(({ code }) => code === 'run-newer-format');
}

export function runIcon(status: RunStatus): RunIcon {
  if (isNewer(status)) return { id: 'versions' };
  const icon = status.state === 'running' && status.record?.alert ? { id: 'warning', colour: 'charts.orange' } : ICONS[status.state];
  return status.record?.kind === 'probe' && status.state === 'finished'
    ? { id: 'pulse', ...(icon.colour && { colour: icon.colour }) }
    : icon;
}

/** `★ step 120/400 · loss 2.413 · baseline`, led by the state wherever that is not plain training. */
export function runDescription(status: RunSummary, t: Translate): string {
  const parts: string[] = [];
  const { record, notes } = status;
  if (isNewer(status)) parts.push(t('written by a newer Fathom'));
  else if (status.state !== 'running') parts.push(stateWord(status.state, t));
  else if (record?.alert?.code === 'divergence') parts.push(t('diverging'));
  if (record?.kind === 'probe') parts.push(t('probe'));
  else if (record && (record.step > 0 || status.state === 'running')) {
    parts.push(t('step {step}/{steps}', { step: record.step, steps: record.steps }));
    const loss = formatMetric(record.metrics['loss/train']);
    if (loss !== undefined) parts.push(t('loss {loss}', { loss }));
  }
  if (record?.lineage) parts.push(t('fork of {run} at step {step}', { run: record.lineage.run, step: record.lineage.step }));
  if (notes) parts.push(...notes.tags);
  return (notes?.star ? '★ ' : '') + parts.join(' · ');
}

/** `120/400 · loss 2.413 · 5 min left`; empty where nothing is known yet. @param secondsLeft where it can be told */
export function progressWords({ record }: RunStatus, secondsLeft: number | undefined, t: Translate): string {
  if (!record || record.steps === 0) return '';
  const loss = formatMetric(record.metrics['loss/train']);
  const parts = [`${record.step}/${record.steps}`];
  if (loss !== undefined) parts.push(t('loss {loss}', { loss }));
  if (secondsLeft !== undefined) parts.push(timeLeft(secondsLeft, t));
  return parts.join(' · ');
}

/**
 * Rows of a tooltip: a name and a value each, in reading order.
 * @param inWords renders the codes of problems and errors
 */
export function runFacts(
  status: RunSummary,
  t: Translate,
  inWords: (code: string, args: MessageArgs) => string,
): readonly (readonly [string, string])[] {
  const facts: [string, string][] = [[t('State'), stateWord(status.state, t)]];
  const record = status.record;
  const own = [record?.error, record?.alert].filter((problem) => problem !== undefined);
  for (const { code, args } of [...own, ...status.problems]) facts.push([t('Problem'), inWords(code, args)]);
  if (record) {
    facts.push([t('Step'), t('{step} of {steps}', { step: record.step, steps: record.steps })]);
    const metric = (name: string, tag: string) => {
      const words = formatMetric(record.metrics[tag]);
      if (words !== undefined) facts.push([name, words]);
    };
    metric(t('Training loss'), 'loss/train');
    metric(t('Validation loss'), 'loss/validation');
    const speed = record.metrics.tokens_per_second;
    if (speed !== undefined && Number.isFinite(speed)) facts.push([t('Tokens per second'), Math.round(speed).toLocaleString('en')]);
    if (record.parameters !== undefined) facts.push([t('Parameters'), record.parameters.toLocaleString('en')]);
    if (record.engine) facts.push([t('Engine'), `${record.engine.name} ${record.engine.version}, ${record.engine.device}`]);
    for (let lineage = record.lineage; lineage; lineage = lineage.lineage)
      facts.push([t('Forked from'), t('{run}, step {step}', { run: lineage.run, step: lineage.step })]);
  }
  if (status.notes?.tags.length) facts.push([t('Tags'), status.notes.tags.join(', ')]);
  if (status.notes?.text) facts.push([t('Note'), status.notes.text]);
  facts.push([t('Folder'), status.directory]);
  return facts;
}

/** Words that menus look for in an item's context value. */
export function runContext(status: RunSummary): string {
  const words: string[] = [RUN_CONTEXT.run, status.notes?.star ? RUN_CONTEXT.starred : RUN_CONTEXT.plain];
  if (isAlive(status.state)) words.push(RUN_CONTEXT.alive);
  else if (status.state === 'queued') words.push(RUN_CONTEXT.queued);
  else words.push(RUN_CONTEXT.ended);
  if (status.state === 'running') words.push(RUN_CONTEXT.pausable);
  if (status.state === 'paused') words.push(RUN_CONTEXT.paused);
  if (canContinue(status)) words.push(RUN_CONTEXT.continuable);
  if (mayHaveCheckpoint(status)) words.push(RUN_CONTEXT.saved);
  return words.join(' ');
}

/** Whether its trainer is gone before its last step, so that a checkpoint may be worth continuing from. */
export function canContinue(status: RunStatus): boolean {
  return isEnded(status.state) && status.state !== 'finished' && status.record?.kind === 'run';
}

/** Whether it may have checkpoints. */
export function mayHaveCheckpoint(status: RunStatus): boolean {
  return status.record?.kind === 'run' && status.state !== 'queued';
}
