// What a hover adds to a field's documentation (which the schema shows already): what follows from
// this very configuration, computed. Free of `vscode`.
import type { Catalogue } from '../../experiment/catalogue';
import type { ExperimentConfig } from '../../experiment/config';
import { FIELDS, SECTIONS } from '../../experiment/fields';
import { unreadFields } from '../../experiment/unread';
import type { Cost } from '../../model/cost';
import type { Translate } from '../translate';
import { formatCount, formatMemory } from './lensText';

export interface Computed {
  readonly config: ExperimentConfig;
  readonly catalogue: Catalogue;
  readonly cost: Cost;
  /** Where this machine was timed. */
  readonly secondsPerStep?: number;
  /** Whether the text itself has a value at this dotted path. */
  isWritten(path: string): boolean;
}

/** Lines of markdown, none where nothing is worth adding. @param path dotted, such as `model.heads`. */
export function factsAt(path: string, computed: Computed, t: Translate): readonly string[] {
  if (path === 'model') return [...costTable(computed.cost, t), ...defaultsOf(path, computed, t)];
  if (path in SECTIONS) return defaultsOf(path, computed, t);
  return fieldFacts(path, computed, t);
}

function fieldFacts(path: string, { config, catalogue, cost }: Computed, t: Translate): readonly string[] {
  const { model, data, optimiser, training, schedule } = config;
  const tokensPerStep = training.batch * training.accumulation * model.context;
  switch (path) {
    case 'model.scheme':
      return schemeFacts(config, catalogue, t);
    case 'model.layers':
      return [
        t('{layers} layers are {sublayers} sublayers: attention and feed-forward by turns.', {
          layers: model.layers,
          sublayers: 2 * model.layers,
        }),
        t('{count} parameters in all, {each} in each layer.', {
          count: formatCount(cost.total),
          each: formatCount(inLayers(cost) / model.layers),
        }),
      ];
    case 'model.hidden':
    case 'model.heads':
      return [t('Each of {heads} heads is {width} wide.', { heads: model.heads, width: model.hidden / model.heads })];
    case 'model.feedForward':
      return [t('{ratio} times the hidden width.', { ratio: trim(model.feedForward / model.hidden) })];
    case 'model.vocabulary':
    case 'data.tokeniser':
      return [
        t('{tokens} tokens; a uniform guess has a loss of {loss}.', {
          tokens: model.vocabulary,
          loss: Math.log(model.vocabulary).toFixed(3),
        }),
      ];
    case 'training.batch':
    case 'training.accumulation':
    case 'model.context':
      return [t('{tokens} tokens in a step.', { tokens: tokensPerStep })];
    case 'optimiser.learningRate':
    case 'optimiser.layerRate':
      return [t('At the peak, layers learn at {rate}.', { rate: trim(optimiser.learningRate * optimiser.layerRate) })];
    case 'training.steps':
      return [
        t('{tokens} tokens in {steps} steps.', { tokens: formatCount(tokensPerStep * training.steps), steps: training.steps }),
        t('About {flops} floating point operations.', { flops: (tokensPerStep * training.steps * cost.flopsPerToken).toExponential(1) }),
      ];
    case 'training.recordEvery':
      return [t('{columns} columns in the depth picture.', { columns: Math.ceil(training.steps / training.recordEvery) })];
    case 'schedule.warmup':
      return [t('{share} % of the steps.', { share: trim((100 * schedule.warmup) / training.steps) })];
    case 'data.validationFraction':
      return [t('The last {share} % of the tokens.', { share: trim(100 * data.validationFraction) })];
    default:
      return [];
  }
}

function schemeFacts({ model }: ExperimentConfig, catalogue: Catalogue, t: Translate): readonly string[] {
  const scheme = catalogue.schemes.find(({ name }) => name === model.scheme);
  if (!scheme) return [];
  const options = scheme.options.map((option) => `${option.name} = ${trim(model.schemeOptions[option.name] ?? option.default)}`);
  const constants = depthConstants(scheme.formula, model.layers).map(({ symbol, value }) => `${symbol} = ${value.toPrecision(4)}`);
  const numbers = [...constants, ...options];
  return [
    `**${scheme.title}** \`${scheme.formula}\``,
    ...(numbers.length > 0 ? [t('Here, with N = {layers}: {numbers}.', { layers: model.layers, numbers: numbers.join(', ') })] : []),
    t('Initialised as {initialisation}; {norm}.', {
      initialisation: model.initialisation,
      norm: model.finalNorm ? t('a LayerNorm stands before the head') : t('no LayerNorm before the head'),
    }),
    t('Source: {source}', { source: scheme.source }),
  ];
}

/**
 * The numbers that a formula defines as powers of the depth, such as `α = (2N)^(1/4)`, at a depth of
 * `layers`. Formulas are written for people; this reads the one form that varies with N.
 */
export function depthConstants(formula: string, layers: number): readonly { readonly symbol: string; readonly value: number }[] {
  const definitions = formula.matchAll(/(\p{L}) = \((\d*)N\)\^\(([−-]?)(\d+)\/(\d+)\)/gu);
  return [...definitions].map(([, symbol = '', factor, sign, numerator, denominator]) => {
    const power = (sign === '' ? 1 : -1) * (Number(numerator) / Number(denominator));
    return { symbol, value: (Number(factor || 1) * layers) ** power };
  });
}

function costTable(cost: Cost, t: Translate): readonly string[] {
  const rows = cost.parameters.map(({ part, count }) => `| ${t(part)} | ${count.toLocaleString('en')} |`);
  const memory = cost.memory.map(({ part, bytes }) => `| ${t(part)} | ${formatMemory(bytes)} |`);
  return [
    [`| ${t('Parameters')} | ${cost.total.toLocaleString('en')} |`, '|---|--:|', ...rows].join('\n'),
    [`| ${t('Memory, about')} | ${formatMemory(cost.memoryTotal)} |`, '|---|--:|', ...memory].join('\n'),
    t('{flops} floating point operations a token.', { flops: cost.flopsPerToken.toExponential(1) }),
  ];
}

/** What is in effect in a section without being written. */
function defaultsOf(section: string, { config, catalogue, isWritten }: Computed, t: Translate): readonly string[] {
  const values: unknown = config[section as keyof ExperimentConfig];
  if (typeof values !== 'object' || values === null) return [];
  const unread = new Set<string>(unreadFields({ optimiser: config.optimiser.name, schedule: config.schedule.name }, catalogue).keys());
  const unwritten = Object.entries(values).filter(([name, value]) => {
    const path = `${section}.${name}`;
    return path in FIELDS && !isWritten(path) && !unread.has(path) && typeof value !== 'object';
  });
  if (unwritten.length === 0) return [];
  return [t('Not written, so in effect: {values}', { values: unwritten.map(([name, value]) => `\`${name}\` ${value}`).join(', ') })];
}

function inLayers(cost: Cost): number {
  const inside = new Set(['attention', 'feed-forward', 'norms']);
  return cost.parameters.filter(({ part }) => inside.has(part)).reduce((sum, { count }) => sum + count, 0);
}

function trim(value: number): string {
  return String(Number(value.toPrecision(4)));
}
