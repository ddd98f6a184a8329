// The two ends of a model: tokens to the stream, and the stream to a loss.

import type { ModelConfig } from '../experiment/config';
import { add, negate } from '../graph/elementwise';
import { pick, rows } from '../graph/indexing';
import { logSoftmax } from '../graph/normalise';
import { total } from '../graph/reduce';
import { reshape } from '../graph/shape';
import type { Value } from '../graph/value';
import type { BatchShape } from './block';
import { headOf, TOKEN_TABLE } from './heads';
import { layOut, type ParameterLayout, type ParameterSpec } from './layout';
import { normalise, normParameters } from './norm';
import { type Carry, type End, type EndScope, type ResidualScheme, streamOf } from './residual/scheme';

const TYPE_TABLE = 'embedding.types.weight';
/** The first and the second segment of an encoder's input. */
export const TOKEN_TYPES = 2;
/** Of an encoder's summed embeddings (arXiv 1810.04805, google-research/bert). */
const EMBEDDING_NORM = 'embedding.sum_norm';

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
    ...(model.architecture === 'bert'
      ? [
          { name: TYPE_TABLE, shape: [TOKEN_TYPES, model.hidden], part: 'embedding', role: 'type-embedding' } as const,
          ...normParameters(model, EMBEDDING_NORM, model.hidden, 'embedding'),
        ]
      : []),
    ...ofScheme(model, scheme, 'embedding'),
  ]);
}

export function headLayout(model: ModelConfig, scheme: ResidualScheme): ParameterLayout {
  return layOut([
    ...headOf(model).parameters(model),
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

/**
 * `tokens` int[N], and `types` int[N] of an encoder, to the stream, float[N, C].
 * @param parameters the embedding layout's, by name.
 */
export function embed(
  model: ModelConfig,
  { batch: B, context: T }: BatchShape,
  parameters: Readonly<Record<string, Value>>,
  tokens: Value,
  types?: Value,
): Value {
  const C = model.hidden;
  const words = rows(parameters[TOKEN_TABLE] as Value, tokens);
  const positions = parameters['embedding.positions.weight'];
  const placed = positions ? reshape(add(reshape(words, [B, T, C]), positions), [B * T, C]) : words;
  const table = parameters[TYPE_TABLE];
  if (!table || !types) return placed;
  return normalise(model, (name) => parameters[name] as Value, EMBEDDING_NORM, add(placed, rows(table, types)));
}

/**
 * The stream float[N, C] and `targets` int[M] to `loss`, the sum of −ln p(target) over the targets in nats, and
 * `logits` float[M, V or classes]. @param x at the places that targets belong to.
 * @param parameters the head layout's, and the token table where tied.
 */
export function headLoss(
  model: ModelConfig,
  x: Value,
  parameters: Readonly<Record<string, Value>>,
  targets: Value,
): { loss: Value; logits: Value } {
  const parameter = (name: string): Value => parameters[name] as Value;
  const normed = model.finalNorm ? normalise(model, parameter, FINAL_NORM, x) : x;
  const logits = headOf(model).logits(model, normed, parameter);
  return { loss: negate(total(pick(logSoftmax(logits), targets))), logits };
}
