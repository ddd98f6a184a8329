// The handful of programs that a model of any depth is trained with: one pair per kind of layer, and
// those of the two ends. Statistics are reduced inside these same programs; without them nothing of
// them is left.

import { targetsPerSequence } from '../experiment/objective';
import { constant } from '../graph/constant';
import { type Derivative, differentiate, prune, type SavedPolicy, vjp } from '../graph/differentiate';
import { rows as gather } from '../graph/indexing';
import { prefixed } from '../graph/prefixed';
import { concat, reshape, slice } from '../graph/shape';
import { simplify } from '../graph/simplify';
import { input, OBSERVED, type Program, type Value } from '../graph/value';
import { type BatchShape, type BlockKind, maskInputs, SUBLAYERS, traceBlock } from './block';
import { schemeNamed } from './catalogue';
import { EMBEDDING_SITE, embed, enter, headLoss, leave } from './ends';
import { countedInPrograms } from './histogram';
import { parameterInputs } from './layout';
import type { Model } from './model';
import type { CotangentOf, Observation, ObservedValues, Reduction } from './statistic';
import { statisticsNamed } from './statistics';

/** Names of the partials, `<part>.<partial>`, in the order in which a `statistics` output [n] holds them. */
export interface PackedNames {
  readonly forward: readonly string[];
  readonly backward: readonly string[];
}

export interface ObservedDerivative extends Derivative {
  /** Empty without statistics. */
  readonly statistics: PackedNames;
}

/**
 * What a layer keeps for its backward pass: nothing, its residual sums (the inputs of the LayerNorms, which spares
 * the output projections), beside them what its other large products made, or beside those what its attention looked
 * at. Measured on two threads: the sums make a step 9 % shorter at hidden 64, the products another 5 % there and 13 %
 * from 256 on, for five times the memory of the sums, the attention weights another 4 % at a context of 64. Keeping all
 * that backward asks for takes longer than computing it.
 */
export type KeptActivations = 'nothing' | 'sums' | 'products' | 'attention';

/** Which of several programs for the same computation. */
export interface Variant {
  /** Names of the statistics that are reduced. */
  readonly statistics: readonly string[];
  /** Where histograms are counted: the micro-batches of a step. */
  readonly histograms?: number;
  /** Whether masks drop activations, as training wants it. */
  readonly dropping: boolean;
}

/**
 * Forward and backward of one kind of layer.
 * Inputs: the layout's parameters, `carry.<stream>`, `constant.<name>`, and `mask.<site>` where activations
 * are dropped. Outputs: `carry.<stream>`, and `statistics` where asked for. Backward: `seed.carry.<stream>` to
 * `d.carry.<stream>` and `d.<parameter>`.
 */
export function blockPrograms(
  model: Model,
  kind: BlockKind,
  shape: BatchShape,
  keep: KeptActivations,
  variant: Variant,
): ObservedDerivative {
  const masks = variant.dropping ? kind.masks : [];
  const traced = traceBlock(model.config, schemeNamed(model.config.scheme), kind, shape, model.streams, masks);
  const { sublayers, attended, entering, products } = traced;
  const sums = SUBLAYERS.map((part) => sublayers[part].sum);
  const large = [...sums, ...products];
  const saved = { nothing: 'nothing', sums, products: large, attention: [...large, attended.weights] } as const;
  const of = observationsOf(variant);
  const observed: Observed[] = [
    { part: 'attention', values: { ...sublayers.attention, shape, attended }, of },
    { part: 'feed_forward', values: { ...sublayers.feed_forward, shape, entering }, of },
  ];
  const wrt = [...kind.layout.entries.map((entry) => entry.name), ...model.streams.map((name) => `carry.${name}`)];
  return observedDerivative(kind.name, traced.inputs, prefixed('carry.', traced.carry), wrt, saved[keep], observed);
}

/**
 * Of the way in: `tokens` (`types` of an encoder, and `mask.<site>`) to `carry.<stream>`; backward from `seed.carry.<stream>` to
 * `d.<parameter>`. Recomputes: there is nothing to save.
 */
export function embeddingPrograms(model: Model, shape: BatchShape, variant: Variant): ObservedDerivative {
  const parameters = parameterInputs(model.embedding);
  const tokens = input('tokens', [shape.batch * shape.context], 'int');
  const types = model.config.architecture === 'bert' ? { types: input('types', tokens.type.shape, 'int') } : undefined;
  const { inputs: masks, drop } = maskInputs(variant.dropping ? model.embeddingMasks : [], shape.batch);
  const output = drop(embed(model.config, shape, parameters, tokens, types?.types), EMBEDDING_SITE);
  const entered = enter(model.config, schemeNamed(model.config.scheme), parameters, output);
  const of = observationsOf(variant).filter(({ rows }) => rows !== 'layers');
  const wrt = model.embedding.entries.map((entry) => entry.name);
  return observedDerivative('embedding', { ...parameters, tokens, ...types, ...masks }, prefixed('carry.', entered), wrt, 'nothing', [
    { part: 'embedding', values: { output, shape }, of },
  ]);
}

