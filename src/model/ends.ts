// The two ends of a model: tokens to the stream, and the stream to a loss.

import type { ModelConfig } from '../experiment/config';
import { matmul } from '../graph/contract';
import { add, negate } from '../graph/elementwise';
import { pick, rows } from '../graph/indexing';
import { logSoftmax } from '../graph/normalise';
import { total } from '../graph/reduce';
import { reshape } from '../graph/shape';
import type { Value } from '../graph/value';
import type { BatchShape } from './block';
import { layOut, type ParameterLayout, type ParameterSpec } from './layout';
import { normalise, normParameters } from './norm';
import { type Carry, type End, type EndScope, type ResidualScheme, streamOf } from './residual/scheme';

/** Shared with the head when embeddings are tied. */
export const TOKEN_TABLE = 'embedding.tokens.weight';

/** The site of dropout on the embedding. */
export const EMBEDDING_SITE = 'embedding';

export function embeddingLayout(model: ModelConfig, scheme: ResidualScheme): ParameterLayout {
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
    ...ofScheme(model, scheme, 'embedding'),
  ]);
}

export function headLayout(model: ModelConfig, scheme: ResidualScheme): ParameterLayout {
  return layOut([
    ...(model.tiedEmbeddings
      ? []
      : [{ name: 'head.output.weight', shape: [model.vocabulary, model.hidden], part: 'head', role: 'vocabulary-output' } as const]),
    ...(model.finalNorm ? normParameters(model, FINAL_NORM, model.hidden, 'head') : []),
    ...ofScheme(model, scheme, 'head'),
  ]);
}

const FINAL_NORM = 'head.norm';

function ofScheme(model: ModelConfig, scheme: ResidualScheme, end: End): ParameterSpec[] {
  const norms = (scheme.endNorms?.[end] ?? []).flatMap((name) => normParameters(model, `${end}.${name}`, model.hidden, end));
  return [...norms, ...(scheme.endParameters?.(end, model) ?? [])];
}

function endScope(model: ModelConfig, parameters: Readonly<Record<string, Value>>, end: End): EndScope {
  const parameter = (name: string): Value => {
    const found = parameters[name];
    if (!found) throw new Error(`the ${end} has no parameter '${name}'`);
    return found;
  };
  return { model, parameter, norm: (x, name) => normalise(model, parameter, `${end}.${name}`, x) };
}

/** The embedding float[N, C] to the scheme's streams. @param parameters the embedding layout's, by name. */
export function enter(model: ModelConfig, scheme: ResidualScheme, parameters: Readonly<Record<string, Value>>, embedded: Value): Carry {
  return scheme.enter?.(embedded, endScope(model, parameters, 'embedding')) ?? { x: embedded };
}

/** The scheme's streams to the one that the head reads. @param parameters the head layout's, by name. */
export function leave(model: ModelConfig, scheme: ResidualScheme, parameters: Readonly<Record<string, Value>>, streams: Carry): Value {
  return scheme.exit?.(streams, endScope(model, parameters, 'head')) ?? streamOf(streams);
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
  const normed = model.finalNorm ? normalise(model, (name) => parameters[name] as Value, FINAL_NORM, x) : x;
  const table = parameters[model.tiedEmbeddings ? TOKEN_TABLE : 'head.output.weight'] as Value;
  const logits = matmul(normed, table, { transposeB: true });
  return { loss: negate(total(pick(logSoftmax(logits), targets))), logits };
}
