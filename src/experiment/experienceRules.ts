// What experience says about model and optimiser: values that are allowed one by one and together, and
// that nevertheless seldom end well.

import type { Draft } from './draft';
import type { FieldPath } from './field';
import type { Severity } from './finding';
import type { MessageArgs } from './messages';
import { DEEP, report } from './rules';

export function checkExperience(draft: Draft): void {
  for (const rule of [checkHeadWidth, checkDropout, checkInitialisation, checkFinalNorm]) rule(draft);
  for (const rule of [checkLayerRate, checkBetas, checkEpsilon, checkSchedule]) rule(draft);
}

/** Reports a value, written or default, whose mend is another value of the same field. */
export function advise(
  draft: Draft,
  code: string,
  severity: Severity,
  field: FieldPath,
  suggestion: number | string | boolean,
  args: MessageArgs = {},
): void {
  const fixes = [draft.fixBySetting(draft.nodes.has(field) ? 'fix-replace' : 'fix-insert', field, suggestion)];
  report(draft, code, severity, field, { suggestion: String(suggestion), ...args }, fixes);
}

/** Channels below which a head's scores can tell hardly more tokens apart than it has channels. */
const NARROW_HEAD = 8;
const USUAL_HEAD = 32;

function checkHeadWidth(draft: Draft): void {
  const [hidden, heads] = [draft.read('model.hidden'), draft.read('model.heads')];
  if (hidden === undefined || heads === undefined || heads === 1 || hidden % heads !== 0) return;
  const width = hidden / heads;
  if (width >= NARROW_HEAD) return;
  let suggestion = 1;
  for (let divisor = 1; divisor * USUAL_HEAD <= hidden; divisor++) if (hidden % divisor === 0) suggestion = divisor;
  advise(draft, 'heads-narrow', 'warning', 'model.heads', suggestion, { hidden, width });
}

function checkDropout(draft: Draft): void {
  const dropout = draft.read('model.dropout');
  if (dropout !== undefined && dropout >= 0.5) advise(draft, 'dropout-high', 'warning', 'model.dropout', 0.1);
}

/** A scheme and an initialisation that both shrink the branches by depth leave nothing of them. */
function checkInitialisation(draft: Draft): void {
  const initialisation = draft.read('model.initialisation');
  const scheme = draft.catalogue.schemes.find(({ name }) => name === draft.read('model.scheme'));
  if (scheme === undefined || initialisation === undefined || !scheme.unfitInitialisations?.includes(initialisation)) return;
  advise(draft, 'depth-scaled-twice', 'warning', 'model.initialisation', scheme.defaultInitialisation, { scheme: scheme.title });
}

function checkFinalNorm(draft: Draft): void {
  const scheme = draft.catalogue.schemes.find(({ name }) => name === draft.read('model.scheme'));
  if (scheme?.family !== 'pre-ln' || !scheme.finalNorm || draft.read('model.finalNorm') !== false) return;
  advise(draft, 'final-norm-missing', 'warning', 'model.finalNorm', true, { scheme: scheme.title });
}

/**
 * Times an optimiser's usual rate, inside layers, at which a deep Post-LN stack is taken to forget its input. At ten times
 * it was seen to, at 48 and 100 layers (docs/reading-depth, examples/first-light); at the usual rate it was not.
 */
const FORGETTING = 3;

function checkLayerRate(draft: Draft): void {
  const [layers, rate, layerRate] = [draft.read('model.layers'), draft.read('optimiser.learningRate'), draft.read('optimiser.layerRate')];
  const scheme = draft.catalogue.schemes.find(({ name }) => name === draft.read('model.scheme'));
  const optimiser = draft.catalogue.optimisers.find(({ name }) => name === draft.read('optimiser.name'));
  if (layers === undefined || rate === undefined || layerRate === undefined || !scheme || !optimiser) return;
  if (layers < DEEP || scheme.family !== 'post-ln' || draft.read('training.freeze') === 'blocks') return;
  const usual = optimiser.reads.learningRate;
  const inside = rate * layerRate;
  if (inside < FORGETTING * usual) return;
  const suggestion = Number(((0.05 * usual) / rate).toPrecision(1));
  const args = { layers, scheme: scheme.title, optimiser: optimiser.title, inside: Number(inside.toPrecision(3)) };
  advise(draft, 'deep-rate-high', 'warning', 'optimiser.layerRate', suggestion, args);
}

/** Squares are averaged over more steps than gradients; the other way round the step is ruled by single batches. */
function checkBetas(draft: Draft): void {
  const [beta1, beta2] = [draft.read('optimiser.beta1'), draft.read('optimiser.beta2')];
  const reads = draft.catalogue.optimisers.find(({ name }) => name === draft.read('optimiser.name'))?.reads;
  if (reads?.beta1 === undefined || reads.beta2 === undefined) return;
  if (beta1 === undefined || beta2 === undefined || beta1 <= beta2) return;
  const swapped = draft.nodes.has('optimiser.beta2') && !draft.nodes.has('optimiser.beta1') ? 'optimiser.beta2' : 'optimiser.beta1';
  const usual = swapped === 'optimiser.beta1' ? Math.min(reads.beta1, beta2) : Math.max(reads.beta2, beta1);
  advise(draft, 'betas-swapped', 'warning', swapped, usual, { beta1, beta2 });
}

/** Times an optimiser's usual epsilon from which most gradients of a deep model are smaller than it. */
const LARGE_EPSILON = 1e5;

function checkEpsilon(draft: Draft): void {
  const epsilon = draft.read('optimiser.epsilon');
  const usual = draft.catalogue.optimisers.find(({ name }) => name === draft.read('optimiser.name'))?.reads.epsilon;
  if (epsilon === undefined || usual === undefined || epsilon < LARGE_EPSILON * usual) return;
  advise(draft, 'epsilon-large', 'warning', 'optimiser.epsilon', usual);
}

function checkSchedule(draft: Draft): void {
  const [warmup, steps] = [draft.read('schedule.warmup'), draft.read('training.steps')];
  if (warmup !== undefined && steps !== undefined && warmup < steps && warmup > steps / 2 && draft.nodes.has('schedule.warmup')) {
    advise(draft, 'warmup-most-of-run', 'warning', 'schedule.warmup', Math.floor(steps / 20), { steps });
  }
  const schedule = draft.catalogue.schedules.find(({ name }) => name === draft.read('schedule.name'));
  if (schedule?.reads.includes('final') && draft.read('schedule.final') === 1) {
    advise(draft, 'schedule-flat', 'hint', 'schedule.final', 0.1, { schedule: schedule.title });
  }
}
