// The pictures of a study: its cells as small multiples, in the rows and columns of its table.

import { type Curve, overDepth, type RunFacts } from './runFacts';
import { scaleOver } from './scale';
import { type Axis, type Panel, smallMultiples } from './smallMultiples';
import type { StudyCell, StudyGrid } from './study';
import { COLOURS, type Svg } from './svg';
import { uniformLoss, unigramEntropy } from './verdict';

export interface Picture {
  /** File name. */
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly svg: Svg;
}

/** How far above the loss of guessing, in nats, a picture of losses reaches at most. */
const ABOVE_UNIFORM = 1;

const BEFORE = { name: 'first recorded step', colour: COLOURS.before };
const AFTER = { name: 'last recorded step', colour: COLOURS.after };
const TRAINING = { name: 'training', colour: COLOURS.before };
const VALIDATION = { name: 'validation', colour: COLOURS.after };

const PROFILES = [
  { statistic: 'gradient_rms', name: 'gradient.svg', title: 'Gradient RMS over depth', y: 'RMS', transform: 'log' },
  {
    statistic: 'residual_sum_rms',
    name: 'residual.svg',
    title: 'RMS of the residual sum over depth, before its norm',
    y: 'RMS',
    transform: 'log',
  },
  {
    statistic: 'token_cosine',
    name: 'tokens.svg',
    title: 'How alike the tokens of a sequence are over depth',
    y: 'cosine',
    transform: 'linear',
  },
] as const;

/** Losses, and a profile for each statistic that any run recorded; none without runs. */
export function studyPictures(grid: StudyGrid): readonly Picture[] {
  const runs = grid.cells.flat().flatMap(({ run }) => (run ? [run] : []));
  if (runs.length === 0) return [];
  const profiles = PROFILES.filter(({ statistic }) => runs.some(({ last }) => overDepth(last, statistic).length > 0));
  return [lossPicture(grid, runs), ...profiles.map((profile) => profilePicture(grid, runs, profile))];
}

function lossPicture(grid: StudyGrid, runs: readonly RunFacts[]): Picture {
  const curves = runs.flatMap(({ training, validation }) => [training, validation]);
  const unigram = runs.map(unigramEntropy).find((value) => value !== undefined);
  // One exploded run must not press all others flat.
  const highest = Math.max(...runs.map(uniformLoss)) + ABOVE_UNIFORM;
  const values = [...curves.flat().map(([, value]) => Math.min(value, highest)), ...(unigram === undefined ? [] : [unigram])];
  const caption =
    'Losses in nats per token over steps, one scale for all cells; ' +
    'what is above it is drawn on its upper end, a cross there marks what is not finite.';
  return pictureOf(grid, {
    name: 'loss.svg',
    title: 'Loss',
    caption,
    x: { name: 'step', scale: { transform: 'linear', low: 0, high: Math.max(1, ...curves.flat().map(([step]) => step)) } },
    y: { name: 'nats', scale: scaleOver('linear', values) },
    styles: [TRAINING, VALIDATION],
    guides: unigram === undefined ? [] : [{ value: unigram, name: 'unigram entropy' }],
    linesOf: ({ training, validation }) => [training, validation],
  });
}

function profilePicture(grid: StudyGrid, runs: readonly RunFacts[], profile: (typeof PROFILES)[number]): Picture {
  const { statistic, name, title, transform } = profile;
  const values = runs.flatMap(({ first, last }) => [...overDepth(first, statistic), ...overDepth(last, statistic)]);
  const layers = Math.max(2, ...runs.map(({ config }) => config.model.layers));
  const scale =
    transform === 'log' ? 'one logarithmic scale for all cells; what is smaller than its lower end lies on it' : 'one scale for all cells';
  const caption = `${title}, layer 1 to the last, ${scale}.`;
  return pictureOf(grid, {
    name,
    title,
    caption,
    x: { name: 'layer', scale: { transform: 'linear', low: 1, high: layers } },
    y: { name: profile.y, scale: scaleOver(transform, values) },
    styles: [BEFORE, AFTER],
    linesOf: ({ first, last }) =>
      [first, last].map((depth) => overDepth(depth, statistic).map((value, i): [number, number] => [i + 1, value])),
  });
}

interface Plan {
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly styles: readonly { readonly name: string; readonly colour: string }[];
  readonly guides?: readonly { readonly value: number; readonly name: string }[];
  /** One curve for each style. */
  linesOf(run: RunFacts): readonly Curve[];
}

function pictureOf({ rows, columns, cells }: StudyGrid, { name, title, caption, linesOf, ...plot }: Plan): Picture {
  const panel = ({ run, verdict }: StudyCell): Panel => ({
    note: verdict,
    lines: run ? linesOf(run).flatMap((points, i) => (plot.styles[i] ? [{ style: plot.styles[i], points }] : [])) : [],
  });
  const panels = cells.map((row) => row.map(panel));
  return { name, title, caption, svg: smallMultiples({ ...plot, title, rows, columns, panels }) };
}