/**
 * Of the way out: `carry.<stream>` and `targets` to `loss`, summed over targets in nats; where not every token
 * has one, `places` int[targets] says which rows have. `train` adds `d.carry.<stream>` and `d.<parameter>` of the
 * mean over targets, the shared token table included.
 */
export function headPrograms(model: Model, shape: BatchShape): { readonly train: Program; readonly evaluate: Program } {
  const rows = shape.batch * shape.context;
  const { parameters, streams, inputs: wanted } = headInputs(model, rows);
  const chosen = model.config.objective === 'next-token' ? undefined : shape.batch * targetsPerSequence(model.config);
  const targets = input('targets', [chosen ?? rows], 'int');
  const places = chosen === undefined ? undefined : { places: input('places', [chosen], 'int') };
  const read = places ? Object.fromEntries(Object.entries(streams).map(([name, x]) => [name, gather(x, places.places)])) : streams;
  const leaving = leave(model.config, schemeNamed(model.config.scheme), parameters, read);
  const { loss } = headLoss(model.config, leaving, parameters, targets);
  const gradients = vjp([loss], [constant(1 / (chosen ?? rows))], Object.values(wanted));
  const results = Object.fromEntries(Object.keys(wanted).map((name, i) => [`d.${name}`, gradients[i] as Value]));
  const inputs = { ...wanted, targets, ...places };
  return {
    train: simplify(prune({ name: 'head', inputs, outputs: { loss, ...results } })),
    evaluate: simplify(prune({ name: 'evaluate', inputs, outputs: { loss } })),
  };
}

/** What every head reads: its parameters, the token table among them where tied, and the streams [rows, C]. */
export function headInputs(model: Model, rows: number) {
  const { vocabulary, hidden } = model.config;
  const shared = model.tied === undefined ? {} : { [model.tied]: input(model.tied, [vocabulary, hidden]) };
  const parameters: Readonly<Record<string, Value>> = { ...parameterInputs(model.head), ...shared };
  const streams = Object.fromEntries(model.streams.map((name) => [name, input(`carry.${name}`, [rows, hidden])]));
  return { parameters, streams, inputs: { ...parameters, ...prefixed('carry.', streams) } };
}

function observationsOf({ statistics, histograms }: Variant): readonly Observation[] {
  return [...statisticsNamed(statistics), ...(histograms === undefined ? [] : [countedInPrograms(histograms)])];
}

/**
 * `carry.<stream>`, the head's parameters and, where tied, the token table to `logits` [B·T, V]; of a classifier,
 * which reads each sequence's first token, [B, classes].
 */
export function logitsProgram(model: Model, { batch, context }: BatchShape): Program {
  const { config } = model;
  const { parameters, streams, inputs } = headInputs(model, batch * context);
  const isClassifier = config.objective === 'pair-class';
  const firstOf = (stream: Value): Value =>
    reshape(slice(reshape(stream, [batch, context, config.hidden]), 1, 0, 1), [batch, config.hidden]);
  const read = isClassifier ? Object.fromEntries(Object.entries(streams).map(([name, stream]) => [name, firstOf(stream)])) : streams;
  // The loss is not asked for, so any targets do; pruning drops them.
  const targets = input('targets', [isClassifier ? batch : batch * context], 'int');
  const { logits } = headLoss(config, leave(config, schemeNamed(config.scheme), parameters, read), parameters, targets);
  return simplify(prune({ name: 'logits', inputs, outputs: { logits } }));
}

interface Observed {
  readonly part: string;
  readonly values: ObservedValues;
  readonly of: readonly Observation[];
}

function observedDerivative(
  name: string,
  inputs: Readonly<Record<string, Value>>,
  outputs: Readonly<Record<string, Value>>,
  wrt: readonly string[],
  saved: SavedPolicy,
  observed: readonly Observed[],
): ObservedDerivative {
  const forward = partials(observed, 'forward', () => undefined);
  let backward: Readonly<Record<string, Value>> = {};
  const derivative = differentiate(
    { name, inputs, outputs: { ...outputs, ...packed(forward) } },
    {
      wrt,
      seeds: Object.keys(outputs),
      saved,
      observe(cotangentOf: CotangentOf) {
        backward = partials(observed, 'backward', cotangentOf);
        return packed(backward);
      },
    },
  );
  return { ...derivative, statistics: { forward: Object.keys(forward), backward: Object.keys(backward) } };
}

function partials(observed: readonly Observed[], direction: 'forward' | 'backward', cotangentOf: CotangentOf): Record<string, Value> {
  const found: Record<string, Value> = {};
  for (const { part, values, of } of observed) {
    const reductions: [string, Reduction][] = of.flatMap((statistic) => Object.entries(statistic[direction] ?? {}));
    for (const [name, { reduce }] of reductions) {
      const value = reduce(values, cotangentOf);
      if (value) found[`${part}.${name}`] = value;
    }
  }
  return found;
}

/** Scalars side by side, so that one small tensor comes back per program. */
function packed(values: Readonly<Record<string, Value>>): Record<string, Value> {
  const scalars = Object.values(values).map((value) => reshape(value, [1]));
  return scalars.length === 0 ? {} : { [OBSERVED]: concat(scalars, 0) };
}
