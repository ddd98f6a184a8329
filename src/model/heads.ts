// What stands between the last stream and the logits, one head for each objective. Names and order of the
// encoder's heads are those of google-research/bert: transform, norm and tied decoder with a bias for masked
// tokens; pooler and classifier for pairs.

import type { ModelConfig } from '../experiment/config';
import { matmul } from '../graph/contract';
import { add, tanh } from '../graph/elementwise';
import type { Value } from '../graph/value';
import { activationNamed } from './activation';
import { affine } from './affine';
import type { ParameterSpec } from './layout';
import { normalise, normParameters, type ParameterOf } from './norm';

/** Shared with the head where it is a decoder and embeddings are tied. */
export const TOKEN_TABLE = 'embedding.tokens.weight';

/** Whether two texts mean the same. */
export const PAIR_CLASSES = 2;

export interface Head {
  /** Whether its last matrix has the token table's shape, and may be the token table. */
  readonly decodes: boolean;
  /** Beyond the final norm. */
  parameters(model: ModelConfig): readonly ParameterSpec[];
  /** The stream float[M, C] at the places that are asked about, to logits float[M, V or classes]. */
  logits(model: ModelConfig, x: Value, parameter: ParameterOf): Value;
}

const NEXT_TOKEN: Head = {
  decodes: true,
  parameters: decoder,
  logits: decoded,
};

const MASKED_TOKENS: Head = {
  decodes: true,
  parameters: (model) => [
    { name: 'head.transform.weight', shape: [model.hidden, model.hidden], part: 'head', role: 'head-transform' },
    ...decoder(model),
    { name: 'head.transform.bias', shape: [model.hidden], part: 'head', role: 'bias' },
    ...normParameters(model, 'head.transform_norm', model.hidden, 'head'),
    { name: 'head.output.bias', shape: [model.vocabulary], part: 'head', role: 'bias' },
  ],
  logits(model, x, parameter) {
    const transformed = transformActivation(model).apply(affine(x, parameter, 'head.transform'));
    return add(decoded(model, normalise(model, parameter, 'head.transform_norm', transformed), parameter), parameter('head.output.bias'));
  },
};

const PAIR_CLASS: Head = {
  decodes: false,
  parameters: ({ hidden }) => [
    { name: 'head.pooler.weight', shape: [hidden, hidden], part: 'head', role: 'head-transform' },
    { name: 'head.classifier.weight', shape: [hidden, PAIR_CLASSES], part: 'head', role: 'class-output' },
    { name: 'head.pooler.bias', shape: [hidden], part: 'head', role: 'bias' },
    { name: 'head.classifier.bias', shape: [PAIR_CLASSES], part: 'head', role: 'bias' },
  ],
  logits: (_, x, parameter) => affine(tanh(affine(x, parameter, 'head.pooler')), parameter, 'head.classifier'),
};

export function headOf({ objective }: ModelConfig): Head {
  if (objective === 'masked-tokens') return MASKED_TOKENS;
  return objective === 'pair-class' ? PAIR_CLASS : NEXT_TOKEN;
}

function decoder({ tiedEmbeddings, vocabulary, hidden }: ModelConfig): ParameterSpec[] {
  return tiedEmbeddings ? [] : [{ name: 'head.output.weight', shape: [vocabulary, hidden], part: 'head', role: 'vocabulary-output' }];
}

function decoded({ tiedEmbeddings }: ModelConfig, x: Value, parameter: ParameterOf): Value {
  return matmul(x, parameter(tiedEmbeddings ? TOKEN_TABLE : 'head.output.weight'), { transposeB: true });
}

/** The model's own activation, as in BERT; a gated one has nothing to gate here, so GELU stands in. */
function transformActivation({ activation }: ModelConfig) {
  const own = activationNamed(activation);
  return own.reads === 1 ? own : activationNamed('gelu');
}
