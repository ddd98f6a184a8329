// What experience says about a run: how often it looks, saves and records, and whether this machine can
// carry it. What only the machine knows comes as a foresight.

import type { ExperimentConfig } from './config';
import type { Draft } from './draft';
import { advise } from './experienceRules';
import type { FieldPath } from './field';
import { gigabytes, memoryShort } from './memoryShort';
import { report } from './rules';

/** What a configuration's run would want of the machine that trains it, and what there is. Sizes in bytes. */
export interface Foresight {
  readonly needed: number;
  readonly available: number;
  /** What the machine could give at all, whatever the configuration allows. */
  readonly machine?: number;
  /** Threads that would share a batch. */
  readonly workers?: number;
  /** Threads that could, of a batch that they divide. */
  readonly mostWorkers?: number;
  /** As measured on this machine with a similar model. */
  readonly secondsPerStep?: number;
}

export type Foresee = (config: ExperimentConfig) => Foresight;

export function checkRun(draft: Draft): void {
  for (const rule of [checkWorkers, checkIntervals, checkDepthData, checkReference]) rule(draft);
}

function checkWorkers(draft: Draft): void {
  const [workers, batch] = [draft.read('engine.workers'), draft.read('training.batch')];
  // Of threads that a fused update excludes another finding speaks.
  if (!workers || batch === undefined || batch % workers === 0 || draft.read('training.fusedUpdate')) return;
  let suggestion = Math.min(workers, batch);
  while (batch % suggestion !== 0) suggestion--;
  const fixes = [draft.fixBySetting('fix-replace', 'engine.workers', suggestion), draft.fixBySetting('fix-workers', 'engine.workers', 0)];
  report(draft, 'workers-do-not-divide', 'error', 'engine.workers', { batch, suggestion }, fixes);
}

/** Intervals that somebody wrote; a default that is longer than a short run is no mistake of theirs. */
function checkIntervals(draft: Draft): void {
  const steps = draft.read('training.steps');
  if (steps === undefined) return;
  const isBeyond = (field: 'training.validateEvery' | 'training.checkpointEvery'): boolean =>
    draft.nodes.has(field) && (draft.read(field) ?? 0) > steps;
  const tenth = Math.max(1, Math.floor(steps / 10));
  if (isBeyond('training.validateEvery')) advise(draft, 'validation-after-end', 'hint', 'training.validateEvery', tenth, { steps });
  if (isBeyond('training.checkpointEvery')) advise(draft, 'checkpoint-after-end', 'hint', 'training.checkpointEvery', tenth, { steps });
  checkValidationShare(draft, steps);
}

/** A micro-batch forward alone takes about a third of one trained. */
const FORWARD_SHARE = 1 / 3;

function checkValidationShare(draft: Draft, steps: number): void {
  const [every, batches] = [draft.read('training.validateEvery'), draft.read('training.validationBatches')];
  const accumulation = draft.read('training.accumulation');
  if (!every || batches === undefined || accumulation === undefined) return;
  const share = (FORWARD_SHARE * batches) / (every * accumulation);
  if (share <= 1) return;
  // A tenth of the time, where the run is long enough.
  const suggestion = Math.min(steps, Math.ceil((10 * FORWARD_SHARE * batches) / accumulation));
  if (suggestion <= every) return;
  advise(draft, 'validation-dominates', 'warning', 'training.validateEvery', suggestion, { batches, times: share.toFixed(1) });
}

const MOST_DEPTH_BYTES = 10e9;

