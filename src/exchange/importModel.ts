// Writes the model in a gpt2, openai-gpt or bert folder as the first checkpoint of a run: from there everything that
// works on runs works on it, training included.

import path from 'node:path';
import { AVERAGED_FILE, MODEL_FILE, OPTIMISER_FILE, optimiserMetadata, TRAINER_FILE, writeCheckpoint } from '../experiment/checkpoints';
import type { ExperimentConfig } from '../experiment/config';
import { Failure } from '../experiment/failure';
import { writeJsonAtomic } from '../experiment/files';
import { SafetensorsReader, type TensorEntry, writeSafetensors } from '../experiment/safetensors';
import { optimiserNamed } from '../model/catalogue';
import type { ParameterLayout } from '../model/layout';
import { describeModel, type Model } from '../model/model';
import { planState } from '../model/optimiser/optimiser';
import { savedName, savedParameters } from './checkpoint';
import { type ForeignTensor, type ForeignType, foreignTensors, fromForeign } from './names';

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
      const parts = foreignTensors(type, name, shape).map((theirs) => ({ theirs, found: locate(reader, file, theirs) }));
      return { name, shape, data: () => assembled(reader, shape, parts) };
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

interface Located {
  readonly theirs: ForeignTensor;
  /** Its name in the file. */
  readonly found: string;
}

/** Our parameter from its parts. */
async function assembled(reader: SafetensorsReader, shape: readonly number[], parts: readonly Located[]): Promise<Float32Array> {
  const [first, ...others] = parts;
  if (first && others.length === 0 && !first.theirs.transposed) return reader.read(first.found);
  const values = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
  for (const { theirs, found } of parts) fromForeign(values, shape.at(-1) ?? 1, theirs, await reader.read(found));
  return values;
}

/** Their older names, and those of models saved without their head. */
function locate(reader: SafetensorsReader, file: string, { name, shape }: ForeignTensor): string {
  const old = name.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta');
  const candidates = [name, old].flatMap((one) => [one, one.replace(/^(transformer|bert)\./, '')]);
  const found = candidates.find((candidate) => reader.has(candidate));
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
