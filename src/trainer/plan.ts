// What a run decides for itself before it starts, told in words: threads, kept activations, memory.

import type { ExperimentConfig } from '../experiment/config';
import { Failure } from '../experiment/failure';
import { type Machine, thisMachine } from '../experiment/machine';
import { gigabytes, memoryShort } from '../experiment/memoryShort';
import { type Keeping, type MemoryPlan, planMemory } from '../model/plan';
import type { KeptActivations } from '../model/programs';
import type { Pinned } from './checkpoint';

export interface Chosen extends Keeping {
  readonly workers: number;
  /** Peak resident memory, bytes. */
  readonly predicted: number;
  readonly reason: string;
}

/** What a prediction may be short of before it is believed that a run will not fit: it is that exact. */
const TOLERANCE = 1.1;

/**
 * @param before choices of the run so far, which stay.
 * @throws Failure `workers-do-not-divide`; `memory-short` where the prediction exceeds what the run may take.
 */
export function choosePlan(config: ExperimentConfig, before?: Pinned, machine: Machine = thisMachine()): Chosen {
  const { batch } = config.training;
  const { workers: wanted } = config.engine;
  if (wanted > 0 && batch % wanted !== 0) throw new Failure('workers-do-not-divide', { field: 'engine.workers', value: wanted, batch });
  // An update inside the backward pass is one thread's own, whatever shared the batches before a fork asked for it.
  const pinned = before && config.training.fusedUpdate ? { ...before, workers: 1 } : before;
  const plan = planMemory(pinned ? asPinned(config, pinned) : config, machine, pinned && (pinned.kept ?? 'sums'));
  if (plan.total > TOLERANCE * plan.limit) throw new Failure('memory-short', memoryShort(config, plan.total, plan.limit));
  const { workers, kept, savedLayers, segment } = pinned ? { segment: 1, kept: plan.kept, ...pinned } : plan;
  return { workers, kept, savedLayers, segment, predicted: plan.total, reason: told(config, plan, pinned !== undefined) };
}

/** The configuration that leaves no choice but what was chosen before. */
function asPinned(config: ExperimentConfig, { workers, savedLayers, segment = 1 }: Pinned): ExperimentConfig {
  const activations = segment > 1 ? 'segments' : savedLayers === 0 ? 'recompute' : savedLayers === config.model.layers ? 'save' : 'auto';
  return { ...config, engine: { ...config.engine, workers }, training: { ...config.training, activations } };
}

const KEPT: Readonly<Record<KeptActivations, string>> = {
  nothing: 'nothing',
  sums: 'their residual sums',
  products: 'what their products made',
  attention: 'what their products made and their attention weights',
};

function told({ model, training }: ExperimentConfig, plan: MemoryPlan, before: boolean): string {
  const { workers, kept, savedLayers, segment, total, limit } = plan;
  const threads = `${workers} ${workers === 1 ? 'thread shares' : 'threads share'} each batch`;
  const what =
    segment > 1
      ? `streams are kept at every ${segment}th layer, and layers between computed again`
      : `${savedLayers} of ${model.layers} layers keep ${KEPT[kept]}`;
  const whose = training.memoryLimit > 0 ? 'allowed' : 'available';
  const why = before ? ', as before' : training.activations === 'auto' ? '' : ', as configured';
  return `${threads}; ${what}${why}; about ${gigabytes(total)} GB at the peak of ${gigabytes(limit)} GB ${whose}`;
}
