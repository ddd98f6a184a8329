// Every statistic over depth, once: its words, what is reduced on the device, and how the partials
// become the number. Formulas: methods.md section 3.

import { constant } from '../graph/constant';
import { add, log, multiply, square } from '../graph/elementwise';
import { maximum, nonFinite } from '../graph/observation';
import { total } from '../graph/reduce';
import type { Value } from '../graph/value';
import { pairCosines, turned } from './similarity';
import { largest, type Reduction, type Statistic, type StatisticCell, summed } from './statistic';

const squares = (value: Value | undefined): Value => {
  if (!value) throw new Error('this statistic needs a value that the sublayer does not have');
  return total(square(value));
};
/** Below every weight that a softmax gives but 0, so that 0·log 0 is 0. */
const TINY = 1e-37;
const negativeEntropy = (weights: Value): Value => total(multiply(weights, log(add(weights, constant(TINY)))));

const sumOver = (cells: readonly StatisticCell[], of: (cell: StatisticCell) => number): number =>
  cells.reduce((sum, cell) => sum + of(cell), 0);
const last = (cells: readonly StatisticCell[]): StatisticCell => {
  const cell = cells.at(-1);
  if (!cell) throw new Error('a statistic needs at least one cell');
  return cell;
};

const first = (cells: readonly StatisticCell[]): StatisticCell => {
  const [cell] = cells;
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
      source: 'Glorot & Bengio 2010, AISTATS 9:249',
      scale: 'log',
      split: true,
    },
    rows: 'streams',
    backward: { gradientSquares: summed((values, cotangentOf) => squares(cotangentOf(values.output))) },
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
      source: 'Glorot & Bengio 2010, AISTATS 9:249',
      scale: 'log',
      split: true,
    },
    rows: 'streams',
    forward: { outputSquares: summed((values) => squares(values.output)) },
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
      source: 'Fathom’s own; what the LayerNorm of arXiv 1706.03762 divides by, but for mean and ε',
      scale: 'log',
      split: true,
    },
    rows: 'layers',
    forward: { sumSquares: summed((values) => squares(values.sum)) },
    finish: (cells) => Math.sqrt(sumOver(cells, (cell) => cell.partial('sumSquares')) / sumOver(cells, (cell) => cell.elements)),
  },
  {
    descriptor: {
      name: 'branch_ratio',
      title: 'Branch ratio',
      formula: '‖f(x_l)‖ / ‖α·x_l‖',
      unit: '1',
      documentation: 'What a sublayer adds against what it adds to. Far below 1: the layer does nothing.',
      source: 'after arXiv 2004.08249, whose residual dependency it measures',
      scale: 'log',
      split: true,
    },
    rows: 'layers',
    forward: {
      branchSquares: summed((values) => squares(values.branch)),
      streamSquares: summed((values) => squares(values.stream)),
    },
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
      source: 'arXiv 1211.5063',
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
      source: 'arXiv 1706.05350',
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
      source: 'Stanford CS231n notes, neural networks 3',
      scale: 'log',
      split: true,
    },
    rows: 'parameters',
    finish: (cells) => Math.sqrt(sumOver(cells, (cell) => cell.updateSquares) / sumOver(cells, (cell) => cell.weightSquares)),
  },
  {
    descriptor: {
      name: 'token_cosine',
      title: 'Token cosine',
      formula: '(‖Σₜ uₜ‖² − Σₜ ‖uₜ‖²) / (T·(T − 1)), uₜ = xₜ/‖xₜ‖, mean over sequences',
      unit: '1',
      documentation:
        'Mean cosine between different tokens of a sequence, in the stream after each sublayer; 0 where a sequence has one token. → 1: rank collapse, all tokens carry the same vector.',
      source: 'arXiv 2206.03126',
      scale: 'linear',
      split: true,
    },
    rows: 'streams',
    forward: { pairCosines: summed(({ output, shape }) => pairCosines(output, shape)) },
    finish(cells) {
      const { tokens, sequences, partial } = last(cells);
      const pairs = tokens * (tokens / sequences - 1);
      return pairs === 0 ? 0 : partial('pairCosines') / pairs;
    },
  },
  {
    descriptor: {
      name: 'block_influence',
      title: 'Block influence',
      formula: '1 − cos(x_in, x_out), mean over tokens',
      unit: '1',
      documentation: 'How far a layer turns the stream, from where it enters to where it leaves. ≈ 0: a dead layer.',
      source: 'arXiv 2403.03853',
      scale: 'log',
      split: false,
    },
    rows: 'layers',
    forward: { turned: summed(({ entering, output }) => entering && turned(entering, output)) },
    // Rounding may leave less than nothing.
    finish: (cells) => Math.max(0, last(cells).partial('turned') / last(cells).tokens),
  },
  {
    descriptor: {
      name: 'attention_entropy',
      title: 'Attention entropy',
      formula: '−Σ A log A over keys, mean over queries and heads',
      unit: 'nat',
      documentation:
        'How widely queries spread their attention, before dropout. → 0: attention collapse, every query looks at one token. Uniform causal attention has log(T!)/T.',
      source: 'arXiv 2303.06296',
      scale: 'linear',
      split: false,
    },
    rows: 'layers',
    forward: { negativeEntropy: summed(({ attended }) => attended && negativeEntropy(attended.weights)) },
    finish: (cells) => -first(cells).partial('negativeEntropy') / (first(cells).tokens * first(cells).heads),
  },
  {
    descriptor: {
      name: 'attention_logit_max',
      title: 'Attention logit maximum',
      formula: 'max Q·Kᵀ/√d over the places that a query may look at',
      unit: '1',
      documentation:
        'The largest number that enters the softmax, over the step’s queries, keys and heads. Above about 100, a crash is near.',
      source: 'arXiv 2302.05442, 2309.14322',
      scale: 'linear',
      split: false,
    },
    rows: 'layers',
    forward: { logitMaximum: largest(({ attended }) => attended && maximum(attended.logits)) },
    finish: (cells) => first(cells).partial('logitMaximum'),
  },
  {
    descriptor: {
      name: 'non_finite_count',
      title: 'Non-finite count',
      formula: '#{NaN, ±∞} among x_l, ∂L/∂x_l and ∂L/∂θ_l',
      unit: 'elements',
      documentation:
        'Elements that are no numbers: of the stream after each sublayer, of the gradient there, and of the parameter gradients. Shows the first bad layer and the first bad step.',
      source: 'Fathom’s own',
      scale: 'linear',
      split: true,
    },
    rows: 'parameters',
    forward: { nonFiniteOutput: summed(({ output }) => total(nonFinite(output))) },
    backward: {
      nonFiniteCotangent: summed((values, cotangentOf) => {
        const cotangent = cotangentOf(values.output);
        return cotangent && total(nonFinite(cotangent));
      }),
    },
    finish: (cells) =>
      sumOver(
        cells,
        ({ partial, nonFiniteGradients }) => partial('nonFiniteOutput', 0) + partial('nonFiniteCotangent', 0) + nonFiniteGradients,
      ),
  },
];

/** Names of all statistics, in the order of the table. */
export const STATISTIC_NAMES: readonly string[] = STATISTICS.map(({ descriptor }) => descriptor.name);

/** The statistics of these names, in the order of the table. */
export function statisticsNamed(names: readonly string[]): readonly Statistic[] {
  return STATISTICS.filter(({ descriptor }) => names.includes(descriptor.name));
}

const COMBINATIONS = new Map<string, Reduction['combine']>(
  STATISTICS.flatMap(({ forward, backward }) =>
    Object.entries({ ...forward, ...backward }).map(([name, { combine }]) => [name, combine] as const),
  ),
);

/** Adds what one program run reduced to what others of the step did. @param name `<part>.<partial>` */
export function addPartial(target: Map<string, number>, name: string, value: number): void {
  const found = target.get(name);
  if (found === undefined) target.set(name, value);
  else target.set(name, COMBINATIONS.get(name.slice(name.indexOf('.') + 1)) === 'maximum' ? Math.max(found, value) : found + value);
}
