// Every statistic over depth, once: its words, what is reduced on the device, and how the partial
// sums become the number. Partials are plain sums of squares, so that micro-batches and workers add up
// before anything is finished. Formulas: methods.md section 3.

import type { StatisticDescriptor } from '../experiment/catalogue';
import { square } from '../graph/elementwise';
import { total } from '../graph/reduce';
import type { Value } from '../graph/value';

/** The values of one sublayer (or of the embedding, where only `output` exists) that forward reductions may use. */
export interface ObservedValues {
  readonly output: Value;
  readonly branch?: Value;
  readonly stream?: Value;
  readonly sum?: Value;
}

/** One sublayer's partials after micro-batches and workers are combined, and its parameters' sums. */
export interface StatisticCell {
  /** A reduced value by name; NaN where the run was not measured. */
  partial(name: string): number;
  /** Elements of the stream that the partials were summed over. */
  readonly elements: number;
  readonly microBatches: number;
  readonly gradientSquares: number;
  readonly weightSquares: number;
  readonly updateSquares: number;
}

export interface Statistic {
  readonly descriptor: StatisticDescriptor;
  /** Which rows have it: layers only, everything with a stream (embedding too), or everything with parameters. */
  readonly rows: 'layers' | 'streams' | 'parameters';
  readonly forward?: Readonly<Record<string, (values: ObservedValues) => Value>>;
  readonly backward?: Readonly<Record<string, (values: ObservedValues, cotangentOf: (value: Value) => Value | undefined) => Value>>;
  /** The number for these sublayers together; the last one is the side that the next layer sees. */
  finish(cells: readonly StatisticCell[]): number;
}

const squares = (value: Value | undefined): Value => {
  if (!value) throw new Error('this statistic needs a value that the sublayer does not have');
  return total(square(value));
};
const sumOver = (cells: readonly StatisticCell[], of: (cell: StatisticCell) => number): number =>
  cells.reduce((sum, cell) => sum + of(cell), 0);
const last = (cells: readonly StatisticCell[]): StatisticCell => {
  const cell = cells.at(-1);
  if (!cell) throw new Error('a statistic needs at least one cell');
  return cell;
};

/** In the order in which they are offered; the first is what a dashboard opens with. */
export const STATISTICS: readonly Statistic[] = [
  {
    descriptor: {
      name: 'gradient_rms',
      title: 'Gradient RMS',
      formula: '√mean((∂L/∂x_l)²), L = mean over tokens',
      unit: '1',
      documentation: 'Size of the loss gradient at the stream after each sublayer: vanishing or exploding over depth.',
      scale: 'log',
      split: true,
    },
    rows: 'streams',
    backward: { gradientSquares: (values, cotangentOf) => squares(cotangentOf(values.output)) },
    // Each micro-batch differentiates its own mean; the step's loss is the mean of those.
    finish: (cells) => Math.sqrt(last(cells).partial('gradientSquares') / last(cells).elements) / last(cells).microBatches,
  },
  {
    descriptor: {
      name: 'activation_rms',
      title: 'Activation RMS',
      formula: '√mean(x_l²) after layer l',
      unit: '1',
      documentation: 'Size of the stream after each sublayer. Grows with depth under Pre-LN; constant by construction after a Post-LN.',
      scale: 'log',
      split: true,
    },
    rows: 'streams',
    forward: { outputSquares: (values) => squares(values.output) },
    finish: (cells) => Math.sqrt(last(cells).partial('outputSquares') / last(cells).elements),
  },
  {
    descriptor: {
      name: 'residual_sum_rms',
      title: 'Residual-sum RMS',
      formula: '√mean((α·x + f(x))²), before its LN',
      unit: '1',
      documentation:
        'Size of the residual sum before it is normalised: what a Post-LN picture must show, since its activations are constant.',
      scale: 'log',
      split: true,
    },
    rows: 'layers',
    forward: { sumSquares: (values) => squares(values.sum) },
    finish: (cells) => Math.sqrt(sumOver(cells, (cell) => cell.partial('sumSquares')) / sumOver(cells, (cell) => cell.elements)),
  },
  {
    descriptor: {
      name: 'branch_ratio',
      title: 'Branch ratio',
      formula: '‖f(x_l)‖ / ‖α·x_l‖',
      unit: '1',
      documentation: 'What a sublayer adds against what it adds to. Far below 1: the layer does nothing.',
      scale: 'log',
      split: true,
    },
    rows: 'layers',
    forward: { branchSquares: (values) => squares(values.branch), streamSquares: (values) => squares(values.stream) },
    finish: (cells) =>
      Math.sqrt(sumOver(cells, (cell) => cell.partial('branchSquares')) / sumOver(cells, (cell) => cell.partial('streamSquares'))),
  },
  {
    descriptor: {
      name: 'gradient_norm',
      title: 'Parameter-gradient norm',
      formula: '‖∂L/∂θ_l‖',
      unit: '1',
      documentation: 'Norm of the parameter gradient, before clipping: imbalance over depth.',
      scale: 'log',
      split: true,
    },
    rows: 'parameters',
    finish: (cells) => Math.sqrt(sumOver(cells, (cell) => cell.gradientSquares)),
  },
  {
    descriptor: {
      name: 'weight_norm',
      title: 'Weight norm',
      formula: '‖θ_l‖',
      unit: '1',
      documentation: 'Norm of the parameters after the step.',
      scale: 'log',
      split: true,
    },
    rows: 'parameters',
    finish: (cells) => Math.sqrt(sumOver(cells, (cell) => cell.weightSquares)),
  },
  {
    descriptor: {
      name: 'update_ratio',
      title: 'Update ratio',
      formula: '‖Δθ_l‖ / ‖θ_l‖, the real step taken',
      unit: '1',
      documentation: 'How far a step moves the parameters. About 10⁻³ is healthy; far below, the layer does not learn.',
      scale: 'log',
      split: true,
    },
    rows: 'parameters',
    finish: (cells) => Math.sqrt(sumOver(cells, (cell) => cell.updateSquares) / sumOver(cells, (cell) => cell.weightSquares)),
  },
];
