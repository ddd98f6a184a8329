// Parameters by the names of gpt2 and openai-gpt. Both keep linear weights in × out as we do (their
// Conv1D), so nothing is transposed on the way.

import { TOKEN_TABLE } from '../model/heads';

export type ForeignType = 'gpt2' | 'openai-gpt';

const ENDS: Readonly<Record<ForeignType, Readonly<Record<string, string>>>> = {
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

/** Their name of a parameter that checkpoints call `name`; their layers count from 0. */
export function foreignName(type: ForeignType, name: string): string {
  const [, layer, inLayer = ''] = /^layers\.(\d+)\.(.+)$/.exec(name) ?? [];
  const found = layer === undefined ? ENDS[type][name] : IN_LAYER[inLayer];
  if (found === undefined) throw new Error(`${type} has no place for ${name}`);
  return layer === undefined ? found : `transformer.h.${Number(layer) - 1}.${found}`;
}
