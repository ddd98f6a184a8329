// What resume needs, in standard files: weights and moments as safetensors, everything else as JSON.
// Resume is exact: the same numbers go on as if nothing had happened.

import path from 'node:path';
import type { BatchPosition } from '../data/dataset';
import type { Storage } from '../engine/engine';
import { writeCheckpoint } from '../experiment/checkpoints';
import { CONFIG_FORMAT, type ExperimentConfig } from '../experiment/config';
import { Failure } from '../experiment/failure';
import { readJson, writeJsonAtomic } from '../experiment/files';
import { SafetensorsReader, writeSafetensors } from '../experiment/safetensors';
import { allBlocks, type Block, prefixOf, type Weights } from './weights';

export const CHECKPOINT_FORMAT = 1;

/** `trainer.json`. */
export interface TrainerState {
  readonly format: number;
  /** Optimiser steps done. */
  readonly step: number;
  readonly position: BatchPosition;
  /** The effective configuration, with every applied edit; resume uses it. */
  readonly config: ExperimentConfig;
  /** What changes rounding; resume keeps it. */
  readonly pinned: Pinned;
  /** Lowest validation loss so far and its step. */
  readonly best?: { readonly step: number; readonly loss: number };
}

export interface Pinned {
  readonly engine: 'onnxruntime' | 'reference';
  readonly engineVersion: string;
  readonly workers: number;
  /** Layers that keep activations rather than recompute them. */
  readonly savedLayers: number;
  /** Layers between kept borders; absent where every border is kept. */
  readonly segment?: number;
}

interface Piece {
  readonly name: string;
  readonly shape: readonly number[];
  readonly storage: Storage;
  readonly offset: number;
}

function pieces(block: Pick<Block, 'place' | 'layout'>, storage: Storage, prefix = ''): Piece[] {
  return block.layout.entries.map(({ name, shape, offset }) => ({ name: prefix + prefixOf(block.place) + name, shape, storage, offset }));
}

type WeightBlock = Pick<Block, 'place' | 'layout' | 'weight'>;

const modelPieces = (blocks: readonly WeightBlock[]): Piece[] => blocks.flatMap((block) => pieces(block, block.weight));
const optimiserPieces = (weights: Weights): Piece[] =>
  allBlocks(weights).flatMap((block) => [...pieces(block, block.first, 'first.'), ...pieces(block, block.second, 'second.')]);

/** Writes `checkpoints/step-<step>/` whole or not at all. */
export async function saveCheckpoint(directory: string, weights: Weights, state: TrainerState): Promise<void> {
  await writeCheckpoint(directory, state.step, async (folder) => {
    await writeSafetensors(path.join(folder, 'model.safetensors'), modelPieces(allBlocks(weights)).map(entryOf), { format: 'pt' });
    await writeSafetensors(path.join(folder, 'optimizer.safetensors'), optimiserPieces(weights).map(entryOf), { format: 'pt' });
    await writeJsonAtomic(path.join(folder, 'trainer.json'), state);
  });
}

function entryOf({ name, shape, storage, offset }: Piece) {
  const length = shape.reduce((a, b) => a * b, 1);
  return { name, shape, data: async () => Float32Array.from(hostPart(storage, offset, length)) };
}

function hostPart(storage: Storage, offset: number, length: number): Float32Array | Float64Array {
  if (!storage.flat) throw new Error('this engine keeps its memory out of reach of checkpoints');
  return storage.flat.subarray(offset, offset + length);
}

/** Reads and checks `trainer.json` of a checkpoint folder. */
export async function readTrainerState(folder: string): Promise<TrainerState> {
  const file = path.join(folder, 'trainer.json');
  const state = (await readJson(file)) as Partial<TrainerState> | undefined;
  if (typeof state?.format !== 'number' || typeof state.step !== 'number' || !state.position || !state.config || !state.pinned)
    throw new Failure('checkpoint-malformed', { path: file });
  if (state.format > CHECKPOINT_FORMAT || state.config.format > CONFIG_FORMAT)
    throw new Failure('checkpoint-newer-format', { path: file, value: state.format, known: CHECKPOINT_FORMAT });
  return state as TrainerState;
}

/** Fills weights and moments from a checkpoint folder. */
export async function loadCheckpoint(folder: string, weights: Weights): Promise<void> {
  await loadModel(folder, allBlocks(weights));
  await load(path.join(folder, 'optimizer.safetensors'), optimiserPieces(weights));
}

/** Fills weights alone: all that a model needs that is not trained further. */
export async function loadModel(folder: string, blocks: readonly WeightBlock[]): Promise<void> {
  await load(path.join(folder, 'model.safetensors'), modelPieces(blocks));
}

async function load(file: string, wanted: readonly Piece[]): Promise<void> {
  const reader = await SafetensorsReader.open(file);
  try {
    for (const { name, shape, storage, offset } of wanted) {
      const found = reader.names.includes(name) ? reader.info(name).shape.join('×') : 'missing';
      if (found !== shape.join('×'))
        throw new Failure('checkpoint-other-model', { path: file, field: name, value: found, expected: shape.join('×') });
      const data = await reader.read(name);
      hostPart(storage, offset, data.length).set(data);
    }
  } finally {
    await reader.close();
  }
}
