// What a hover adds to a field's documentation (which the schema shows already): what follows from
// this very configuration, computed. Free of `vscode`.
import type { Catalogue, NamedDescriptor } from '../../experiment/catalogue';
import type { ExperimentConfig } from '../../experiment/config';
import { FIELDS, SECTIONS } from '../../experiment/fields';
import { unreadFields } from '../../experiment/unread';
import type { Translate } from '../translate';
import { checkpointBytes, costFacts, costTable, durationFacts, inLayers, planFacts, type Timed } from './costFacts';
import { formatCount, formatMemory } from './lensText';

export interface Computed extends Timed {
  readonly config: ExperimentConfig;
  readonly catalogue: Catalogue;
  /** Whether the text itself has a value at this dotted path. */
  isWritten(path: string): boolean;
}

/** Lines of markdown, none where nothing is worth adding. @param path dotted, such as `model.heads`. */
export function factsAt(path: string, computed: Computed, t: Translate): readonly string[] {
  if (path === 'model') return [...costTable(computed.cost, t), ...defaultsOf(path, computed, t)];
  if (path in SECTIONS) return defaultsOf(path, computed, t);
  return fieldFacts(path, computed, t);
}

function fieldFacts(path: string, computed: Computed, t: Translate): readonly string[] {
  const { config, catalogue, cost } = computed;
  const { model, data, optimiser, training, schedule } = config;
  const tokensPerStep = training.batch * training.accumulation * model.context;
  switch (path) {
    case 'model.scheme':
      return schemeFacts(config, catalogue, t);
    case 'model.initialisation':
      return initialisationFacts(config, catalogue, t);
    case 'model.norm':
      return formulaOf(catalogue.norms, model.norm);
    case 'model.activation':
      return formulaOf(catalogue.activations, model.activation);
    case 'optimiser.name':
      return formulaOf(catalogue.optimisers, optimiser.name);
    case 'schedule.name':
      return formulaOf(catalogue.schedules, schedule.name);
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
        ...costFacts(computed, t),
      ];
    case 'model.hidden':
      return [
        t('Each of {heads} heads is {width} wide.', { heads: model.heads, width: model.hidden / model.heads }),
        t('{count} parameters in all, {each} in each layer.', {
          count: formatCount(cost.total),
          each: formatCount(inLayers(cost) / model.layers),
        }),
        ...costFacts(computed, t),
      ];
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
      return [t('{tokens} tokens in a step.', { tokens: tokensPerStep }), ...costFacts(computed, t)];
    case 'training.activations':
    case 'training.memoryLimit':
      return [...planFacts(cost, model.layers, t), ...costFacts(computed, t)];
    case 'engine.workers':
      return [t('{workers} threads share every batch.', { workers: cost.plan.workers })];
    case 'optimiser.learningRate':
    case 'optimiser.layerRate':
      return [t('At the peak, layers learn at {rate}.', { rate: trim(optimiser.learningRate * optimiser.layerRate) })];
    case 'training.steps':
      return [
        t('{tokens} tokens in {steps} steps.', { tokens: formatCount(tokensPerStep * training.steps), steps: training.steps }),
        t('About {flops} floating point operations.', { flops: (tokensPerStep * training.steps * cost.flopsPerToken).toExponential(1) }),
        ...durationFacts(computed, training.steps, t),
      ];
    case 'training.recordEvery':
      return [t('{columns} columns in the depth picture.', { columns: Math.ceil(training.steps / training.recordEvery) })];
    case 'training.validateEvery':
      return training.validateEvery === 0
        ? []
        : [
            t('{times} validations in {steps} steps.', {
              times: Math.floor(training.steps / training.validateEvery),
              steps: training.steps,
            }),
          ];
    case 'training.checkpointEvery':
      return [
        t('A checkpoint takes about {size}: weights and the optimiser’s state.', { size: formatMemory(checkpointBytes(cost)) }),
        ...durationFacts(computed, training.checkpointEvery, t),
      ];
    case 'schedule.warmup':
    case 'schedule.decay':
      return [
        t('{share} % of the steps.', { share: trim((100 * schedule[path === 'schedule.decay' ? 'decay' : 'warmup']) / training.steps) }),
      ];
    case 'data.validationFraction':
      return [t('The last {share} % of the tokens.', { share: trim(100 * data.validationFraction) })];
    default:
      return [];
  }
}

function formulaOf(descriptors: readonly NamedDescriptor[], name: string): readonly string[] {
  const found = descriptors.find((descriptor) => descriptor.name === name);
  return found?.formula === undefined ? [] : [`**${found.title}** \`${found.formula}\``];
}

function initialisationFacts({ model }: ExperimentConfig, { initialisations }: Catalogue, t: Translate): readonly string[] {
  const formula = initialisations.find(({ name }) => name === model.initialisation)?.formula ?? '';
  const constants = depthConstants(formula, model.layers).map(({ symbol, value }) => `${symbol} = ${value.toPrecision(4)}`);
  const scaled = formula.includes('√(2N)') ? [`√(2N) = ${trim(Math.sqrt(2 * model.layers))}`] : [];
  const numbers = [...constants, ...scaled];
  return [
    ...formulaOf(initialisations, model.initialisation),
    ...(numbers.length > 0 ? [t('Here, with N = {layers}: {numbers}.', { layers: model.layers, numbers: numbers.join(', ') })] : []),
  ];
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

function trim(value: number): string {
  return String(Number(value.toPrecision(4)));
}
