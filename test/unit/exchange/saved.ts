// Runs with a checkpoint of a small model whose weights are large enough for every term to matter.

import path from 'node:path';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { openSavedModel, type SavedModel, savedParameters } from '../../../src/exchange/checkpoint';
import { forwardPrograms } from '../../../src/exchange/forward';
import { AVERAGED_FILE, MODEL_FILE, OPTIMISER_FILE, TRAINER_FILE, writeCheckpoint } from '../../../src/experiment/checkpoints';
import type { ExperimentConfig, ModelConfig } from '../../../src/experiment/config';
import { writeJsonAtomic } from '../../../src/experiment/files';
import { randomStream } from '../../../src/experiment/random';
import { createRun } from '../../../src/experiment/runDirectory';
import { writeSafetensors } from '../../../src/experiment/safetensors';
import { describeModel } from '../../../src/model/model';
import { scratch } from '../experiment/scratch';
import { smallConfig } from '../trainer/harness';

/** Weights by the names of checkpoints: gains about 1, everything else about 0. */
export function weightsOf(config: ExperimentConfig): Map<string, Float32Array> {
  return new Map(
    savedParameters(describeModel(config.model)).map(({ name, shape }, i) => {
      const random = randomStream(3, i);
      const centre = /gain$|scale$/.test(name) ? 1 : 0;
      return [name, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => centre + 0.3 * random.normal())];
    }),
  );
}

export interface SavedRun {
  readonly directory: string;
  readonly config: ExperimentConfig;
  readonly weights: Map<string, Float32Array>;
  open(step?: number): Promise<SavedModel>;
}

/** A run directory with a checkpoint at step 7. @param averaged whether it holds an average too: all weights twice as large. */
export async function savedRun(
  model: Partial<ModelConfig>,
  averaged = false,
  data: Partial<ExperimentConfig['data']> = {},
): Promise<SavedRun> {
  const small = smallConfig(model, averaged ? { averaging: 0.9 } : {});
  const config = { ...small, data: { ...small.data, ...data } };
  const { directory } = await createRun({ runs: path.join(scratch(), '.fathom', 'runs'), name: 'saved', config, kind: 'run' });
  const weights = weightsOf(config);
  const entries = savedParameters(describeModel(config.model)).map(({ name, shape }) => ({
    name,
    shape,
    data: weights.get(name) ?? new Float32Array(0),
  }));
  await writeCheckpoint(directory, 7, async (folder) => {
    await writeSafetensors(path.join(folder, MODEL_FILE), entries);
    const doubled = entries.map(({ data, ...entry }) => ({ ...entry, data: data.map((value) => 2 * value) }));
    if (averaged) await writeSafetensors(path.join(folder, AVERAGED_FILE), doubled);
    await writeSafetensors(path.join(folder, OPTIMISER_FILE), []);
    await writeJsonAtomic(path.join(folder, TRAINER_FILE), { format: 1, step: 7, config });
  });
  return { directory, config, weights, open: (step) => openSavedModel(directory, step) };
}

export function someTokens({ model }: ExperimentConfig): number[] {
  const random = randomStream(11);
  return Array.from({ length: model.context }, () => random.below(model.vocabulary));
}

/** Logits of one sequence by our own programs in float64, [T, V]. @param types of an encoder's tokens */
export async function ourLogits(
  { config, weights }: Pick<SavedRun, 'config' | 'weights'>,
  tokens: readonly number[],
  types: readonly number[] = tokens.map(() => 0),
): Promise<Float64Array> {
  const engine = createReferenceEngine();
  const model = describeModel(config.model);
  const programs = forwardPrograms(model, { batch: 1, context: config.model.context });
  const parameters = (prefix: string) =>
    Object.fromEntries(
      savedParameters(model)
        .filter(({ name }) => name.startsWith(prefix))
        .map(({ name, shape }) => [name.slice(prefix.length), engine.tensor(weights.get(name) ?? [], shape)]),
    );
  let carry = await (await engine.compile(programs.embedding)).run({
    ...parameters(''),
    tokens: engine.tensor(tokens, [tokens.length], 'int'),
    types: engine.tensor(types, [types.length], 'int'),
  });
  const padding = engine.tensor(new Float64Array(tokens.length), [1, 1, 1, tokens.length]);
  for (let layer = 1; layer <= config.model.layers; layer++) {
    const program = programs.blocks.get(model.kindOf(layer));
    if (!program) throw new Error('a kind without a program');
    const constants = Object.fromEntries(
      Object.entries(model.constantsOf(layer)).map(([name, value]) => [`constant.${name}`, engine.tensor([value], [])]),
    );
    carry = await (await engine.compile(program)).run({ ...parameters(`layers.${layer}.`), ...constants, ...carry, padding });
  }
  const { logits } = await (await engine.compile(programs.head)).run({ ...parameters(''), ...carry });
  if (!logits) throw new Error('a head without logits');
  return Float64Array.from(await engine.read(logits));
}

/** Largest difference between elements; NaN where any is. */
export function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Math.max(...Array.from({ length: a.length }, (_, i) => Math.abs((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN))));
}
