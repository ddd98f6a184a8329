// Writes a checkpoint as a folder that Hugging Face's `transformers` loads: config.json and
// model.safetensors, under the names of gpt2, openai-gpt or bert. A model that none of them computes keeps
// its own names, and the reason is given.

import path from 'node:path';
import type { ExperimentConfig } from '../experiment/config';
import { readText, writeFileAtomic, writeJsonAtomic } from '../experiment/files';
import { render } from '../experiment/messages';
import { type TensorEntry, writeSafetensors } from '../experiment/safetensors';
import { type SavedModel, savedParameters } from './checkpoint';
import { type Layout, layoutOf, type Reason } from './layouts';
import { type ForeignType, foreignTensors, toForeign } from './names';

export interface Exported {
  /** Of config.json's `model_type`; `fathom` for plain safetensors under our own names. */
  readonly type: ForeignType | 'fathom';
  /** Why it is no layout that other tools know. */
  readonly reason?: Reason;
}

/**
 * Writes the files into `folder`, which is there; memory stays at one tensor.
 * Throws disk `Failure`s and what reading weights throws.
 */
export async function exportHuggingFace(saved: SavedModel, folder: string): Promise<Exported> {
  const { config, weights, model, step } = saved;
  const layout = layoutOf(config.model);
  const known = 'type' in layout ? layout : undefined;
  const reason = 'type' in layout ? undefined : layout;
  const entries = savedParameters(model).flatMap(({ name, shape }): TensorEntry[] => {
    if (!known) return [{ name, shape, data: () => weights.read(name) }];
    const factor = BACK_INTO_STREAM.test(name) ? known.branchFactor : 1;
    return foreignTensors(known.type, name, shape).map((theirs) => ({
      name: theirs.name,
      shape: theirs.shape,
      data: async () => toForeign(scaled(await weights.read(name), factor), shape.at(-1) ?? 1, theirs),
    }));
  });
  await writeSafetensors(path.join(folder, 'model.safetensors'), entries);
  await writeJsonAtomic(path.join(folder, 'config.json'), known?.config ?? { model_type: 'fathom', ...config.model });
  const tokens = await tokensOf(config, folder);
  await writeFileAtomic(path.join(folder, 'README.md'), readme(config, step, layout, tokens));
  return { type: known?.type ?? 'fathom', ...(reason && { reason }) };
}

const BACK_INTO_STREAM = /\.(attention\.output|feed_forward\.out)\.(weight|bias)$/;

function scaled(values: Float32Array, factor: number): Float32Array {
  return factor === 1 ? values : values.map((value) => value * factor);
}

const ENCODER_BYTES =
  'Tokens are the bytes of UTF-8 text: token i is byte i, 0 to 255. The special tokens are [PAD] 256, [CLS] 257, [SEP] 258 and [MASK] 259;\na sequence is `[257, *first, 258, *second, 258]`, with token type 1 from the second text on.';

const TOKENISERS: Readonly<Record<Exclude<ExperimentConfig['data']['tokeniser'], 'wordpiece'>, string>> = {
  bytes:
    'Tokens are the bytes of UTF-8 text: token i is byte i, 0 to 255, with no special tokens. No tokeniser file is needed:\n`list(text.encode("utf-8"))` encodes and `bytes(tokens).decode("utf-8")` decodes.',
  gpt2: 'Tokens are those of the `gpt2` tokeniser (50 257 entries), which `AutoTokenizer.from_pretrained("gpt2")` gives.',
};

/** What the README says of tokens; a vocabulary comes along. */
async function tokensOf(config: ExperimentConfig, folder: string): Promise<string> {
  const { data, model } = config;
  if (data.tokeniser === 'wordpiece') return await copyVocabulary(config, folder);
  return data.tokeniser === 'bytes' && model.architecture === 'bert' ? ENCODER_BYTES : TOKENISERS[data.tokeniser];
}

/** What `AutoTokenizer` wants, where the vocabulary is still to be had. */
async function copyVocabulary({ data, model }: ExperimentConfig, folder: string): Promise<string> {
  const vocabulary = await readText(data.vocabularyFile).catch(() => undefined);
  if (vocabulary === undefined)
    return 'Tokens are word pieces of the `vocab.txt` that the model was trained with, which could not be read when it was exported. Put it here: line i, from 0, is token i.';
  await writeFileAtomic(path.join(folder, 'vocab.txt'), vocabulary);
  const settings = { tokenizer_class: 'BertTokenizer', do_lower_case: data.lowerCase, model_max_length: model.context };
  await writeJsonAtomic(path.join(folder, 'tokenizer_config.json'), settings);
  return 'Tokens are word pieces: line i of `vocab.txt`, from 0, is token i. `AutoTokenizer.from_pretrained(".")` encodes.';
}

const AUTO_MODELS: Readonly<Record<ExperimentConfig['model']['objective'], string>> = {
  'next-token': 'AutoModelForCausalLM',
  'masked-tokens': 'AutoModelForMaskedLM',
  'pair-class': 'AutoModelForSequenceClassification',
};

function readme(config: ExperimentConfig, step: number, layout: Layout | Reason, tokens: string): string {
  const what =
    'type' in layout
      ? `Load it with \`${AUTO_MODELS[config.model.objective]}.from_pretrained(".")\`; its layout is \`${layout.type}\`.${
          layout.branchFactor === 1
            ? ''
            : ` The residual scheme (\`${config.model.scheme}\`) is folded into the projections back into the stream and the LayerNorm epsilon, which changes nothing that is computed.`
        }`
      : `Plain safetensors under Fathom's own names, matrices stored in × out. ${render(layout.code, layout.args)}`;
  return `# ${config.name}\n\nExported by Fathom after ${step} steps.\n\n${what}\n\n## Tokens\n\n${tokens}\n`;
}
