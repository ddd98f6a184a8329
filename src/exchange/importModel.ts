// Reads a gpt2 or openai-gpt folder (config.json and model.safetensors) as a model of ours, and writes it as
// the first checkpoint of a run: from there everything that works on runs works on it, training included.

import path from 'node:path';
import { AVERAGED_FILE, MODEL_FILE, OPTIMISER_FILE, optimiserMetadata, TRAINER_FILE, writeCheckpoint } from '../experiment/checkpoints';
import type { ExperimentConfig } from '../experiment/config';
import { Failure } from '../experiment/failure';
import { readJson, writeJsonAtomic } from '../experiment/files';
import { isRecord } from '../experiment/runRecord';
import { SafetensorsReader, type TensorEntry, writeSafetensors } from '../experiment/safetensors';
import { optimiserNamed } from '../model/catalogue';
import type { ParameterLayout } from '../model/layout';
import { describeModel, type Model } from '../model/model';
import { planState } from '../model/optimiser/optimiser';
import { savedName, savedParameters } from './checkpoint';
import { GPT2_ACTIVATIONS, OPENAI_ACTIVATIONS } from './layouts';
import { type ForeignType, foreignName } from './names';

export interface ForeignModel {
  readonly type: ForeignType;
  /** Fields of a configuration, by path, that make it describe this model. */
  readonly fields: Readonly<Record<string, string | number | boolean>>;
}

const TOKENISERS: Readonly<Record<number, string>> = { 256: 'bytes', 50257: 'gpt2' };

/** What their configurations may say that we do not compute, and the only value that we do. */
const FIXED: Readonly<Record<string, unknown>> = {
  scale_attn_weights: true,
  scale_attn_by_inverse_layer_idx: false,
  add_cross_attention: false,
};

/** Throws `Failure` `import-no-config`, `import-layout`, `import-field`, `import-vocabulary`, `file-not-json` or a disk failure. */
export async function readForeignModel(folder: string): Promise<ForeignModel> {
  const file = path.join(folder, 'config.json');
  const config = await readJson(file);
  if (!isRecord(config)) throw new Failure('import-no-config', { path: folder });
  const wrong = (field: string): Failure =>
    new Failure('import-field', { path: file, field, value: JSON.stringify(config[field]) ?? 'missing' });
  const count = (field: string, fallback?: number): number => {
    const value = config[field] ?? fallback;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) throw wrong(field);
    return value;
  };
  const type = config.model_type;
  if (type !== 'gpt2' && type !== 'openai-gpt') throw new Failure('import-layout', { path: file, value: String(type) });
  for (const [field, value] of Object.entries(FIXED)) if ((config[field] ?? value) !== value) throw wrong(field);
  const isGpt2 = type === 'gpt2';
  const activationField = isGpt2 ? 'activation_function' : 'afn';
  const named = config[activationField] ?? (isGpt2 ? 'gelu_new' : 'gelu');
  const [activation] = Object.entries(isGpt2 ? GPT2_ACTIVATIONS : OPENAI_ACTIVATIONS).find(([, theirs]) => theirs === named) ?? [];
  if (activation === undefined) throw wrong(activationField);
  const epsilon = config.layer_norm_epsilon ?? 1e-5;
  if (typeof epsilon !== 'number' || !(epsilon > 0)) throw wrong('layer_norm_epsilon');
  const tied = config.tie_word_embeddings ?? true;
  if (typeof tied !== 'boolean') throw wrong('tie_word_embeddings');
  const vocabulary = count('vocab_size');
  const tokeniser = TOKENISERS[vocabulary];
  if (tokeniser === undefined) throw new Failure('import-vocabulary', { path: file, value: vocabulary });
  const hidden = count('n_embd');
  const fields = {
    'model.architecture': 'gpt',
    'model.layers': count('n_layer'),
    'model.hidden': hidden,
    'model.heads': count('n_head'),
    'model.feedForward': isGpt2 ? count('n_inner', 4 * hidden) : 4 * hidden,
    'model.context': count('n_positions'),
    'model.positions': 'learned',
    'model.tiedEmbeddings': tied,
    'model.activation': activation,
    'model.norm': 'layer-norm',
    'model.queryKeyNorm': false,
    'model.scheme': isGpt2 ? 'pre-ln' : 'post-ln',
    'model.finalNorm': isGpt2,
    'model.layerNormEpsilon': epsilon,
    'model.vocabulary': vocabulary,
    'data.tokeniser': tokeniser,
  };
  return { type, fields };
}

/**
 * Writes the model in `folder` as the checkpoint of step 0 of `run`, with optimiser state of 0; memory stays at one tensor.
 * @param config to which the fields of `readForeignModel` were given @param state the content of trainer.json
 * Throws `Failure` `import-no-weights`, `import-tensor`, `safetensors-malformed` or a disk failure.
 */
export async function importWeights(
  folder: string,
  type: ForeignType,
  run: string,
  config: ExperimentConfig,
  state: unknown,
): Promise<void> {
  const file = path.join(folder, MODEL_FILE);
  const reader = await SafetensorsReader.open(file).catch((error: unknown) => {
    if (error instanceof Failure) throw error;
    throw new Failure('import-no-weights', { path: folder }, { cause: error });
  });
  try {
    const model = describeModel(config.model);
    const parameters = savedParameters(model);
    const entries = parameters.map(({ name, shape }): TensorEntry => {
      const found = locate(reader, file, foreignName(type, name), shape);
      return { name, shape, data: () => reader.read(found) };
    });
    await writeCheckpoint(run, 0, async (checkpoint) => {
      await writeSafetensors(path.join(checkpoint, MODEL_FILE), entries);
      if (config.training.averaging > 0) await writeSafetensors(path.join(checkpoint, AVERAGED_FILE), entries);
      await writeSafetensors(path.join(checkpoint, OPTIMISER_FILE), initialState(model, config), optimiserMetadata(config));
      await writeJsonAtomic(path.join(checkpoint, TRAINER_FILE), state);
    });
  } finally {
    await reader.close();
  }
}

/** The name that the file has for a tensor: models saved without their head leave the prefix out. */
function locate(reader: SafetensorsReader, file: string, name: string, shape: readonly number[]): string {
  const found = [name, name.replace(/^transformer\./, '')].find((candidate) => reader.has(candidate));
  const value = found === undefined ? 'missing' : reader.info(found).shape.join('×');
  const expected = shape.join('×');
  if (found === undefined || value !== expected) throw new Failure('import-tensor', { file, name, value, expected });
  return found;
}

/** The state of an optimiser that has not made a step. */
function initialState(model: Model, { optimiser }: Pick<ExperimentConfig, 'optimiser'>): TensorEntry[] {
  const stateOf = (layout: ParameterLayout, layer?: number): TensorEntry[] =>
    planState(optimiserNamed(optimiser.name), layout, layer !== undefined).tensors.map(({ family, name, shape }) => ({
      name: `${family}.${layer === undefined ? name : savedName(layer, name)}`,
      shape,
      data: () => new Float32Array(shape.reduce((product, extent) => product * extent, 1)),
    }));
  const layers = Array.from({ length: model.config.layers }, (_, i) => stateOf(model.kindOf(i + 1).layout, i + 1));
  return [...stateOf(model.embedding), ...layers.flat(), ...stateOf(model.head)];
}
