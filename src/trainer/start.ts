// The first weights of a run from another run's newest checkpoint instead of from an initialisation: how what
// was pretrained is fine-tuned. A head of another kind starts afresh.

import path from 'node:path';
import { latestCheckpoint, MODEL_FILE } from '../experiment/checkpoints';
import type { ExperimentConfig, ModelConfig } from '../experiment/config';
import { Failure } from '../experiment/failure';
import { SafetensorsReader } from '../experiment/safetensors';
import { sizeOf } from '../graph/value';
import { readTrainerState } from './checkpoint';
import { flatOf } from './memory';
import { allBlocks, prefixOf, type Weights } from './weights';

/** What both models have to have in common, or the weights would compute something else. */
const SHARED: readonly (keyof ModelConfig)[] = [
  'architecture',
  'layers',
  'hidden',
  'heads',
  'feedForward',
  'positions',
  'activation',
  'norm',
  'queryKeyNorm',
  'scheme',
  'schemeOptions',
  'finalNorm',
  'layerNormEpsilon',
  'vocabulary',
];

/**
 * Overwrites `weights`, which are initialised, with those of the run that `config.training.from` names; a shorter
 * context takes the first of the trained positions.
 * @returns the step of its checkpoint. Throws `Failure` `start-no-checkpoint`, `start-other-model`, and those of a
 * damaged checkpoint.
 */
export async function startFrom(weights: Weights, config: ExperimentConfig): Promise<number> {
  const run = config.training.from;
  const { latest } = await latestCheckpoint(run);
  if (!latest) throw new Failure('start-no-checkpoint', { field: 'training.from', value: run });
  const { config: theirs, step } = await readTrainerState(latest.folder);
  checkShared(run, config.model, theirs.model);
  const isSameHead = config.model.objective === theirs.model.objective;
  const reader = await SafetensorsReader.open(path.join(latest.folder, MODEL_FILE));
  try {
    for (const { place, layout, weight, average } of allBlocks(weights)) {
      if (place === 'head' && !isSameHead) continue;
      for (const { name, shape, offset } of layout.entries) {
        const values = await reader.read(prefixOf(place) + name);
        flatOf(weight).set(values.subarray(0, sizeOf(shape)), offset);
      }
      average?.set(flatOf(weight));
    }
  } finally {
    await reader.close();
  }
  return step;
}

function checkShared(run: string, own: ModelConfig, theirs: ModelConfig): void {
  const fail = (field: string, value: unknown, expected: unknown): never => {
    throw new Failure('start-other-model', { field: `model.${field}`, value: shown(value), expected: shown(expected), run });
  };
  for (const field of SHARED) if (shown(own[field]) !== shown(theirs[field])) fail(field, own[field], theirs[field]);
  if (own.context > theirs.context && own.positions === 'learned') fail('context', own.context, theirs.context);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
