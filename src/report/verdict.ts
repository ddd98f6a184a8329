// How a run ended up, by rules that are printed beside every verdict: a person may disagree with a
// threshold, but never has to guess it.

import type { RunRecord } from '../experiment/run';
import { overDepth, type RunFacts } from './runFacts';

export type Verdict = 'learns' | 'collapsed' | 'unigram' | 'above unigram' | 'untrained' | 'diverged' | 'failed' | 'unfinished';

/** In nats per token: losses nearer to a yardstick than this are as good as at it. */
const MARGIN = 0.1;
/** Mean cosine between tokens of a sequence from which on they are alike. */
const ALIKE = 0.99;

/** The loss of a model that thinks every token equally likely, ln V. */
export function uniformLoss({ config }: RunFacts): number {
  return Math.log(config.model.vocabulary);
}

/** The entropy of single tokens of the validation text, where the run has measured it. */
export function unigramEntropy({ record }: RunFacts): number | undefined {
  return record.metrics['entropy/unigram'];
}

/** The loss of the last validation; before the first, undefined. */
export function finalLoss({ validation }: RunFacts): number | undefined {
  return validation.at(-1)?.[1];
}

/** Whether numbers themselves ended the run, so that running it again would tell nothing new. */
export function hasDiverged({ state, error }: RunRecord): boolean {
  return state === 'failed' && /^(non-finite|diverged)/.test(error?.code ?? '');
}

/** The first of `RULES` that holds. */
export function verdictOf(run: RunFacts): Verdict {
  const loss = finalLoss(run);
  const unigram = unigramEntropy(run);
  const uniform = uniformLoss(run);
  const broken = [...run.training, ...run.validation].some(([, value]) => !Number.isFinite(value));
  if (broken || hasDiverged(run.record) || (loss !== undefined && loss > uniform + MARGIN)) return 'diverged';
  if (run.state === 'failed') return 'failed';
  if (run.state !== 'finished' || loss === undefined || unigram === undefined) return 'unfinished';
  if (loss <= unigram - MARGIN) return 'learns';
  if ((overDepth(run.last, 'token_cosine').at(-1) ?? 0) >= ALIKE) return 'collapsed';
  if (loss < unigram + MARGIN) return 'unigram';
  return loss < uniform - MARGIN ? 'above unigram' : 'untrained';
}

/** What each verdict means, in the order in which the rules are asked. */
export const RULES: Readonly<Record<Verdict, string>> = {
  diverged: `a loss or gradient became NaN or infinite, or the watchdog gave up, or the last validation loss is more than ${MARGIN} nats above ln V`,
  failed: 'the run ended with another error',
  unfinished: 'the last step has not been reached yet',
  learns: `the last validation loss is at least ${MARGIN} nats below the unigram entropy: the context is used`,
  collapsed: `it is not, and after the last layer the tokens of a sequence are alike: their mean cosine is ${ALIKE} or more`,
  unigram: `the last validation loss is within ${MARGIN} nats of the unigram entropy: letter frequencies are known, and the input hardly reaches the output`,
  'above unigram': 'it is above that, but letter frequencies have begun to be learned',
  untrained: `it is within ${MARGIN} nats of ln V, the loss of guessing`,
};
