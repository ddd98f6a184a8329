// How many targets a sequence has: data makes them, the model's head reads them, and cost counts them.

import type { ModelConfig } from './config';

/** Share of a sequence's text that a masked-language model is asked for (BERT, arXiv 1810.04805). */
const CHOSEN = 0.15;
/** [CLS], and a [SEP] after each of two segments. */
export const FRAME_TOKENS = 3;

/**
 * K: what the loss is the mean of, as many in every sequence, so that a mean over equal parts of a batch is the
 * mean over the batch.
 */
export function targetsPerSequence({ objective, context }: Pick<ModelConfig, 'objective' | 'context'>): number {
  if (objective === 'pair-class') return 1;
  return objective === 'masked-tokens' ? Math.max(1, Math.round(CHOSEN * (context - FRAME_TOKENS))) : context;
}
