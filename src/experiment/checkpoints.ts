// Checkpoints of a run: `checkpoints/step-00000200/`, each a folder that is there whole or not at all.
// One is written beside its place and renamed into it, and nothing is deleted before what replaces it
// is safe, so that a crash, a kill or a full disk costs at most the checkpoint being written.

import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { CONFIG_FORMAT, type ExperimentConfig } from './config';
import { Failure } from './failure';
import { diskFailure, errnoOf, makeFolder, readJson, renameWithRetry, syncFolder } from './files';
import { isRecord } from './record';
import { checkpointsFolder } from './runDirectory';
import { SafetensorsReader } from './safetensors';

export const MODEL_FILE = 'model.safetensors';
/** Running average of the weights, under the model's own names; only with `training.averaging`. */
export const AVERAGED_FILE = 'averaged.safetensors';
export const OPTIMISER_FILE = 'optimizer.safetensors';
export const TRAINER_FILE = 'trainer.json';

/** Of `trainer.json`. */
export const CHECKPOINT_FORMAT = 1;

/**
 * Throws `Failure` `checkpoint-newer-format` where a `trainer.json`, or the configuration in it, is one that only a newer
 * Fathom understands: what it says may mean something else by now.
 */
export function checkFormat(file: string, state: { readonly format?: unknown; readonly config?: unknown }): void {
  const formats = [
    [state.format, CHECKPOINT_FORMAT],
    [isRecord(state.config) ? state.config.format : undefined, CONFIG_FORMAT],
  ] as const;
  for (const [value, known] of formats)
    if (typeof value === 'number' && value > known) throw new Failure('checkpoint-newer-format', { path: file, value, known });
}

/** What the header of `optimizer.safetensors` says about whose state it holds; without it, AdamW's. */
export function optimiserMetadata({ optimiser }: Pick<ExperimentConfig, 'optimiser'>): Readonly<Record<string, string>> {
  return { optimiser: optimiser.name };
}

/** Weights that a checkpoint may hold. */
export const WHICH_WEIGHTS = ['trained', 'averaged'] as const;
export type WhichWeights = (typeof WHICH_WEIGHTS)[number];

/** The file of a checkpoint that holds them. Throws `Failure` `checkpoint-without-average` or a disk failure. */
export async function weightsFile(folder: string, which: WhichWeights): Promise<string> {
  const names = await namesIn(folder);
  if (which === 'averaged' && !names.includes(AVERAGED_FILE)) throw new Failure('checkpoint-without-average', { path: folder });
  return path.join(folder, which === 'averaged' ? AVERAGED_FILE : MODEL_FILE);
}

/** Finished checkpoints; hidden names are folders being written, replaced or deleted. */
const CHECKPOINT = /^step-(\d{8,})$/;
const LEFTOVER = /^\.(step-\d{8,})\.(writing|replaced|deleting)-/;

export interface Checkpoint {
  readonly folder: string;
  /** Optimiser steps done. */
  readonly step: number;
}

export interface BrokenCheckpoint extends Checkpoint {
  readonly problem: Failure;
}

/**
 * Writes the checkpoint of `step`, replacing one of the same step.
 * @param run run directory
 * @param write fills the empty folder it is given
 * Throws disk `Failure`s and whatever `write` throws; every earlier checkpoint is then as it was.
 */
export async function writeCheckpoint(run: string, step: number, write: (folder: string) => Promise<void>): Promise<Checkpoint> {
  const parent = checkpointsFolder(run);
  const name = `step-${String(step).padStart(8, '0')}`;
  const folder = path.join(parent, name);
  const temporary = hidden(parent, name, 'writing');
  try {
    await makeFolder(parent);
    await mkdir(temporary);
    await write(temporary);
    await syncFiles(temporary);
    const replaced = hidden(parent, name, 'replaced');
    const before = await moveAside(folder, replaced);
    try {
      await renameWithRetry(temporary, folder);
    } catch (error) {
      if (before) await rename(replaced, folder);
      throw error;
    }
    await syncFolder(parent);
    if (before) await rm(replaced, { recursive: true, force: true });
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw diskFailure(error, folder);
  }
  return { folder, step };
}

/** Finished checkpoints, oldest first; none where the folder is missing. They may still turn out broken: `verifyCheckpoint`. */
export async function listCheckpoints(run: string): Promise<readonly Checkpoint[]> {
  const parent = checkpointsFolder(run);
  const found = (await namesIn(parent)).flatMap((name) => {
    const step = CHECKPOINT.exec(name)?.[1];
    return step === undefined ? [] : [{ folder: path.join(parent, name), step: Number(step) }];
  });
  return found.sort((a, b) => a.step - b.step);
}

/** Throws `Failure` `checkpoint-broken` unless every file is there, parses and is as long as its header says. */
export async function verifyCheckpoint(folder: string): Promise<void> {
  try {
    const state = await readJson(path.join(folder, TRAINER_FILE));
    if (!isRecord(state)) throw new Error(`${TRAINER_FILE} is missing or no object`);
    const averaged = isAveraged(state.config) ? [AVERAGED_FILE] : [];
    for (const file of [MODEL_FILE, OPTIMISER_FILE, ...averaged]) await (await SafetensorsReader.open(path.join(folder, file))).close();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Failure('checkpoint-broken', { path: folder, detail }, { cause: error });
  }
}

