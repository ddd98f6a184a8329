// What a run looks like while it trains: a few lines that are redrawn for a person who watches, single
// lines for a file or a pipe.

import { layerValues } from './depthRows';
import { bar } from './display/bar';
import { duration } from './display/durations';
import { compact, grouped, magnitude } from './display/numbers';
import { sparkline } from './display/sparkline';
import { type Line, type Piece, width } from './display/text';
import type { RunProgress } from './follow';

/** The depth statistic that shows at a glance where training breaks: vanishing or exploding gradients. */
const DEPTH_STATISTIC = 'gradient_rms';
const LABEL_COLUMNS = 15;

export interface LiveOptions {
  /** Name of the run and what it trains. */
  readonly title: Line;
  readonly columns: number;
  /** Whether a person has asked it to stop. */
  readonly stopping: boolean;
}

/** The lines of the live display, none wider than `columns`. */
export function liveLines(progress: RunProgress, options: LiveOptions): Line[] {
  return [
    options.title,
    progressLine(progress, options),
    ...lossLine(progress, options.columns),
    ...depthLine(progress, options.columns),
    ...alertLine(progress),
    footLine(progress, options.stopping),
  ];
}

function progressLine(progress: RunProgress, { columns }: LiveOptions): Line {
  const { step, steps, secondsLeft } = progress;
  const share = steps > 0 ? step / steps : 0;
  const after: Line = [
    { text: `  ${grouped(step)}/${grouped(steps)}`, style: 'bold' },
    `  ${String(Math.floor(100 * share)).padStart(3)} %  `,
    stateWord(progress) ?? (secondsLeft === undefined ? '' : `${duration(secondsLeft)} left`),
  ];
  return [...bar(share, Math.max(8, Math.min(60, columns - 1 - Math.max(36, width(after))))), ...after];
}

/** What to say in place of the time left. */
function stateWord({ status }: RunProgress): Piece | undefined {
  switch (status.state) {
    case 'running':
      return undefined;
    case 'paused':
      return { text: 'paused', style: 'yellow' };
    case 'finished':
    case 'stopped':
      return { text: status.state, style: 'green' };
    case 'failed':
    case 'lost':
    case 'missing':
    case 'unreadable':
      return { text: status.state, style: 'red' };
    default:
      return { text: `${status.state} …`, style: 'dim' };
  }
}

function lossLine({ metrics, losses }: RunProgress, columns: number): Line[] {
  const loss = metrics['loss/train'];
  if (loss === undefined) return [];
  const validation = metrics['loss/validation'];
  const after = validation === undefined ? '' : `  validation ${validation.toFixed(4)}`;
  const room = Math.min(60, columns - 1 - LABEL_COLUMNS - after.length);
  const { line } = sparkline(losses, { columns: room, scale: 'linear', least: 0.1 });
  return [[label('loss', loss.toFixed(4)), ...line, { text: after, style: 'bold' }]];
}

function depthLine({ depth }: RunProgress, columns: number): Line[] {
  const layers = depth && layerValues(depth, DEPTH_STATISTIC);
  if (!layers || layers.length === 0) return [];
  const range = rangeOf(layers);
  const last = ` ${layers.length}`;
  const room = Math.min(100, columns - 1 - LABEL_COLUMNS - 2 - last.length - range.length);
  const { line } = sparkline(layers, { columns: room, scale: 'log', least: 10 });
  return [[label('gradient', 'RMS'), { text: '1 ', style: 'dim' }, ...line, { text: last, style: 'dim' }, range]];
}

/** `  2.1e-6 … 3.4e-4`, and how many layers are not finite. */
export function rangeOf(layers: readonly number[]): string {
  const { minimum, maximum, nonFinite } = sparkline(layers, { columns: 0, scale: 'log', least: 10 });
  const range = nonFinite === layers.length ? '' : `  ${magnitude(minimum)} … ${magnitude(maximum)}`;
  return nonFinite > 0 ? `${range}  ${nonFinite} not finite` : range;
}

/** The newest one. */
function alertLine({ alerts }: RunProgress): Line[] {
  const newest = alerts.at(-1);
  return newest ? [[{ text: newest.words, style: 'yellow' }]] : [];
}

function footLine({ metrics }: RunProgress, stopping: boolean): Line {
  const { lr, gradient_norm: norm, tokens_per_second: speed } = metrics;
  const facts = [
    ...(lr === undefined ? [] : [`lr ${magnitude(lr)}`]),
    ...(norm === undefined ? [] : [`gradient norm ${magnitude(norm)}`]),
    ...(speed === undefined ? [] : [`${compact(speed)} tokens/s`]),
  ];
  const keys = stopping
    ? 'stopping after this step, with a checkpoint; Ctrl-C again leaves it to itself'
    : 'Ctrl-C stops, with a checkpoint';
  return [{ text: [...facts, keys].join(' · '), style: 'dim' }];
}

function label(name: string, value: string): string {
  return `${name} ${value.padStart(LABEL_COLUMNS - 2 - name.length)} `;
}

/** One line for a log: `step 152/300  loss 2.6413  …`. */
export function plainLine({ step, steps, metrics, secondsLeft }: RunProgress): string {
  const { 'loss/train': loss, lr, tokens_per_second: speed } = metrics;
  return [
    `step ${step}/${steps}`,
    ...(loss === undefined ? [] : [`loss ${loss.toFixed(4)}`]),
    ...(lr === undefined ? [] : [`lr ${magnitude(lr)}`]),
    ...(speed === undefined ? [] : [`${compact(speed)} tokens/s`]),
    ...(secondsLeft === undefined ? [] : [`${duration(secondsLeft)} left`]),
  ].join('  ');
}
