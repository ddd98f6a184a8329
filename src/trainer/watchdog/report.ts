// The words of the watchdog's ends and turns: codes with arguments.

import type { ExperimentConfig } from '../../experiment/config';
import type { MessageArgs } from '../../experiment/messages';
import { rowOf, spelledOut, type Trouble, WHAT } from './trouble';

export interface Circumstances {
  /** That was not taken. */
  readonly step: number;
  readonly loss: number;
  /** That the step would have had. */
  readonly learningRate: number;
  /** Step of the newest good checkpoint, where there is one. */
  readonly good: number | undefined;
  readonly precision: ExperimentConfig['training']['precision'];
}

/** How a run ends that met this trouble; `place` is a row of the depth picture. */
export function endOf(
  trouble: Trouble,
  { step, loss, learningRate, good, precision }: Circumstances,
): { readonly code: string; readonly args: MessageArgs } {
  const what = { what: WHAT[trouble.kind], where: spelledOut(trouble), kind: trouble.kind, place: rowOf(trouble), part: trouble.part };
  const args = { step, loss: String(loss), learningRate, ...what };
  if (good === undefined) return { code: 'non-finite-no-checkpoint', args };
  const unseen = precision === 'float16' ? 'non-finite-half' : 'non-finite-once';
  const code = trouble.once ? unseen : trouble.inMemory ? 'non-finite-memory' : 'non-finite';
  return { code, args: { ...args, good } };
}

/** Why a run goes back, as an argument of other messages. */
export function reasonOf(trouble: Trouble): string {
  return `${WHAT[trouble.kind]} in ${spelledOut(trouble)} is not finite`;
}
