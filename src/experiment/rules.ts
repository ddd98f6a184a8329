// What no field can say alone: values that contradict one another (errors), and values that are allowed
// but usually end badly (warnings, hints). A rule keeps silent while a value it needs is missing or wrong.

import type { Draft } from './draft';
import type { FieldPath } from './field';
import { BUILT_IN_SOURCES, LONGEST_NAME } from './fields';
import type { Fix, Severity } from './finding';
import type { MessageArgs } from './messages';
import { TOKENISERS, vocabularyOf } from './modelFields';
import { unreadFields } from './unread';
import { checkWatchdog } from './watchdogRules';

/** What the caller may know of the disk. */
export type SourceState = 'ok' | 'missing' | 'empty' | 'unknown';
export type ProbeSource = (source: string) => SourceState;

/** From here on a Post-LN stack without warm-up usually diverges (methods: 50–100 layers). */
export const DEEP = 100;
const GIGABYTE = 2 ** 30;
/** Times an optimiser's usual learning rate that mostly diverges. */
const HIGH_RATE = 20;

export function checkRules(draft: Draft, probe?: ProbeSource): void {
  for (const rule of [checkName, checkHeads, checkRotary, checkFeedForward, checkVocabulary, checkAttention]) rule(draft);
  for (const rule of [
    checkWarmup,
    checkDecay,
    checkDepth,
    checkOptimiser,
    checkUnread,
    checkIntervals,
    checkFusion,
    checkEngine,
    checkPrecision,
  ])
    rule(draft);
  checkWatchdog(draft);
  checkSource(draft, probe);
  checkStart(draft, probe);
}

/** Reports a rule about one field, whose value is shown whether it was written or is a default. */
export function report(
  draft: Draft,
  code: string,
  severity: Severity,
  field: FieldPath,
  args: MessageArgs = {},
  fixes: readonly Fix[] = [],
): void {
  const value = draft.read(field);
  const shown = typeof value === 'string' || typeof value === 'number' ? value : String(value);
  draft.report({ code, severity, field, args: { value: shown, ...args }, at: draft.rangeOf(field), fixes });
}

function checkName(draft: Draft): void {
  const name = draft.read('name');
  if (name === undefined) return;
  const trim = (text: string) => [...text].slice(0, LONGEST_NAME).join('').trim();
  const fixTo = (suggestion: string) => [{ suggestion }, [draft.fixBySetting('fix-replace', 'name', suggestion)]] as const;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  const unsafe = /[/\\\u0000-\u001f]+/g;
  if (unsafe.test(name)) report(draft, 'name-has-separator', 'error', 'name', ...fixTo(trim(name.replace(unsafe, '-'))));
  else if ([...name].length > LONGEST_NAME) {
    const [args, fixes] = fixTo(trim(name));
    report(draft, 'name-too-long', 'error', 'name', { ...args, maximum: LONGEST_NAME }, fixes);
  }
}

function checkHeads(draft: Draft): void {
  const [hidden, heads] = [draft.read('model.hidden'), draft.read('model.heads')];
  if (hidden === undefined || heads === undefined || hidden % heads === 0) return;
  let suggestion = 1;
  for (let divisor = 1; divisor <= hidden; divisor++) {
    if (hidden % divisor === 0 && Math.abs(divisor - heads) < Math.abs(suggestion - heads)) suggestion = divisor;
  }
  const fixes = [draft.fixBySetting('fix-replace', 'model.heads', suggestion)];
  report(draft, 'heads-do-not-divide', 'error', 'model.heads', { hidden, suggestion }, fixes);
}

/** Rotary positions turn channels in pairs. */
function checkRotary(draft: Draft): void {
  const [positions, hidden, heads] = [draft.read('model.positions'), draft.read('model.hidden'), draft.read('model.heads')];
  if (positions !== 'rotary' || hidden === undefined || heads === undefined || hidden % heads !== 0 || (hidden / heads) % 2 === 0) return;
  const suggestion = 'learned';
  report(draft, 'rotary-odd-width', 'error', 'model.positions', { width: hidden / heads, suggestion }, [
    draft.fixBySetting('fix-replace', 'model.positions', suggestion),
  ]);
}

