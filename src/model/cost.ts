// What a configuration costs before anything runs: parameters counted exactly from the layouts, FLOPs
// and memory by the formulas of methods.md section 5.

import type { ExperimentConfig } from '../experiment/config';
import { targetsPerSequence } from '../experiment/objective';
import { sizeOf } from '../graph/value';
import { optimiserNamed } from './catalogue';
import { PAIR_CLASSES } from './heads';
import type { LayoutEntry, ParameterLayout } from './layout';
import { describeModel } from './model';
import { isNormParameter } from './norm';
import { stateBytes } from './optimiser/optimiser';

export interface Cost {
  readonly parameters: readonly { readonly part: string; readonly count: number }[];
  readonly total: number;
  /** Training, forward and backward: 6·(parameters in matmuls) + 12·L·C·T. */
  readonly flopsPerToken: number;
  readonly memory: readonly { readonly part: string; readonly bytes: number }[];
  readonly memoryTotal: number;
}

/** float32 weight and gradient. */
const BYTES_PER_PARAMETER = 8;
/** The process itself: Node, the engine's libraries and arenas (measured on Linux x64). */
const PROCESS_BYTES = 160e6;

export function describeCost(config: ExperimentConfig): Cost {
  const { model, training } = config;
  const { kindOf, streams, embedding, head, tied } = describeModel(model);
  const count = (entries: readonly LayoutEntry[], matches: (entry: LayoutEntry) => boolean): number =>
    entries.filter(matches).reduce((sum, entry) => sum + sizeOf(entry.shape), 0);
  const L = model.layers;
  const layouts = new Map<ParameterLayout, number>();
  for (let layer = 1; layer <= L; layer++) {
    const { layout } = kindOf(layer);
    layouts.set(layout, (layouts.get(layout) ?? 0) + 1);
  }
  const inLayers = (matches: (entry: LayoutEntry) => boolean): number =>
    [...layouts].reduce((sum, [layout, layers]) => sum + layers * count(layout.entries, matches), 0);
  const isNorm = (entry: LayoutEntry): boolean => isNormParameter(entry.name);
  const isFinalNorm = (entry: LayoutEntry): boolean => isNorm(entry) && !entry.name.startsWith('head.transform');
  const isPooler = (entry: LayoutEntry): boolean => entry.name.startsWith('head.pooler');
  const parameters = [
    { part: 'embedding', count: count(embedding.entries, (entry) => entry.role !== 'position-embedding') },
    { part: 'positions', count: count(embedding.entries, (entry) => entry.role === 'position-embedding') },
    { part: 'attention', count: inLayers((entry) => entry.part === 'attention' && !isNorm(entry)) },
    { part: 'feed-forward', count: inLayers((entry) => entry.part === 'feed_forward' && !isNorm(entry)) },
    { part: 'norms', count: inLayers(isNorm) },
    { part: 'final norm', count: count(head.entries, isFinalNorm) },
    { part: 'pooler', count: count(head.entries, isPooler) },
    { part: 'head', count: count(head.entries, (entry) => !isFinalNorm(entry) && !isPooler(entry)) },
  ].filter((row) => row.count > 0);
  const total = parameters.reduce((sum, row) => sum + row.count, 0);

  const optimiser = optimiserNamed(config.optimiser.name);
  const state =
    [embedding, head].reduce((sum, layout) => sum + stateBytes(optimiser, layout, false), 0) +
    [...layouts].reduce((sum, [layout, layers]) => sum + layers * stateBytes(optimiser, layout, true), 0);

  const isMatrix = (entry: LayoutEntry): boolean => entry.shape.length === 2;
  const decoder = tied === undefined ? 0 : model.vocabulary * model.hidden;
  const perSequence = targetsPerSequence(model);
  // The head reads only the places that have targets.
  const headMatrices = ((count(head.entries, isMatrix) + decoder) * perSequence) / model.context;
  const matrices = inLayers(isMatrix) + headMatrices;
  const rows = training.batch * model.context;
  const classes = model.objective === 'pair-class' ? PAIR_CLASSES : model.vocabulary;
  const unit = 4 * rows * model.hidden;
  // What there is room for is decided when a run starts; there mostly is.
  const keeps = training.activations !== 'recompute';
  const memory = [
    { part: 'weights and gradients', bytes: BYTES_PER_PARAMETER * total },
    ...(training.averaging > 0 ? [{ part: 'averaged weights', bytes: 4 * total }] : []),
    { part: `state of ${optimiser.descriptor.title}`, bytes: state },
    { part: 'activations between layers', bytes: streams.length * (L + 3) * unit },
    ...(keeps ? [{ part: 'residual sums kept by layers', bytes: 2 * L * unit }] : []),
    { part: 'one layer at work', bytes: 3 * workingUnits(config) * unit },
    { part: 'logits', bytes: 4 * 4 * training.batch * perSequence * classes },
    { part: 'process', bytes: PROCESS_BYTES },
  ];
  return {
    parameters,
    total,
    flopsPerToken: 6 * matrices + 12 * L * model.hidden * model.context,
    memory,
    memoryTotal: memory.reduce((sum, row) => sum + row.bytes, 0),
  };
}

/** Activations that a layer's backward wants, in units of B·T·C elements: 16 and the attention weights, and what masks them. */
function workingUnits({ model }: ExperimentConfig): number {
  const weights = (model.heads * model.context) / model.hidden;
  return 16 + weights + (model.dropout > 0 ? 2 + weights : 0);
}
