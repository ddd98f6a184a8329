// The fields of `watchdog`: when the trainer raises an alert, and when it goes back and tries again.
// Formulas and reasons are in docs/watchdog.md.

import type { WatchdogConfig } from './config';
import type { FieldTable } from './field';

/** The depth statistic that each threshold is about. */
export const WATCHED_STATISTICS = {
  vanishingGradients: 'gradient_rms',
  explodingGradients: 'gradient_rms',
  rankCollapse: 'token_cosine',
  attentionCollapse: 'attention_entropy',
  deadLayers: 'update_ratio',
} as const satisfies Partial<Record<keyof WatchdogConfig, string>>;

type WatchdogFields = Pick<FieldTable, `watchdog.${keyof WatchdogConfig}`>;

export const WATCHDOG_FIELDS: WatchdogFields = {
  'watchdog.lossSpike': {
    type: 'number',
    documentation:
      'Alert when the loss exceeds the median of its window by this many robust standard deviations (1.4826 times the median absolute deviation). 0 switches it off.',
    default: 8,
    minimum: 0,
    maximum: 1e6,
    live: true,
    aliases: ['spike_threshold', 'loss_spike_threshold'],
  },
  'watchdog.lossWindow': {
    type: 'integer',
    documentation: 'Steps that the median of a loss spike is taken over; nothing is said before half of them are there.',
    default: 64,
    minimum: 8,
    maximum: 10_000,
    unit: 'steps',
    live: true,
  },
  'watchdog.divergence': {
    type: 'integer',
    documentation: 'A loss spike that lasts this many steps is a divergence: an alert, and a reason to roll back. 0 switches it off.',
    default: 50,
    minimum: 0,
    maximum: 1e9,
    unit: 'steps',
    live: true,
  },
  'watchdog.plateau': {
    type: 'integer',
    documentation:
      'Alert when the loss stays for this many steps at the entropy of single tokens: only frequencies are learned. 0 switches it off.',
    default: 500,
    minimum: 0,
    maximum: 1e9,
    unit: 'steps',
    live: true,
  },
  'watchdog.vanishingGradients': {
    type: 'number',
    documentation:
      'Alert when the gradient RMS of the lowest layers is less than this share of that of the highest. 0 switches it off. Judged at recorded steps, as everything over depth.',
    default: 1e-4,
    minimum: 0,
    maximum: 1,
    live: true,
  },
  'watchdog.explodingGradients': {
    type: 'number',
    documentation: 'Alert when the gradient RMS of the lowest layers is more than this many times that of the highest. 0 switches it off.',
    default: 1e4,
    minimum: 0,
    maximum: 1e30,
    live: true,
  },
  'watchdog.rankCollapse': {
    type: 'number',
    documentation:
      'Alert when the mean cosine between token vectors of a sequence exceeds this in any layer: all tokens become alike. 1 switches it off.',
    default: 0.99,
    minimum: 0,
    maximum: 1,
    live: true,
  },
  'watchdog.attentionCollapse': {
    type: 'number',
    documentation:
      'Alert when the mean attention entropy of any layer falls below this: every token looks at one other only. 0 switches it off.',
    default: 0.05,
    minimum: 0,
    maximum: 20,
    unit: 'nats',
    live: true,
  },
  'watchdog.deadLayers': {
    type: 'number',
    documentation:
      'Alert when an update moves a layer by less than this share of its weights, or by no more than weight decay does. 0 switches it off.',
    default: 1e-7,
    minimum: 0,
    maximum: 1,
    live: true,
  },
  'watchdog.patience': {
    type: 'integer',
    documentation: 'Recorded steps in a row that something over depth must be seen, or be gone, before an alert says so.',
    default: 3,
    minimum: 1,
    maximum: 10_000,
    unit: 'recorded steps',
    live: true,
  },
  'watchdog.rollback': {
    type: 'integer',
    documentation:
      'How often a run may return to its last good checkpoint with a lower learning rate when a value is not finite or the loss diverges. 0: a value that is not finite ends the run.',
    default: 0,
    minimum: 0,
    maximum: 100,
    unit: 'times',
    live: true,
    aliases: ['max_rollbacks'],
  },
  'watchdog.rollbackRate': {
    type: 'number',
    documentation: 'Factor on the learning rate at every rollback, for the rest of the run.',
    default: 0.5,
    minimum: 0.001,
    maximum: 1,
    live: true,
  },
};