function checkFeedForward(draft: Draft): void {
  const [hidden, feedForward] = [draft.read('model.hidden'), draft.read('model.feedForward')];
  if (hidden === undefined || feedForward === undefined || feedForward >= hidden) return;
  const suggestion = 4 * hidden;
  report(draft, 'feed-forward-narrow', 'warning', 'model.feedForward', { hidden, suggestion }, [
    draft.fixBySetting('fix-replace', 'model.feedForward', suggestion),
  ]);
}

function checkVocabulary(draft: Draft): void {
  const [given, tokeniser, architecture] = [draft.read('model.vocabulary'), draft.read('data.tokeniser'), draft.read('model.architecture')];
  if (given === undefined || tokeniser === undefined || architecture === undefined) return;
  const vocabulary = vocabularyOf(tokeniser, architecture);
  // Of WordPiece only the file knows, and of what does not go together another finding speaks.
  if (given === vocabulary || tokeniser === 'wordpiece' || !TOKENISERS[architecture].includes(tokeniser)) return;
  const restate = draft.fixBySetting('fix-replace', 'model.vocabulary', vocabulary);
  const other = TOKENISERS[architecture].find((one) => vocabularyOf(one, architecture) === given);
  const args = { tokeniser, vocabulary, suggestion: vocabulary, ...(other !== undefined && { other }) };
  const fixes = other === undefined ? [restate] : [restate, draft.fixBySetting('fix-tokeniser', 'data.tokeniser', other)];
  report(draft, 'vocabulary-mismatch', 'error', 'model.vocabulary', args, fixes);
}

function checkAttention(draft: Draft): void {
  const [context, heads, batch] = [draft.read('model.context'), draft.read('model.heads'), draft.read('training.batch')];
  if (context === undefined || heads === undefined || batch === undefined) return;
  const gigabytes = (4 * batch * heads * context * context) / GIGABYTE;
  if (gigabytes > 2) report(draft, 'attention-large', 'warning', 'model.context', { batch, heads, memory: Math.ceil(gigabytes) });
}

function checkWarmup(draft: Draft): void {
  const [warmup, steps] = [draft.read('schedule.warmup'), draft.read('training.steps')];
  if (warmup === undefined || steps === undefined || warmup === 0 || warmup < steps) return;
  const suggestion = Math.floor(steps / 20);
  report(draft, 'warmup-too-long', 'error', 'schedule.warmup', { steps, suggestion }, [
    draft.fixBySetting('fix-replace', 'schedule.warmup', suggestion),
  ]);
}

function checkDecay(draft: Draft): void {
  if (draft.read('schedule.name') !== 'warmup-stable-decay') return;
  const [warmup, decay, steps] = [draft.read('schedule.warmup'), draft.read('schedule.decay'), draft.read('training.steps')];
  if (warmup !== undefined && decay !== undefined && steps !== undefined && warmup < steps && warmup + decay > steps) {
    const suggestion = Math.min(steps - warmup, Math.floor(steps / 10));
    report(draft, 'decay-too-long', 'error', 'schedule.decay', { steps, warmup, suggestion }, [
      draft.fixBySetting('fix-replace', 'schedule.decay', suggestion),
    ]);
  }
  if (draft.read('schedule.decayShape') === 'exponential' && draft.read('schedule.final') === 0) {
    report(draft, 'exponential-to-zero', 'error', 'schedule.final', { suggestion: 0.1 }, [
      draft.fixBySetting('fix-replace', 'schedule.final', 0.1),
    ]);
  }
}