/** Depth statistics are float32: rows (layers, embedding, head) × columns (each statistic, and of most its halves). */
function checkDepthData(draft: Draft): void {
  const [layers, steps, every] = [draft.read('model.layers'), draft.read('training.steps'), draft.read('training.recordEvery')];
  const recorded = draft.read('training.statistics');
  if (layers === undefined || steps === undefined || every === undefined || recorded === undefined) return;
  const columns = draft.catalogue.statistics
    .filter(({ name }) => recorded.includes(name))
    .reduce((sum, { split }) => sum + (split ? 3 : 1), 0);
  const bytes = 4 * columns * (layers + 2) * Math.floor(steps / every);
  if (bytes <= MOST_DEPTH_BYTES) return;
  const suggestion = Math.ceil((2 * bytes * every) / MOST_DEPTH_BYTES);
  advise(draft, 'depth-data-large', 'warning', 'training.recordEvery', suggestion, { layers, steps, gigabytes: Math.round(bytes / 1e9) });
}

/** Floating point operations of one step that the reference engine needs about a minute for. */
const SLOW_FLOPS = 1e9;

function checkReference(draft: Draft): void {
  const [layers, hidden, context] = [draft.read('model.layers'), draft.read('model.hidden'), draft.read('model.context')];
  const [batch, accumulation] = [draft.read('training.batch'), draft.read('training.accumulation')];
  if (draft.read('engine.name') !== 'reference' || !layers || !hidden || !context || !batch || !accumulation) return;
  const flops = 6 * 12 * layers * hidden ** 2 * context * batch * accumulation;
  if (flops > SLOW_FLOPS) advise(draft, 'reference-slow', 'warning', 'engine.name', 'auto', { flops: flops.toExponential(0) });
}

/** Warnings and hints only: another machine may be the one that trains. */
export function checkForesight(draft: Draft, config: ExperimentConfig, foresight: Foresight): void {
  checkMemory(draft, config, foresight);
  checkThreads(draft, config, foresight);
  checkLoss(draft, config, foresight);
}

function checkMemory(draft: Draft, config: ExperimentConfig, { needed, available, machine }: Foresight): void {
  const { activations, memoryLimit } = config.training;
  if (machine !== undefined && memoryLimit * 1e9 > machine) {
    advise(draft, 'memory-limit-above-machine', 'warning', 'training.memoryLimit', 0, { machine: gigabytes(machine) });
    return;
  }
  if (needed <= available) return;
  const { field, ...args } = memoryShort(config, needed, available);
  draft.report({
    code: 'memory-short',
    severity: 'warning',
    field,
    args,
    at: draft.rangeOf(field),
    fixes: activations === 'auto' ? [] : [draft.fixBySetting('fix-activations', 'training.activations', 'auto')],
  });
}

/** Where the batch, and nothing else, leaves half of the threads or more without work. */
function checkThreads(draft: Draft, { engine, training }: ExperimentConfig, { workers, mostWorkers }: Foresight): void {
  if (workers === undefined || mostWorkers === undefined || workers > mostWorkers / 2) return;
  if (engine.workers > 0 || engine.name === 'reference' || training.fusedUpdate) return;
  const most = Math.min(mostWorkers, training.batch);
  const divides = Array.from({ length: most }, (_, i) => most - i).find((count) => training.batch % count === 0);
  // Fewer than the batch allows: memory is what is short, and another finding says so.
  if (divides !== workers) return;
  const suggestion = mostWorkers * Math.ceil(training.batch / mostWorkers);
  advise(draft, 'threads-idle', 'hint', 'training.batch', suggestion, { workers, cores: mostWorkers });
}

const HOUR = 3600;

function checkLoss(draft: Draft, { training }: ExperimentConfig, { secondsPerStep }: Foresight): void {
  if (secondsPerStep === undefined) return;
  const field: FieldPath = 'training.checkpointEvery';
  const { checkpointEvery, steps } = training;
  const lost = secondsPerStep * (checkpointEvery === 0 ? steps : Math.min(checkpointEvery, steps));
  if (lost <= HOUR) return;
  const suggestion = Math.max(1, Math.floor(HOUR / 4 / secondsPerStep));
  if (checkpointEvery > 0 && suggestion >= checkpointEvery) return;
  advise(draft, 'checkpoint-loses-hours', 'warning', field, suggestion, {
    hours: (lost / HOUR).toFixed(1),
    seconds: Number(secondsPerStep.toPrecision(2)),
  });
}
