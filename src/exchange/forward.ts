// The forward pass as programs: tokens to streams, one per kind of layer, streams to logits. The trainer's
// programs end in a loss; whoever exports a model wants what comes before it.

import type { BatchShape, BlockKind } from '../model/block';
import type { Model } from '../model/model';
import { blockPrograms, embeddingPrograms, logitsProgram, type ObservedDerivative } from '../model/programs';

type Program = ObservedDerivative['forward'];

export interface ForwardPrograms {
  /** `tokens` int[B·T], an encoder's `types` and the embedding's parameters to `carry.<stream>` [B·T, C]. */
  readonly embedding: Program;
  /** `carry.<stream>`, `constant.<name>`, where sequences differ in length `padding`, and the layer's parameters to `carry.<stream>`. */
  readonly blocks: ReadonlyMap<BlockKind, Program>;
  /**
   * `carry.<stream>`, the head's parameters and, where tied, the token table to `logits` [B·T, V]; or [B, classes],
   * of each sequence's first token.
   */
  readonly head: Program;
}

const PLAIN = { statistics: [], dropping: false };

export function forwardPrograms(model: Model, shape: BatchShape): ForwardPrograms {
  const embedding = embeddingPrograms(model, shape, PLAIN).forward;
  const blocks = new Map(model.kinds.map((kind) => [kind, blockPrograms(model, kind, shape, 'nothing', PLAIN).forward]));
  return { embedding, blocks, head: logitsProgram(model, shape) };
}
