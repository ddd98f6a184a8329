// What a configuration costs before anything runs: parameters counted exactly from the layouts, FLOPs
// and memory by the formulas of methods.md section 5.

import type { ExperimentConfig } from '../experiment/config';
import { sizeOf } from '../graph/value';
import { blockLayout } from './block';
import { schemeNamed } from './catalogue';
import { embeddingLayout, headLayout } from './ends';
import type { LayoutEntry } from './layout';

export interface Cost {
  readonly parameters: readonly { readonly part: string; readonly count: number }[];
  readonly total: number;
  /** Training, forward and backward: 6·(parameters in matmuls) + 12·L·C·T. */
  readonly flopsPerToken: number;
  readonly memory: readonly { readonly part: string; readonly bytes: number }[];
  readonly memoryTotal: number;
}

/** float32 weight, gradient and two moments. */
const BYTES_PER_PARAMETER = 16;
/** The process itself: Node, the engine's libraries and arenas (measured on Linux x64). */
const PROCESS_BYTES = 160e6;

export function describeCost(config: ExperimentConfig): Cost {
  const { model, training } = config;
  const block = blockLayout(model, schemeNamed(model.scheme)).entries;
  const ends = [...embeddingLayout(model).entries, ...headLayout(model).entries];
  const count = (entries: readonly LayoutEntry[], matches: (entry: LayoutEntry) => boolean): number =>
    entries.filter(matches).reduce((sum, entry) => sum + sizeOf(entry.shape), 0);
  const isNorm = (entry: LayoutEntry): boolean => entry.name.includes('.norm.');
  const L = model.layers;
  const parameters = [
    { part: 'embedding', count: count(ends, (entry) => entry.role === 'token-embedding') },
    { part: 'positions', count: count(ends, (entry) => entry.role === 'position-embedding') },
    { part: 'attention', count: L * count(block, (entry) => entry.part === 'attention' && !isNorm(entry)) },
    { part: 'feed-forward', count: L * count(block, (entry) => entry.part === 'feed_forward' && !isNorm(entry)) },
    { part: 'norms', count: L * count(block, isNorm) },
    { part: 'final norm', count: count(ends, isNorm) },
    { part: 'head', count: count(ends, (entry) => entry.role === 'vocabulary-output') },
  ].filter((row) => row.count > 0);
  const total = parameters.reduce((sum, row) => sum + row.count, 0);

  const matrices = L * count(block, (entry) => entry.shape.length === 2) + model.vocabulary * model.hidden;
  const rows = training.batch * model.context;
  const unit = 4 * rows * model.hidden;
  const saved = savedUnits(config) * unit;
  const saves = training.activations === 'save';
  const memory = [
    { part: 'weights, gradients and moments', bytes: BYTES_PER_PARAMETER * total },
    { part: 'activations between layers', bytes: (L + 3) * unit },
    { part: saves ? 'activations inside layers' : 'one layer at work', bytes: saves ? (L + 2) * saved : 3 * saved },
    { part: 'logits', bytes: 4 * 4 * rows * model.vocabulary },
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

/** Activations that a layer's backward wants, in units of B·T·C elements: 16 and the attention weights. */
function savedUnits(config: ExperimentConfig): number {
  return 16 + (config.model.heads * config.model.context) / config.model.hidden;
}
