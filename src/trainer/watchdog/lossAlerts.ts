// What can be told from the loss alone, at every step: spikes, divergence, and a plateau at the entropy
// of single tokens.

import type { WatchdogConfig } from '../../experiment/config';
import type { Alert } from './alert';
import { type Latch, observed, UNSEEN } from './latch';

/** Plain JSON. */
export interface LossState {
  /** The newest losses that were no spike, oldest first. */
  readonly window: readonly number[];
  readonly spike: Latch;
  readonly diverged: boolean;
  readonly plateau: Latch;
}

export const NO_LOSSES: LossState = { window: [], spike: UNSEEN, diverged: false, plateau: UNSEEN };

/** Steps within half the threshold that end a spike. */
const CALM = 3;
/** Where the losses of a window are all but equal, a spike must still be this share of the median above it, per deviation. */
const LEAST_DEVIATION = 0.01;
/** A plateau is this close to the entropy, as a share of it. */
const NEAR = 0.02;
/** For a normal distribution, the standard deviation is this many median absolute deviations. */
const NORMAL = 1.4826;

/**
 * @param loss of the step, finite, in nats. @param entropy of single tokens, in nats, where it is known.
 */
export function watchLoss(
  state: LossState,
  step: number,
  loss: number,
  config: WatchdogConfig,
  entropy: number | undefined,
): { readonly state: LossState; readonly alerts: readonly Alert[] } {
  const alerts: Alert[] = [];
  const { median: level, deviation } = spread(state.window);
  const distance = (loss - level) / deviation;
  const judged = config.lossSpike > 0 && state.window.length >= config.lossWindow / 2;
  const seen = distance > config.lossSpike ? 'yes' : distance < config.lossSpike / 2 ? 'no' : 'unsure';
  const spike = judged ? observed(state.spike, seen, state.spike.on ? CALM : 1, step) : state.spike;
  const about = { value: rounded(loss), median: rounded(level), since: spike.since };
  if (spike.on && !state.spike.on) alerts.push({ code: 'loss-spike', ...about, distance: Math.round(distance) });
  const diverged = spike.on && (state.diverged || (config.divergence > 0 && step - spike.since + 1 >= config.divergence));
  if (diverged && !state.diverged) alerts.push({ code: 'divergence', ...about, steps: step - spike.since + 1 });
  if (!spike.on && state.spike.on) alerts.push({ code: state.diverged ? 'divergence-over' : 'loss-spike-over', ...about });

  const window = spike.on ? state.window : [...state.window, loss].slice(-config.lossWindow);
  const full = window.length === config.lossWindow;
  const flat = full && entropy !== undefined && Math.abs(spread(window).median - entropy) <= NEAR * entropy;
  const plateau =
    config.plateau > 0
      ? observed(state.plateau, flat ? 'yes' : 'no', state.plateau.on ? config.lossWindow : config.plateau, step)
      : state.plateau;
  if (plateau.on && !state.plateau.on)
    alerts.push({ code: 'plateau', value: rounded(loss), entropy: rounded(entropy ?? Number.NaN), steps: config.plateau });
  if (!plateau.on && state.plateau.on) alerts.push({ code: 'plateau-over', value: rounded(loss), since: state.plateau.since });
  return { state: { window, spike, diverged, plateau }, alerts };
}

/** Median, and the robust deviation around it: one spike among the values moves neither. */
export function spread(values: readonly number[]): { readonly median: number; readonly deviation: number } {
  const median = medianOf(values);
  const absolute = NORMAL * medianOf(values.map((value) => Math.abs(value - median)));
  return { median, deviation: Math.max(absolute, LEAST_DEVIATION * Math.abs(median)) };
}

/** NaN of nothing. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? Number.NaN) + upper) / 2 : upper;
}

function rounded(value: number): string {
  return value.toFixed(3);
}
