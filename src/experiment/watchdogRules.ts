// Thresholds of the watchdog that are allowed one by one but make no sense together, or would raise an
// alert at every step.

import type { Draft } from './draft';
import type { FieldPath } from './field';
import type { Severity } from './finding';
import type { MessageArgs } from './messages';
import { WATCHED_STATISTICS } from './watchdogFields';

/** @param mend the field that the suggestion is for, where it is another one. */
type Report = (code: string, severity: Severity, field: FieldPath, suggestion: number, args?: MessageArgs, mend?: FieldPath) => void;

export function checkWatchdog(draft: Draft): void {
  const report: Report = (code, severity, field, suggestion, args = {}, mend = field) => {
    const fixes = [draft.fixBySetting('fix-replace', mend, suggestion)];
    draft.report({
      code,
      severity,
      field,
      args: { value: String(draft.read(field)), suggestion, ...args },
      at: draft.rangeOf(field),
      fixes,
    });
  };
  for (const rule of [checkLoss, checkGradients, checkCollapse, checkRollback]) rule(draft, report);
  checkRecorded(draft);
}

/** A threshold that was written down, about a statistic that is not recorded, raises nothing. */
function checkRecorded(draft: Draft): void {
  const recorded = draft.read('training.statistics');
  if (recorded === undefined) return;
  for (const [name, statistic] of Object.entries(WATCHED_STATISTICS) as [keyof typeof WATCHED_STATISTICS, string][]) {
    const field = `watchdog.${name}` as const;
    const value = draft.read(field);
    const known = draft.catalogue.statistics.some((candidate) => candidate.name === statistic);
    if (!known || !draft.nodes.has(field) || value === undefined || value === OFF[name] || recorded.includes(statistic)) continue;
    const fixes = [draft.fixBySetting('fix-record', 'training.statistics', [...recorded, statistic])];
    const args = { value: String(value), suggestion: statistic };
    draft.report({ code: 'watchdog-not-recorded', severity: 'warning', field, args, at: draft.rangeOf(field), fixes });
  }
}

/** What switches a threshold off. */
const OFF: Readonly<Record<keyof typeof WATCHED_STATISTICS, number>> = {
  vanishingGradients: 0,
  explodingGradients: 0,
  rankCollapse: 1,
  attentionCollapse: 0,
  deadLayers: 0,
};

/** Of a normal distribution every 370th value lies beyond 3 standard deviations. */
const NOISE = 3;

function checkLoss({ read }: Draft, report: Report): void {
  const [spike, window] = [read('watchdog.lossSpike'), read('watchdog.lossWindow')];
  const steps = read('training.steps');
  if (spike !== undefined && spike > 0 && spike < NOISE) report('watchdog-noise', 'warning', 'watchdog.lossSpike', 8);
  if (spike !== 0 && window !== undefined && steps !== undefined && window > 64 && window / 2 >= steps)
    report('watchdog-window-too-long', 'warning', 'watchdog.lossWindow', 64, { steps });
}

function checkGradients({ read }: Draft, report: Report): void {
  const [vanishing, exploding] = [read('watchdog.vanishingGradients'), read('watchdog.explodingGradients')];
  if (vanishing !== undefined && vanishing > 0.1) report('watchdog-vanishing-always', 'warning', 'watchdog.vanishingGradients', 1e-4);
  if (exploding !== undefined && exploding > 0 && exploding < 10)
    report('watchdog-exploding-always', 'warning', 'watchdog.explodingGradients', 1e4);
  const dead = read('watchdog.deadLayers');
  if (dead !== undefined && dead >= 1e-3) report('watchdog-dead-always', 'warning', 'watchdog.deadLayers', 1e-7);
}

function checkCollapse({ read }: Draft, report: Report): void {
  const [cosine, entropy, context] = [read('watchdog.rankCollapse'), read('watchdog.attentionCollapse'), read('model.context')];
  if (cosine !== undefined && cosine < 0.5) report('watchdog-rank-always', 'warning', 'watchdog.rankCollapse', 0.99);
  if (entropy === undefined || context === undefined || entropy === 0) return;
  const most = read('model.architecture') === 'gpt' ? causalEntropy(context) : Math.log(context);
  if (entropy >= most)
    report('watchdog-attention-always', 'warning', 'watchdog.attentionCollapse', 0.05, { context, most: most.toFixed(2) });
}

/** ln(T!)/T nats: the mean over the places of a context of T that attend alike to all up to their own. */
function causalEntropy(context: number): number {
  let sum = 0;
  for (let place = 1; place <= context; place++) sum += Math.log(place);
  return sum / context;
}

function checkRollback({ read }: Draft, report: Report): void {
  const [times, rate, every] = [read('watchdog.rollback'), read('watchdog.rollbackRate'), read('training.checkpointEvery')];
  if (times === undefined || times === 0) return;
  if (rate === 1) report('watchdog-rollback-same', 'warning', 'watchdog.rollbackRate', 0.5);
  if (every === 0) report('watchdog-rollback-to-start', 'warning', 'watchdog.rollback', 200, {}, 'training.checkpointEvery');
}
