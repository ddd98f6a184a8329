// The forward pass as programs: tokens to streams, one per kind of layer, streams to logits. The trainer's
// programs end in a loss; whoever exports a model wants what comes before it.

import { type BatchShape, type BlockKind, traceBlock } from '../model/block';
import { schemeNamed } from '../model/catalogue';
import { headLoss, leave } from '../model/ends';
import { TOKEN_TABLE } from '../model/heads';
import { parameterInputs } from '../model/layout';
import type { Model } from '../model/model';
import { blockPrograms, embeddingPrograms, type ObservedDerivative } from '../model/programs';

type Program = ObservedDerivative['forward'];

export interface ForwardPrograms {
  /** `tokens` int[B·T] and the embedding's parameters to `carry.<stream>` [B·T, C]. */
  readonly embedding: Program;
  /** `carry.<stream>`, `constant.<name>` and the layer's parameters to `carry.<stream>`. */
  readonly blocks: ReadonlyMap<BlockKind, Program>;
  /** `carry.<stream>`, the head's parameters and, where tied, the token table to `logits` [B·T, V]. */
  readonly head: Program;
}

const PLAIN = { statistics: [], dropping: false };

export function forwardPrograms(model: Model, shape: BatchShape): ForwardPrograms {
  const embedding = embeddingPrograms(model, shape, PLAIN).forward;
  const blocks = new Map(model.kinds.map((kind) => [kind, blockPrograms(model, kind, shape, 'nothing', PLAIN).forward]));
  return { embedding, blocks, head: headProgram(model, shape, embedding) };
}

function headProgram(model: Model, shape: BatchShape, embedding: Program): Program {
  const scheme = schemeNamed(model.config.scheme);
  const [kind] = model.kinds;
  const { tokens, [TOKEN_TABLE]: table } = embedding.inputs;
  if (!kind || !tokens || !table) throw new Error('a model has at least one layer, tokens and a token table');
  const entering = traceBlock(model.config, scheme, kind, shape, model.streams, []).inputs;
  const streams = Object.fromEntries(Object.entries(entering).filter(([name]) => name.startsWith('carry.')));
  const parameters = { ...parameterInputs(model.head), ...(model.tied ? { [model.tied]: table } : {}) };
  const carry = Object.fromEntries(Object.entries(streams).map(([name, value]) => [name.slice('carry.'.length), value]));
  // The loss is not an output, so what the targets are does not matter: they only have to be as many.
  const { logits } = headLoss(model.config, leave(model.config, scheme, parameters, carry), parameters, tokens);
  return { name: 'head', inputs: { ...streams, ...parameters }, outputs: { logits } };
}
