// The two ends of a model: tokens to the stream, and the stream to a loss.

import type { ModelConfig } from '../experiment/config';
import { matmul } from '../graph/contract';
import { add, negate } from '../graph/elementwise';
import { pick, rows } from '../graph/indexing';
import { layerNorm, logSoftmax } from '../graph/normalise';
import { total } from '../graph/reduce';
import { reshape } from '../graph/shape';
import type { Value } from '../graph/value';
import type { BatchShape } from './block';
import { layOut, type ParameterLayout } from './layout';

/** Shared with the head when embeddings are tied. */
export const TOKEN_TABLE = 'embedding.tokens.weight';

export function embeddingLayout(model: ModelConfig): ParameterLayout {
  return layOut([
    { name: TOKEN_TABLE, shape: [model.vocabulary, model.hidden], part: 'embedding', role: 'token-embedding' },
    ...(model.positions === 'learned'
      ? [
          {
            name: 'embedding.positions.weight',
            shape: [model.context, model.hidden],
            part: 'embedding',
            role: 'position-embedding',
          } as const,
        ]
      : []),
  ]);
}

export function headLayout(model: ModelConfig): ParameterLayout {
  return layOut([
    ...(model.tiedEmbeddings
      ? []
      : [{ name: 'head.output.weight', shape: [model.vocabulary, model.hidden], part: 'head', role: 'vocabulary-output' } as const]),
    ...(model.finalNorm
      ? [
          { name: 'head.norm.gain', shape: [model.hidden], part: 'head', role: 'gain' } as const,
          { name: 'head.norm.bias', shape: [model.hidden], part: 'head', role: 'bias' } as const,
        ]
      : []),
  ]);
}

/** `tokens` int[N] to the stream, float[N, C]. @param parameters the embedding layout's, by name. */
export function embed(
  model: ModelConfig,
  { batch: B, context: T }: BatchShape,
  parameters: Readonly<Record<string, Value>>,
  tokens: Value,
): Value {
  const embedded = rows(parameters[TOKEN_TABLE] as Value, tokens);
  const positions = parameters['embedding.positions.weight'];
  const C = model.hidden;
  return positions ? reshape(add(reshape(embedded, [B, T, C]), positions), [B * T, C]) : embedded;
}

/**
 * The stream float[N, C] and `targets` int[N] to `loss`, the sum of −ln p(target) over the N tokens in
 * nats, and `logits` float[N, V]. @param parameters the head layout's, and the token table where tied.
 */
export function headLoss(
  model: ModelConfig,
  x: Value,
  parameters: Readonly<Record<string, Value>>,
  targets: Value,
): { loss: Value; logits: Value } {
  const [gain, bias] = [parameters['head.norm.gain'], parameters['head.norm.bias']];
  const normed = gain && bias ? layerNorm(x, gain, bias, model.layerNormEpsilon) : x;
  const table = parameters[model.tiedEmbeddings ? TOKEN_TABLE : 'head.output.weight'] as Value;
  const logits = matmul(normed, table, { transposeB: true });
  return { loss: negate(total(pick(logSoftmax(logits), targets))), logits };
}
