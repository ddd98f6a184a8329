// Values worth choosing from, each with what it would mean for this very configuration: what a layer more costs, which
// numbers divide which. Free of `vscode`.
import type { Catalogue } from '../../experiment/catalogue';
import type { ExperimentConfig } from '../../experiment/config';
import type { FieldPath } from '../../experiment/field';
import { countModel } from '../../model/cost';
import type { Translate } from '../translate';
import { formatCount } from './lensText';

export interface Suggestion {
  readonly value: number;
  /** A few words beside the value. */
  readonly detail: string;
}

/** The configuration with one field set, defaults following; undefined where it does not make one. */
export type Suppose = (path: FieldPath, value: number) => ExperimentConfig | undefined;

/** In the order they are worth considering; none for fields whose values nothing follows from, or that the schema lists. */
export function suggestionsFor(path: string, suppose: Suppose, catalogue: Catalogue, t: Translate): readonly Suggestion[] {
  const suggester = SUGGESTERS[path as FieldPath];
  if (!suggester) return [];
  const from = (values: readonly number[], detail: (config: ExperimentConfig, value: number) => string): Suggestion[] =>
    [...new Set(values)].flatMap((value) => {
      const config = suppose(path as FieldPath, value);
      return config ? [{ value, detail: detail(config, value) }] : [];
    });
  return suggester({ around: suppose(path as FieldPath, 1), from, catalogue, t });
}

interface Asked {
  /** The rest of the configuration: with 1 in the field's place, which fits whatever else is written there. */
  readonly around: ExperimentConfig | undefined;
  readonly catalogue: Catalogue;
  readonly t: Translate;
  from(values: readonly number[], detail: (config: ExperimentConfig, value: number) => string): Suggestion[];
}

type Suggester = (asked: Asked) => readonly Suggestion[];

const SUGGESTERS: Partial<Readonly<Record<FieldPath, Suggester>>> = {
  'model.layers': ({ from, t }) => from([4, 6, 24, 48, 100, 200, 500, 1000], sized(t)),
  'model.hidden': ({ from, t }) => from([32, 96, 128, 192, 256, 512, 768, 1024], sized(t)),
  'model.heads': ({ around, from, t }) =>
    from(divisors(around?.model.hidden ?? 0, (around?.model.hidden ?? 0) / 8), ({ model }) =>
      t('each {width} channels wide', { width: model.hidden / model.heads }),
    ),
  'model.feedForward': ({ around, from, t }) => {
    const hidden = around?.model.hidden ?? 1;
    const sizedBy = sized(t);
    return from([2 * hidden, Math.round((8 * hidden) / 3), 4 * hidden, 8 * hidden], (config, value) =>
      [t('{ratio} × hidden', { ratio: short(value / hidden) }), sizedBy(config)].join(' · '),
    );
  },
  'model.context': ({ from, t }) => from([32, 128, 256, 512, 1024], tokens(t)),
  'training.batch': ({ from, t }) => from([1, 2, 4, 16, 32, 64], tokens(t)),
  'training.accumulation': ({ from, t }) => from([2, 4, 8, 16], tokens(t)),
  'training.steps': ({ from, t }) =>
    from([100, 400, 4000, 20_000, 100_000], ({ model, training }) =>
      t('{tokens} tokens in all', { tokens: formatCount(training.steps * training.batch * training.accumulation * model.context) }),
    ),
  'training.recordEvery': ({ from, catalogue, t }) =>
    from([2, 5, 10, 50, 100], ({ model, training }, value) => {
      const recorded = catalogue.statistics.filter(({ name }) => training.statistics.includes(name));
      const values = recorded.reduce((sum, { split }) => sum + (split ? 3 : 1), 0) * (model.layers + 2);
      const columns = Math.ceil(training.steps / value);
      return t('{columns} columns of the depth picture, {megabytes} MB', { columns, megabytes: short(4e-6 * values * columns || 0) });
    }),
  'training.validateEvery': every,
  'training.checkpointEvery': every,
  'schedule.warmup': shares([0, 0.01, 0.02, 0.1, 0.2]),
  'schedule.decay': shares([0.05, 0.2, 0.5]),
  'optimiser.learningRate': ({ around, from, catalogue, t }) => {
    const usual = catalogue.optimisers.find(({ name }) => name === around?.optimiser.name)?.reads.learningRate ?? 1e-3;
    return from(
      [0.1, 0.3, 1, 3, 10].map((factor) => Number((factor * usual).toPrecision(2))),
      ({ optimiser }, value) => t('layers learn at {rate}', { rate: short(value * optimiser.layerRate) }),
    );
  },
  'optimiser.layerRate': ({ from, t }) =>
    from([0.1, 0.05, 0.01, 0.005], ({ optimiser }, value) => t('layers learn at {rate}', { rate: short(value * optimiser.learningRate) })),
  'engine.workers': ({ around, from, t }) =>
    from(divisors(around?.training.batch ?? 0, 16), ({ training }, value) =>
      t('{sequences} sequences for each thread', { sequences: training.batch / value }),
    ),
};

function sized(t: Translate): (config: ExperimentConfig) => string {
  return ({ model }) => t('{count} parameters', { count: formatCount(countModel(model).total) });
}

function tokens(t: Translate): (config: ExperimentConfig) => string {
  return ({ model, training }) => t('{tokens} tokens in a step', { tokens: training.batch * training.accumulation * model.context });
}

function every({ around, from, t }: Asked): readonly Suggestion[] {
  const steps = around?.training.steps ?? 0;
  const intervals = [20, 10, 5, 2].map((times) => Math.max(1, Math.floor(steps / times)));
  return from(intervals, (_, value) => t('{times} times in {steps} steps', { times: Math.floor(steps / value), steps }));
}

function shares(of: readonly number[]): Suggester {
  return ({ around, from, t }) => {
    const steps = around?.training.steps ?? 0;
    const values = of.map((share) => Math.floor(share * steps));
    return from(values, (_, value) => t('{share} % of the steps', { share: short((100 * value) / steps) }));
  };
}

/** Up to `most`, ascending. */
function divisors(number: number, most: number): readonly number[] {
  const all = Array.from({ length: Math.min(Math.floor(most), 256) }, (_, i) => i + 1);
  return all.filter((divisor) => number % divisor === 0);
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
