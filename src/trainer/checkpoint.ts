// What resume needs, in standard files: weights and the optimiser's state as safetensors, everything else as JSON.
// Resume is exact: the same numbers go on as if nothing had happened.

import path from 'node:path';
import type { BatchPosition } from '../data/trainingData';
import type { EngineName } from '../engine/select';
import {
  AVERAGED_FILE,
  checkFormat,
  MODEL_FILE,
  OPTIMISER_FILE,
  optimiserMetadata,
  TRAINER_FILE,
  type WhichWeights,
  weightsFile,
  writeCheckpoint,
} from '../experiment/checkpoints';
import type { ExperimentConfig } from '../experiment/config';
import { Failure } from '../experiment/failure';
import { readJson, writeJsonAtomic } from '../experiment/files';
import { SafetensorsReader, type TensorEntry, writeSafetensors } from '../experiment/safetensors';
import { sizeOf } from '../graph/value';
import type { Floats } from '../model/optimiser/optimiser';
import type { KeptActivations } from '../model/programs';
import type { LossScaleState } from './lossScale';
import { flatOf } from './memory';
import type { WatchdogState } from './watchdog/watchdog';
import { allBlocks, type Block, prefixOf, type Weights } from './weights';

/** `trainer.json`. */
export interface TrainerState {
  readonly format: number;
  /** Optimiser steps done. */
  readonly step: number;
  readonly position: BatchPosition;
  /** The effective configuration, with every applied edit; resume uses it. */
  readonly config: ExperimentConfig;
  /** How many of the edits in `run.json` that configuration holds; absent for none. */
  readonly edits?: number;
  /** What changes rounding; resume keeps it. Absent at the start of a fork that may choose anew. */
  readonly pinned?: Pinned;
  /** Lowest validation loss so far and its step. */
  readonly best?: { readonly step: number; readonly loss: number };
  /** Left out by older trainers. */
  readonly watchdog?: WatchdogState;
  /** Where cotangents wait in halves. */
  readonly lossScale?: LossScaleState;
}

export interface Pinned {
  readonly engine: EngineName;
  readonly engineVersion: string;
  readonly workers: number;
  /** Layers that keep activations rather than recompute them. */
  readonly savedLayers: number;
  /** What those keep; absent where it is their sums, all that earlier versions kept. */
  readonly kept?: KeptActivations;
  /** Layers between kept borders; absent where every border is kept. */
  readonly segment?: number;
}

/** A tensor of a checkpoint and the memory it is in. */
interface Kept {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Floats;
}

type WeightBlock = Pick<Block, 'place' | 'layout' | 'weight'>;

const keptModel = (blocks: readonly WeightBlock[]): Kept[] =>
  blocks.flatMap(({ place, layout, weight }) =>
    layout.entries.map(({ name, shape, offset }) => kept(prefixOf(place) + name, shape, flatOf(weight), offset)),
  );

const keptAverage = (weights: Weights): Kept[] =>
  allBlocks(weights).flatMap(({ place, layout, average }) =>
    average ? layout.entries.map(({ name, shape, offset }) => kept(prefixOf(place) + name, shape, average, offset)) : [],
  );

const keptState = (weights: Weights): Kept[] =>
  allBlocks(weights).flatMap(({ place, state: { plan, flat } }) =>
    plan.tensors.map(({ family, name, shape, offset }) => kept(`${family}.${prefixOf(place)}${name}`, shape, flat, offset)),
  );

function kept(name: string, shape: readonly number[], flat: Floats, offset: number): Kept {
  return { name, shape, data: flat.subarray(offset, offset + sizeOf(shape)) };
}

/** Writes `checkpoints/step-<step>/` whole or not at all. */
export async function saveCheckpoint(directory: string, weights: Weights, state: TrainerState): Promise<void> {
  await writeCheckpoint(directory, state.step, async (folder) => {
    await writeSafetensors(path.join(folder, MODEL_FILE), keptModel(allBlocks(weights)).map(entryOf));
    if (state.config.training.averaging > 0) await writeSafetensors(path.join(folder, AVERAGED_FILE), keptAverage(weights).map(entryOf));
    await writeSafetensors(path.join(folder, OPTIMISER_FILE), keptState(weights).map(entryOf), optimiserMetadata(state.config));
    await writeTrainerState(folder, state);
  });
}

/** Puts another `trainer.json` into a checkpoint folder. */
export async function writeTrainerState(folder: string, state: TrainerState): Promise<void> {
  await writeJsonAtomic(path.join(folder, TRAINER_FILE), state);
}

function entryOf({ name, shape, data }: Kept): TensorEntry {
  return { name, shape, data: () => (data instanceof Float32Array ? data : Float32Array.from(data)) };
}

/** Reads and checks `trainer.json` of a checkpoint folder. */
export async function readTrainerState(folder: string): Promise<TrainerState> {
  const file = path.join(folder, TRAINER_FILE);
  const state = (await readJson(file)) as Partial<TrainerState> | undefined;
  if (typeof state?.format !== 'number' || typeof state.step !== 'number' || !state.position || !state.config)
    throw new Failure('checkpoint-malformed', { path: file });
  checkFormat(file, state);
  return state as TrainerState;
}

/**
 * Fills weights, their average and the optimiser's state from a checkpoint folder.
 * Throws `Failure` `checkpoint-other-optimiser`, `checkpoint-other-model` and what reading tensors throws.
 * @param config in force, which `weights` were allocated for.
 */
export async function loadCheckpoint(
  folder: string,
  weights: Weights,
  config: Pick<ExperimentConfig, 'optimiser' | 'training'>,
): Promise<void> {
  await loadModel(folder, allBlocks(weights));
  if (config.training.averaging > 0) await load(path.join(folder, AVERAGED_FILE), keptAverage(weights));
  await load(path.join(folder, OPTIMISER_FILE), keptState(weights), ({ optimiser = 'adamw' }, file) => {
    const expected = config.optimiser.name;
    if (optimiser !== expected) throw new Failure('checkpoint-other-optimiser', { path: file, value: optimiser, expected });
  });
}

/**
 * Fills weights alone: all that a model needs that is not trained further.
 * Throws `Failure` `checkpoint-without-average`, `checkpoint-other-model` and what reading tensors throws.
 */
export async function loadModel(folder: string, blocks: readonly WeightBlock[], which: WhichWeights = 'trained'): Promise<void> {
  await load(await weightsFile(folder, which), keptModel(blocks));
}

type Metadata = Readonly<Record<string, string>>;

async function load(file: string, wanted: readonly Kept[], check?: (metadata: Metadata, file: string) => void): Promise<void> {
  const reader = await SafetensorsReader.open(file);
  try {
    check?.(reader.metadata, file);
    for (const { name, shape, data } of wanted) {
      const found = reader.has(name) ? reader.info(name).shape.join('×') : 'missing';
      if (found !== shape.join('×'))
        throw new Failure('checkpoint-other-model', { path: file, field: name, value: found, expected: shape.join('×') });
      data.set(await reader.read(name));
    }
  } finally {
    await reader.close();
  }
}