function checkDepth(draft: Draft): void {
  const layers = draft.read('model.layers');
  const initialisation = draft.read('model.initialisation');
  const scheme = draft.catalogue.schemes.find(({ name }) => name === draft.read('model.scheme'));
  if (layers === undefined || scheme === undefined || initialisation === undefined) return;
  if (layers < DEEP || scheme.family !== 'post-ln') return;
  const suggestion = scheme.defaultInitialisation;
  if (initialisation === 'xavier' && suggestion !== 'xavier') {
    // Warm-up would not mend this one, so nothing is said about it.
    const fixes = [draft.fixBySetting('fix-insert', 'model.initialisation', suggestion)];
    report(draft, 'deep-post-ln-xavier', 'warning', 'model.initialisation', { layers, scheme: scheme.name, suggestion }, fixes);
    return;
  }
  const [warmup, steps] = [draft.read('schedule.warmup'), draft.read('training.steps')];
  if (warmup !== 0 || steps === undefined || initialisation.startsWith('deepnorm')) return;
  const longer = Math.max(1, Math.floor(steps / 20));
  report(draft, 'deep-post-ln-without-warmup', 'warning', 'schedule.warmup', { layers, scheme: scheme.name, suggestion: longer }, [
    draft.fixBySetting('fix-insert', 'schedule.warmup', longer),
  ]);
}

function checkOptimiser(draft: Draft): void {
  const [name, rate, clip] = [draft.read('optimiser.name'), draft.read('optimiser.learningRate'), draft.read('optimiser.clip')];
  const optimiser = draft.catalogue.optimisers.find((candidate) => candidate.name === name);
  const usual = optimiser?.reads.learningRate ?? 1e-3;
  const set = (field: FieldPath, suggestion: number) => [{ suggestion }, [draft.fixBySetting('fix-replace', field, suggestion)]] as const;
  if (rate === 0) report(draft, 'learning-rate-zero', 'warning', 'optimiser.learningRate', ...set('optimiser.learningRate', usual));
  else if (optimiser && rate !== undefined && rate > HIGH_RATE * usual) {
    const [args, fixes] = set('optimiser.learningRate', usual);
    report(draft, 'learning-rate-high', 'warning', 'optimiser.learningRate', { ...args, optimiser: optimiser.title }, fixes);
  }
  const layers = draft.read('model.layers');
  if (clip === 0 && layers !== undefined && layers >= DEEP) {
    const [args, fixes] = set('optimiser.clip', 1);
    report(draft, 'deep-without-clipping', 'warning', 'optimiser.clip', { ...args, layers }, fixes);
  }
}

/** What is written but changes nothing: whoever wrote it believes otherwise. */
function checkUnread(draft: Draft): void {
  const chosen = { optimiser: draft.read('optimiser.name'), schedule: draft.read('schedule.name') };
  for (const [path, reader] of unreadFields(chosen, draft.catalogue)) {
    const property = draft.nodes.get(path)?.parent;
    if (property) report(draft, 'field-not-read', 'hint', path, { reader }, [draft.fixByRemoving(property)]);
  }
}

function checkIntervals(draft: Draft): void {
  const steps = draft.read('training.steps');
  const [record, validation] = [draft.read('training.recordEvery'), draft.read('training.validateEvery')];
  if (record !== undefined && steps !== undefined && record > steps) {
    const fixes = [draft.fixBySetting('fix-replace', 'training.recordEvery', 1)];
    report(draft, 'nothing-recorded', 'warning', 'training.recordEvery', { steps, suggestion: 1 }, fixes);
  }
  const histograms = draft.read('training.histogramEvery');
  if (histograms !== undefined && steps !== undefined && histograms > steps) {
    const suggestion = Math.max(1, Math.floor(steps / 10));
    const fixes = [draft.fixBySetting('fix-replace', 'training.histogramEvery', suggestion)];
    report(draft, 'histograms-only-at-start', 'hint', 'training.histogramEvery', { steps, suggestion }, fixes);
  }
  if (validation === 0) report(draft, 'validated-only-at-end', 'hint', 'training.validateEvery');
  if (draft.read('training.checkpointEvery') === 0 && steps !== undefined && steps >= 1000) {
    const fixes = [draft.fixBySetting('fix-replace', 'training.checkpointEvery', 200)];
    report(draft, 'checkpoint-only-at-end', 'hint', 'training.checkpointEvery', { steps, suggestion: 200 }, fixes);
  }
}

