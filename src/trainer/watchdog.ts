// Where in the depth a number stopped being finite.

import { EMBEDDING_ROW, HEAD_ROW, layerRow } from '../experiment/tags';
import type { Gradients } from './update';

/**
 * The place nearest the loss whose gradients are not finite: backward runs from the head down, so what
 * goes wrong on its way spoils everything below, and only the topmost bad place is a culprit.
 */
export function firstBadLayer({ sums }: Gradients): string {
  for (let row = sums.length - 1; row >= 0; row--) {
    for (const [part, { gradientSquares }] of [...(sums[row] ?? [])].reverse()) {
      if (Number.isFinite(gradientSquares)) continue;
      if (row === 0) return EMBEDDING_ROW;
      return row === sums.length - 1 ? HEAD_ROW : `${layerRow(row)}, ${part === 'attention' ? 'attention' : 'feed-forward'}`;
    }
  }
  return 'the loss';
}
