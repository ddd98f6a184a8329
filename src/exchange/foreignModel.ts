// What the config.json of a Hugging Face model says, as the fields of a configuration of ours; and, where it says
// something that no model of ours is, which field that is.

import path from 'node:path';
import { Failure } from '../experiment/failure';
import { readJson } from '../experiment/files';
import { isRecord } from '../experiment/record';
import { TOKEN_TYPES } from '../model/ends';
import { ACTIVATIONS, OPENAI_ACTIVATIONS } from './layouts';
import type { ForeignType } from './names';

type FieldValues = Readonly<Record<string, string | number | boolean>>;

export interface ForeignModel {
  readonly type: ForeignType;
  /** Fields of a configuration, by path, that make it describe this model. */
  readonly fields: FieldValues;
}

/** Throws `Failure` `import-no-config`, `import-layout`, `import-field`, `import-vocabulary`, `file-not-json` or a disk failure. */
export async function readForeignModel(folder: string): Promise<ForeignModel> {
  const file = path.join(folder, 'config.json');
  const values = await readJson(file);
  if (!isRecord(values)) throw new Failure('import-no-config', { path: folder });
  const config = new ForeignConfig(file, values);
  const type = values.model_type;
  if (type === 'bert') return { type, fields: bertFields(config) };
  if (type === 'gpt2' || type === 'openai-gpt') return { type, fields: gptFields(config, type === 'gpt2') };
  throw new Failure('import-layout', { path: file, value: excerpt(type) });
}

/** What a stranger's file says, short enough for a message. */
function excerpt(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'missing');
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}

/** Their configuration, whose missing fields have defaults that differ from layout to layout. */
class ForeignConfig {
  constructor(
    readonly file: string,
    readonly values: Readonly<Record<string, unknown>>,
  ) {}

  wrong(field: string): Failure {
    return new Failure('import-field', { path: this.file, field, value: excerpt(this.values[field]) });
  }

  count(field: string, fallback?: number): number {
    const value = this.values[field] ?? fallback;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) throw this.wrong(field);
    return value;
  }

  positive(field: string, fallback: number): number {
    const value = this.values[field] ?? fallback;
    if (typeof value !== 'number' || !(value > 0)) throw this.wrong(field);
    return value;
  }

  flag(field: string, fallback: boolean): boolean {
    const value = this.values[field] ?? fallback;
    if (typeof value !== 'boolean') throw this.wrong(field);
    return value;
  }

  /** @returns our name of an activation. */
  activation(field: string, fallback: string, names: Readonly<Record<string, string>>): string {
    const value = this.values[field] ?? fallback;
    const [ours] = Object.entries(names).find(([, theirs]) => theirs === value) ?? [];
    if (ours === undefined) throw this.wrong(field);
    return ours;
  }

  /** Fields that may say what we do not compute, with the only value that we do. */
  fixed(only: Readonly<Record<string, unknown>>): void {
    for (const [field, value] of Object.entries(only)) if ((this.values[field] ?? value) !== value) throw this.wrong(field);
  }
}

const TOKENISERS: Readonly<Record<number, string>> = { 256: 'bytes', 50257: 'gpt2' };
/** Bytes and four special tokens. */
const ENCODER_BYTES = 260;
/** The least that a configuration may say; what exports fold may be less, and so small that it does not matter. */
const LEAST_EPSILON = 1e-12;

function gptFields(config: ForeignConfig, isGpt2: boolean): FieldValues {
  config.fixed({ scale_attn_weights: true, scale_attn_by_inverse_layer_idx: false, add_cross_attention: false });
  const activation = isGpt2
    ? config.activation('activation_function', 'gelu_new', ACTIVATIONS)
    : config.activation('afn', 'gelu', OPENAI_ACTIVATIONS);
  const vocabulary = config.count('vocab_size');
  const tokeniser = TOKENISERS[vocabulary];
  if (tokeniser === undefined) throw new Failure('import-vocabulary', { path: config.file, value: vocabulary });
  const hidden = config.count('n_embd');
  return {
    'model.architecture': 'gpt',
    'model.objective': 'next-token',
    'model.layers': config.count('n_layer'),
    'model.hidden': hidden,
    'model.heads': config.count('n_head'),
    'model.feedForward': isGpt2 ? config.count('n_inner', 4 * hidden) : 4 * hidden,
    'model.context': config.count('n_positions'),
    'model.positions': 'learned',
    'model.tiedEmbeddings': config.flag('tie_word_embeddings', true),
    'model.activation': activation,
    'model.norm': 'layer-norm',
    'model.queryKeyNorm': false,
    'model.scheme': isGpt2 ? 'pre-ln' : 'post-ln',
    'model.finalNorm': isGpt2,
    'model.layerNormEpsilon': config.positive('layer_norm_epsilon', 1e-5),
    'model.vocabulary': vocabulary,
    'data.tokeniser': tokeniser,
  };
}

function bertFields(config: ForeignConfig): FieldValues {
  config.fixed({ position_embedding_type: 'absolute', is_decoder: false, add_cross_attention: false, type_vocab_size: TOKEN_TYPES });
  const vocabulary = config.count('vocab_size');
  const { architectures } = config.values;
  const isClassifier = Array.isArray(architectures) && architectures.includes('BertForSequenceClassification');
  return {
    'model.architecture': 'bert',
    'model.objective': isClassifier ? 'pair-class' : 'masked-tokens',
    'model.layers': config.count('num_hidden_layers', 12),
    'model.hidden': config.count('hidden_size', 768),
    'model.heads': config.count('num_attention_heads', 12),
    'model.feedForward': config.count('intermediate_size', 3072),
    'model.context': config.count('max_position_embeddings', 512),
    'model.positions': 'learned',
    'model.tiedEmbeddings': config.flag('tie_word_embeddings', true),
    'model.activation': config.activation('hidden_act', 'gelu', ACTIVATIONS),
    'model.norm': 'layer-norm',
    'model.queryKeyNorm': false,
    'model.scheme': 'post-ln',
    'model.finalNorm': false,
    'model.layerNormEpsilon': Math.max(LEAST_EPSILON, config.positive('layer_norm_eps', 1e-12)),
    'model.vocabulary': vocabulary,
    'data.tokeniser': vocabulary === ENCODER_BYTES ? 'bytes' : 'wordpiece',
  };
}
