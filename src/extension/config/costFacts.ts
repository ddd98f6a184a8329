// What a configuration costs, in words: parameters, memory, time, as hovers and completions tell them. Free of `vscode`.
import type { Cost } from '../../model/cost';
import type { Translate } from '../translate';
import { formatMemory, formatSeconds } from './lensText';

/** A configuration's cost, and how long its steps take where this machine was timed. */
export interface Timed {
  readonly cost: Cost;
  readonly secondsPerStep?: number;
}

export function costTable(cost: Cost, t: Translate): readonly string[] {
  const rows = cost.parameters.map(({ part, count }) => `| ${t(part)} | ${count.toLocaleString('en')} |`);
  const memory = cost.memory.map(({ part, bytes }) => `| ${t(part)} | ${formatMemory(bytes)} |`);
  return [
    [`| ${t('Parameters')} | ${cost.total.toLocaleString('en')} |`, '|---|--:|', ...rows].join('\n'),
    [`| ${t('Memory, about')} | ${formatMemory(cost.memoryTotal)} |`, '|---|--:|', ...memory].join('\n'),
    t('{flops} floating point operations a token.', { flops: cost.flopsPerToken.toExponential(1) }),
  ];
}

export function costFacts({ cost, secondsPerStep }: Timed, t: Translate): readonly string[] {
  const time =
    secondsPerStep === undefined ? [] : [t('About {seconds} s a step, as measured here.', { seconds: formatSeconds(secondsPerStep) })];
  return [t('About {memory} of memory.', { memory: formatMemory(cost.memoryTotal) }), ...time];
}

export function durationFacts({ secondsPerStep }: Timed, steps: number, t: Translate): readonly string[] {
  if (secondsPerStep === undefined || steps === 0) return [];
  const minutes = (secondsPerStep * steps) / 60;
  return minutes < 90
    ? [t('About {minutes} minutes for {steps} steps, as measured here.', { minutes: formatSeconds(minutes), steps })]
    : [t('About {hours} hours for {steps} steps, as measured here.', { hours: formatSeconds(minutes / 60), steps })];
}

export function planFacts({ plan }: Cost, layers: number, t: Translate): readonly string[] {
  if (plan.segment > 1)
    return [t('Streams are kept at every {segment}th layer, and all else is computed again.', { segment: plan.segment })];
  return [
    t('{saved} of {layers} layers keep what the backward pass needs; the others compute it again.', { saved: plan.savedLayers, layers }),
  ];
}

/** Weights and state: of the memory's first two rows, all but the gradients. */
export function checkpointBytes({ plan, total }: Cost): number {
  const state = plan.rows.find(({ part }) => part.startsWith('state of'))?.bytes ?? 0;
  return 4 * total + state;
}

export function inLayers(cost: Cost): number {
  const inside = new Set(['attention', 'feed-forward', 'norms']);
  return cost.parameters.filter(({ part }) => inside.has(part)).reduce((sum, { count }) => sum + count, 0);
}
