// Parameters by the names, and in the shapes, of Hugging Face's layouts. gpt2 and openai-gpt keep linear weights
// in × out as we do (their Conv1D); bert keeps them out × in, and query, key and value apart.

import { TOKEN_TABLE } from '../model/heads';

export type ForeignType = 'gpt2' | 'openai-gpt' | 'bert';

/** A tensor of theirs that holds one of our parameters or a part of it. */
export interface ForeignTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Where it comes from: columns [from, to) of our matrix, or elements of our vector; transposed or as it is. */
  readonly from: number;
  readonly to: number;
  readonly transposed: boolean;
}

/**
 * What their layout has for a parameter that checkpoints call `name`; one tensor, or three for query, key and value.
 * @param shape ours, matrices in × out
 */
export function foreignTensors(type: ForeignType, name: string, shape: readonly number[]): readonly ForeignTensor[] {
  const width = shape.at(-1) ?? 1;
  if (type !== 'bert') return [{ name: causalName(type, name), shape, from: 0, to: width, transposed: false }];
  const transposed = shape.length === 2 && !name.startsWith('embedding.') && name !== 'head.output.weight';
  const names = bertNames(name);
  const each = width / names.length;
  return names.map((theirs, i) => ({
    name: theirs,
    shape: transposed ? [each, shape[0] ?? 1] : [...shape.slice(0, -1), each],
    from: i * each,
    to: (i + 1) * each,
    transposed,
  }));
}

/** Our parameter to the part that is theirs. @param values [rows, columns], or a vector as one row */
export function toForeign(values: Float32Array, columns: number, { from, to, transposed }: ForeignTensor): Float32Array {
  if (from === 0 && to === columns && !transposed) return values;
  const rows = values.length / columns;
  const width = to - from;
  const made = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++)
    for (let c = 0; c < width; c++) made[transposed ? c * rows + row : row * width + c] = values[row * columns + from + c] ?? 0;
  return made;
}

/** Puts theirs into its part of our parameter; the opposite of `toForeign`. */
export function fromForeign(target: Float32Array, columns: number, { from, to, transposed }: ForeignTensor, theirs: Float32Array): void {
  const rows = target.length / columns;
  const width = to - from;
  for (let row = 0; row < rows; row++)
    for (let c = 0; c < width; c++) target[row * columns + from + c] = theirs[transposed ? c * rows + row : row * width + c] ?? 0;
}

const ENDS: Readonly<Record<CausalType, Readonly<Record<string, string>>>> = {
  gpt2: {
    [TOKEN_TABLE]: 'transformer.wte.weight',
    'embedding.positions.weight': 'transformer.wpe.weight',
    'head.norm.gain': 'transformer.ln_f.weight',
    'head.norm.bias': 'transformer.ln_f.bias',
    'head.output.weight': 'lm_head.weight',
  },
  'openai-gpt': {
    [TOKEN_TABLE]: 'transformer.tokens_embed.weight',
    'embedding.positions.weight': 'transformer.positions_embed.weight',
    'head.output.weight': 'lm_head.weight',
  },
};

const IN_LAYER: Readonly<Record<string, string>> = {
  'attention.qkv.weight': 'attn.c_attn.weight',
  'attention.qkv.bias': 'attn.c_attn.bias',
  'attention.output.weight': 'attn.c_proj.weight',
  'attention.output.bias': 'attn.c_proj.bias',
  'attention.norm.gain': 'ln_1.weight',
  'attention.norm.bias': 'ln_1.bias',
  'feed_forward.in.weight': 'mlp.c_fc.weight',
  'feed_forward.in.bias': 'mlp.c_fc.bias',
  'feed_forward.out.weight': 'mlp.c_proj.weight',
  'feed_forward.out.bias': 'mlp.c_proj.bias',
  'feed_forward.norm.gain': 'ln_2.weight',
  'feed_forward.norm.bias': 'ln_2.bias',
};

type CausalType = Exclude<ForeignType, 'bert'>;

/** Their layers count from 0. */
function causalName(type: CausalType, name: string): string {
  const [, layer, inLayer = ''] = /^layers\.(\d+)\.(.+)$/.exec(name) ?? [];
  const found = layer === undefined ? ENDS[type][name] : IN_LAYER[inLayer];
  if (found === undefined) throw new Error(`${type} has no place for ${name}`);
  return layer === undefined ? found : `transformer.h.${Number(layer) - 1}.${found}`;
}

/** Of bert, but for `.weight` or `.bias` at the end of dense layers and norms. */
const BERT_ENDS: Readonly<Record<string, string>> = {
  [TOKEN_TABLE]: 'bert.embeddings.word_embeddings.weight',
  'embedding.positions.weight': 'bert.embeddings.position_embeddings.weight',
  'embedding.types.weight': 'bert.embeddings.token_type_embeddings.weight',
  'embedding.sum_norm.gain': 'bert.embeddings.LayerNorm.weight',
  'embedding.sum_norm.bias': 'bert.embeddings.LayerNorm.bias',
  'head.transform.weight': 'cls.predictions.transform.dense.weight',
  'head.transform.bias': 'cls.predictions.transform.dense.bias',
  'head.transform_norm.gain': 'cls.predictions.transform.LayerNorm.weight',
  'head.transform_norm.bias': 'cls.predictions.transform.LayerNorm.bias',
  'head.output.weight': 'cls.predictions.decoder.weight',
  'head.output.bias': 'cls.predictions.bias',
  'head.pooler.weight': 'bert.pooler.dense.weight',
  'head.pooler.bias': 'bert.pooler.dense.bias',
  'head.classifier.weight': 'classifier.weight',
  'head.classifier.bias': 'classifier.bias',
};

const BERT_IN_LAYER: Readonly<Record<string, readonly string[]>> = {
  'attention.qkv': ['attention.self.query', 'attention.self.key', 'attention.self.value'],
  'attention.output': ['attention.output.dense'],
  'attention.norm': ['attention.output.LayerNorm'],
  'feed_forward.in': ['intermediate.dense'],
  'feed_forward.out': ['output.dense'],
  'feed_forward.norm': ['output.LayerNorm'],
};

function bertNames(name: string): readonly string[] {
  const [, layer, place = '', which = ''] = /^layers\.(\d+)\.(.+)\.(\w+)$/.exec(name) ?? [];
  const end = BERT_ENDS[name];
  const found = layer === undefined ? end && [end] : BERT_IN_LAYER[place];
  if (!found) throw new Error(`bert has no place for ${name}`);
  if (layer === undefined) return found;
  return found.map((one) => `bert.encoder.layer.${Number(layer) - 1}.${one}.${which === 'gain' ? 'weight' : which}`);
}