/** Engines that share a card, or threads of their own, among whoever uses them. */
const SHARED_ENGINES = ['webgpu', 'webgpu-software', 'tfjs-node', 'tfjs-node-gpu'];

/** Threads with an engine each would only wait for one another there. */
function checkEngine(draft: Draft): void {
  const engine = draft.read('engine.name');
  const workers = draft.read('engine.workers');
  if (engine === undefined || workers === undefined || workers <= 1 || !SHARED_ENGINES.includes(engine)) return;
  const fixes = [draft.fixBySetting('fix-replace', 'engine.workers', 0)];
  report(draft, 'workers-share-engine', 'error', 'engine.workers', { engine, suggestion: 0 }, fixes);
}

/** TensorFlow.js has no numbers of 16 bits. */
function checkPrecision(draft: Draft): void {
  const engine = draft.read('engine.name');
  if (draft.read('training.precision') !== 'float16' || !engine?.startsWith('tfjs')) return;
  const fixes = [
    draft.fixBySetting('fix-replace', 'training.precision', 'float32'),
    draft.fixBySetting('fix-replace', 'engine.name', 'auto'),
  ];
  report(draft, 'precision-engine', 'error', 'training.precision', { engine, suggestion: 'float32' }, fixes);
}

/** An update inside the backward pass cannot wait for what all gradients together say. */
function checkFusion(draft: Draft): void {
  if (draft.read('training.fusedUpdate') !== true) return;
  const remove = draft.fixBySetting('fix-unfuse', 'training.fusedUpdate', false);
  const refuse = (field: FieldPath, isExcluded: boolean, suggestion: number | string): void => {
    if (!isExcluded) return;
    const fixes = [draft.fixBySetting('fix-replace', field, suggestion), remove];
    report(draft, 'fused-update-excluded', 'error', field, { suggestion }, fixes);
  };
  refuse('optimiser.clip', (draft.read('optimiser.clip') ?? 0) > 0, 0);
  refuse('training.accumulation', (draft.read('training.accumulation') ?? 1) > 1, 1);
  refuse('engine.workers', (draft.read('engine.workers') ?? 1) > 1, 1);
  refuse('training.precision', draft.read('training.precision') === 'float16', 'float32');
  if (draft.read('training.checkpointEvery') === 0) {
    const fixes = [draft.fixBySetting('fix-replace', 'training.checkpointEvery', 200), remove];
    report(draft, 'fused-update-unsaved', 'warning', 'training.checkpointEvery', { suggestion: 200 }, fixes);
  }
}

function checkSource(draft: Draft, probe: ProbeSource | undefined): void {
  const source = draft.read('data.source');
  if (source === undefined) return;
  const [suggestion = ''] = BUILT_IN_SOURCES;
  const fail = (code: string) => {
    const args = { known: BUILT_IN_SOURCES.join(', '), suggestion };
    report(draft, code, 'error', 'data.source', args, [draft.fixBySetting('fix-replace', 'data.source', suggestion)]);
  };
  if (source.startsWith('built-in:')) {
    if (!BUILT_IN_SOURCES.includes(source)) fail('corpus-unknown-built-in');
    return;
  }
  const state = probe?.(source);
  if (state === 'missing') fail('corpus-missing');
  if (state === 'empty') fail('corpus-empty');
}

/** A run that is called by its name is looked for when training starts. */
function checkStart(draft: Draft, probe: ProbeSource | undefined): void {
  const from = draft.read('training.from');
  if (from === undefined || !/[/\\]/.test(from)) return;
  if (probe?.(from) === 'missing') report(draft, 'start-missing', 'error', 'training.from');
}