function isAveraged(config: unknown): boolean {
  const training = isRecord(config) ? config.training : undefined;
  return isRecord(training) && typeof training.averaging === 'number' && training.averaging > 0;
}

/**
 * The newest checkpoint that verifies, if there is one, and the newer ones that had to be passed over.
 * @param before only checkpoints of earlier steps count.
 */
export async function latestCheckpoint(
  run: string,
  before = Number.POSITIVE_INFINITY,
): Promise<{ readonly latest?: Checkpoint; readonly broken: readonly BrokenCheckpoint[] }> {
  const broken: BrokenCheckpoint[] = [];
  for (const checkpoint of (await listCheckpoints(run)).filter(({ step }) => step < before).toReversed()) {
    try {
      await verifyCheckpoint(checkpoint.folder);
      return { latest: checkpoint, broken };
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      broken.push({ ...checkpoint, problem: error });
    }
  }
  return { broken };
}

/**
 * The whole checkpoint of a step, or the newest whole one, with the newer ones that had to be passed over.
 * Throws `Failure` `checkpoint-none`, `checkpoint-all-broken`, `export-no-such-step`, `checkpoint-broken`, and disk failures.
 */
export async function chosenCheckpoint(
  run: string,
  step: number | undefined,
): Promise<{ readonly checkpoint: Checkpoint; readonly broken: readonly BrokenCheckpoint[] }> {
  if (step === undefined) {
    const { latest, broken } = await latestCheckpoint(run);
    if (latest) return { checkpoint: latest, broken };
    throw new Failure(broken.length > 0 ? 'checkpoint-all-broken' : 'checkpoint-none', { path: run });
  }
  const all = await listCheckpoints(run);
  const checkpoint = all.find((candidate) => candidate.step === step);
  if (all.length === 0) throw new Failure('checkpoint-none', { path: run });
  if (!checkpoint) throw new Failure('export-no-such-step', { value: step, known: all.map((candidate) => candidate.step).join(', ') });
  await verifyCheckpoint(checkpoint.folder);
  return { checkpoint, broken: [] };
}

/**
 * Deletes all but the newest `keep` checkpoints, the newest one that verifies, and those of the steps `kept`.
 * Throws disk `Failure`s.
 */
export async function pruneCheckpoints(run: string, keep: number, ...kept: readonly (number | undefined)[]): Promise<void> {
  const all = await listCheckpoints(run);
  const { latest } = await latestCheckpoint(run);
  const newest = new Set(all.slice(Math.max(0, all.length - Math.max(1, keep))).map(({ step }) => step));
  for (const { folder, step } of all) {
    if (newest.has(step) || step === latest?.step || kept.includes(step)) continue;
    await discard(folder);
  }
}

/** Deletes the checkpoints of these steps; those that are gone already are none. Throws disk `Failure`s. */
export async function discardSteps(run: string, steps: readonly number[]): Promise<void> {
  for (const checkpoint of await listCheckpoints(run)) if (steps.includes(checkpoint.step)) await discard(checkpoint.folder);
}

/** Deletes the checkpoints after `step`: the run goes on from there another way. Throws disk `Failure`s. */
export async function discardAfter(run: string, step: number): Promise<void> {
  for (const checkpoint of await listCheckpoints(run)) if (checkpoint.step > step) await discard(checkpoint.folder);
}

/**
 * Clears away what a crash left behind. Only the run's trainer may call this, before it writes: to
 * anybody else a checkpoint being written looks the same.
 */
export async function removeLeftovers(run: string): Promise<void> {
  const parent = checkpointsFolder(run);
  const names = await namesIn(parent);
  for (const leftover of names) {
    const [, name, kind] = LEFTOVER.exec(leftover) ?? [];
    if (name === undefined) continue;
    const folder = path.join(parent, leftover);
    // The crash came between moving the old one aside and moving the new one in.
    const restore = kind === 'replaced' && !names.includes(name);
    try {
      if (restore) await rename(folder, path.join(parent, name));
      else await rm(folder, { recursive: true, force: true });
    } catch (error) {
      throw diskFailure(error, folder);
    }
  }
}

/** Renamed first: a checkpoint half deleted must not be listed. */
async function discard(folder: string): Promise<void> {
  const doomed = hidden(path.dirname(folder), path.basename(folder), 'deleting');
  try {
    await renameWithRetry(folder, doomed);
    await rm(doomed, { recursive: true, force: true });
  } catch (error) {
    throw diskFailure(error, folder);
  }
}

async function moveAside(folder: string, to: string): Promise<boolean> {
  try {
    await renameWithRetry(folder, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function hidden(parent: string, name: string, kind: 'writing' | 'replaced' | 'deleting'): string {
  return path.join(parent, `.${name}.${kind}-${randomUUID()}`);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw diskFailure(error, folder);
  }
}

async function syncFiles(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const handle = await open(path.join(folder, name), 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
  await syncFolder(folder);
}
