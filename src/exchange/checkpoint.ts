// A checkpoint of a run as whoever exports it needs it: the configuration in force, and weights that are
// read one tensor at a time, so that the largest model fits in little memory.

import path from 'node:path';
import { checkFormat, chosenCheckpoint, TRAINER_FILE, type WhichWeights, weightsFile } from '../experiment/checkpoints';
import { complete } from '../experiment/complete';
import type { ExperimentConfig } from '../experiment/config';
import { Failure } from '../experiment/failure';
import { readJson } from '../experiment/files';
import { isRecord } from '../experiment/record';
import { SafetensorsReader } from '../experiment/safetensors';
import { CATALOGUE } from '../model/catalogue';
import { describeModel, type Model } from '../model/model';

export interface SavedModel {
  /** Optimiser steps done. */
  readonly step: number;
  readonly config: ExperimentConfig;
  readonly model: Model;
  /** Holds every tensor of the model, in its shape. */
  readonly weights: SafetensorsReader;
}

/** A parameter by the name that checkpoints give it. */
export interface SavedParameter {
  readonly name: string;
  /** Matrices are in × out. */
  readonly shape: readonly number[];
}

/** Embedding, layers, head. */
export function savedParameters(model: Model): readonly SavedParameter[] {
  const layers = Array.from({ length: model.config.layers }, (_, i) =>
    model.kindOf(i + 1).layout.entries.map(({ name, shape }) => ({ name: savedName(i + 1, name), shape })),
  );
  return [...model.embedding.entries, ...layers.flat(), ...model.head.entries].map(({ name, shape }) => ({ name, shape }));
}

/** @param layer 1-based */
export const savedName = (layer: number, name: string): string => `layers.${layer}.${name}`;

/**
 * Opens the checkpoint of `step`, or the newest whole one; close `weights` afterwards.
 * @param which its weights, or their running average.
 * Throws `Failure` `checkpoint-none`, `export-no-such-step`, `checkpoint-malformed`, `checkpoint-newer-format`,
 * `checkpoint-other-model`, `checkpoint-without-average`, `safetensors-malformed`, `file-not-json` or a disk failure.
 */
export async function openSavedModel(run: string, step?: number, which: WhichWeights = 'trained'): Promise<SavedModel> {
  const { checkpoint } = await chosenCheckpoint(run, step);
  const file = path.join(checkpoint.folder, TRAINER_FILE);
  const config = configOf(await readJson(file), file);
  const model = describeModel(config.model);
  const opened = await weightsFile(checkpoint.folder, which);
  const weights = await SafetensorsReader.open(opened);
  try {
    for (const { name, shape } of savedParameters(model)) {
      const found = weights.has(name) ? weights.info(name).shape.join('×') : 'missing';
      const expected = shape.join('×');
      if (found !== expected) throw new Failure('checkpoint-other-model', { path: opened, field: name, value: found, expected });
    }
  } catch (error) {
    await weights.close();
    throw error;
  }
  return { step: checkpoint.step, config, model, weights };
}

/** The trainer checked the configuration before it started; here only another file's content can be met. */
function configOf(state: unknown, file: string): ExperimentConfig {
  const config = isRecord(state) ? state.config : undefined;
  if (!isRecord(config) || typeof config.format !== 'number' || !isRecord(config.model) || !isRecord(config.data))
    throw new Failure('checkpoint-malformed', { path: file });
  checkFormat(file, { ...(isRecord(state) && { format: state.format }), config });
  return complete(config as unknown as ExperimentConfig, CATALOGUE);
}
