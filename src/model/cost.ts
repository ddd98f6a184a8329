// What a configuration costs before anything runs: parameters counted exactly from the layouts, FLOPs
// by the formula of methods.md section 5, and memory as the plan of the run has it.

import type { ExperimentConfig, ModelConfig } from '../experiment/config';
import type { Machine } from '../experiment/machine';
import { targetsPerSequence } from '../experiment/objective';
import type { Pace } from '../experiment/pace';
import type { Foresee } from '../experiment/runRules';
import { sizeOf } from '../graph/value';
import type { LayoutEntry, ParameterLayout } from './layout';
import { describeModel } from './model';
import { isNormParameter } from './norm';
import { type MemoryPlan, MOST_WORKERS, planMemory } from './plan';

export interface Counts {
  readonly parameters: readonly { readonly part: string; readonly count: number }[];
  readonly total: number;
  /** Training, forward and backward: 6·(parameters in matmuls) + 12·L·C·T. */
  readonly flopsPerToken: number;
}

export interface Cost extends Counts {
  readonly memory: readonly { readonly part: string; readonly bytes: number }[];
  readonly memoryTotal: number;
  readonly plan: MemoryPlan;
}

/** Where nothing is known of the machine: one thread, and memory for whatever is fastest. */
const ANY_MACHINE: Machine = { cores: 1, memory: Number.POSITIVE_INFINITY };

/** Parameters by part, and what a token costs: all that follows from the model alone, without tracing a program. */
export function countModel(model: ModelConfig): Counts {
  const { kindOf, embedding, head, tied } = describeModel(model);
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

  const isMatrix = (entry: LayoutEntry): boolean => entry.shape.length === 2;
  const decoder = tied === undefined ? 0 : model.vocabulary * model.hidden;
  // The head reads only the places that have targets.
  const headMatrices = ((count(head.entries, isMatrix) + decoder) * targetsPerSequence(model)) / model.context;
  const matrices = inLayers(isMatrix) + headMatrices;
  return { parameters, total, flopsPerToken: 6 * matrices + 12 * L * model.hidden * model.context };
}

/** @param machine that would train it. */
export function describeCost(config: ExperimentConfig, machine: Machine = ANY_MACHINE): Cost {
  const plan = planMemory(config, machine);
  return { ...countModel(config.model), memory: plan.rows, memoryTotal: plan.total, plan };
}

/** Widths further apart than this use a machine too differently to tell of one another. */
const ALIKE = 4;

/**
 * Seconds of one optimiser step, from the timed run whose layers are most alike in work: time is taken as proportional to
 * FLOPs, which holds over depth and, roughly, between similar widths. Undefined where no run is alike.
 */
export function secondsPerStep(config: ExperimentConfig, paces: readonly Pace[]): number | undefined {
  const flopsPerToken = ({ model }: ExperimentConfig): number => countModel(model).flopsPerToken;
  const perLayer = (of: ExperimentConfig): number => (flopsPerToken(of) * of.training.batch * of.model.context) / of.model.layers;
  const distance = ({ config: timed }: Pace): number => Math.abs(Math.log(perLayer(timed) / perLayer(config)));
  const [nearest] = paces.filter((pace) => distance(pace) <= Math.log(ALIKE)).sort((a, b) => distance(a) - distance(b));
  if (!nearest) return undefined;
  const { batch, accumulation } = config.training;
  const flops = flopsPerToken(config) * batch * accumulation * config.model.context;
  return flops / (nearest.tokensPerSecond * flopsPerToken(nearest.config));
}

/** For checks of a configuration: what its run would want of this machine. @param paces runs that were timed on it. */
export function foreseeRun(machine: Machine, paces: readonly Pace[] = []): Foresee {
  return (config) => {
    const { total, limit, workers } = planMemory(config, machine);
    const seconds = secondsPerStep(config, paces);
    return {
      needed: total,
      available: limit,
      machine: machine.memory,
      workers,
      mostWorkers: Math.min(machine.cores, MOST_WORKERS),
      ...(seconds !== undefined && { secondsPerStep: seconds }),
    };
  };
}
