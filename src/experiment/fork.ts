// A fork: a new run that begins where a checkpoint of another one stands, with some of its configuration
// changed. To the trainer it is a run to resume, so its first step is what the parent's next would have been.

import { constants } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Catalogue } from './catalogue';
import {
  AVERAGED_FILE,
  type Checkpoint,
  checkFormat,
  chosenCheckpoint,
  MODEL_FILE,
  OPTIMISER_FILE,
  TRAINER_FILE,
  writeCheckpoint,
} from './checkpoints';
import type { ExperimentConfig } from './config';
import { Failure } from './failure';
import { readJson, writeJsonAtomic } from './files';
import { isRecord } from './record';
import { isFixedByCheckpoint } from './remedy';
import type { RunRecord } from './run';
import { createRun, readRun, writeRun } from './runDirectory';
import { validate } from './validate';

export interface ForkPoint {
  readonly parent: RunRecord;
  readonly checkpoint: Checkpoint;
  /** In force at the checkpoint, with today's defaults for fields that an earlier Fathom did not have. */
  readonly config: ExperimentConfig;
}

/**
 * The checkpoint of `step`, or the newest whole one, as something to fork. Throws `Failure` `run-…`,
 * `checkpoint-none`, `export-no-such-step`, `checkpoint-…`, `file-not-json` or a disk failure.
 */
export async function openForkPoint(directory: string, step: number | undefined, catalogue: Catalogue): Promise<ForkPoint> {
  const parent = await readRun(directory);
  const { checkpoint } = await chosenCheckpoint(directory, step);
  const file = path.join(checkpoint.folder, TRAINER_FILE);
  const { config } = (await stateOf(file)) as { readonly config: ExperimentConfig };
  return { parent, checkpoint, config: validate(JSON.stringify(config), catalogue).config ?? config };
}

/**
 * Throws `Failure` `fork-model`, `fork-optimiser`, `fork-tokeniser` or `fork-steps` where the checkpoint's
 * weights, moments or tokens would mean something else, or nothing would be left to train.
 */
export function checkFork(from: ForkPoint, edited: ExperimentConfig): void {
  checkForkModel(from, { ...edited.model });
  const { config, checkpoint } = from;
  if (edited.data.tokeniser !== config.data.tokeniser)
    throw refusal('fork-tokeniser', from, 'data.tokeniser', edited.data.tokeniser, config.data.tokeniser);
  if (edited.optimiser.name !== config.optimiser.name)
    throw refusal('fork-optimiser', from, 'optimiser.name', edited.optimiser.name, config.optimiser.name);
  if (edited.training.steps <= checkpoint.step)
    throw refusal('fork-steps', from, 'training.steps', edited.training.steps, checkpoint.step + 1);
}

/** The part of `checkFork` that needs no sound configuration: what another scheme lacks is not what is wrong with it here. */
export function checkForkModel(from: ForkPoint, edited: Readonly<Record<string, unknown>>): void {
  const model: Readonly<Record<string, unknown>> = { ...from.config.model };
  for (const key of new Set([...Object.keys(model), ...Object.keys(edited)])) {
    if (isFixedByCheckpoint(`model.${key}`) && !isDeepStrictEqual(edited[key], model[key]))
      throw refusal('fork-model', from, `model.${key}`, edited[key], model[key]);
  }
}

function refusal(code: string, { checkpoint }: ForkPoint, field: string, value: unknown, expected: unknown): Failure {
  return new Failure(code, { field, value: wordsOf(value), expected: wordsOf(expected), step: checkpoint.step });
}

export interface NewFork {
  readonly from: ForkPoint;
  /** Of the fork; `checkFork` found nothing wrong with it. */
  readonly config: ExperimentConfig;
  readonly runs: string;
  /** Path of the configuration file, where there is one. */
  readonly configuration?: string;
}

/**
 * Makes the fork's run directory, in state `starting`, with a copy of the checkpoint in it. Throws what
 * `checkFork` does and disk `Failure`s; then no part of the run is left behind.
 */
export async function createFork({ from, config, runs, configuration }: NewFork): Promise<{ directory: string; record: RunRecord }> {
  checkFork(from, config);
  const { parent, checkpoint } = from;
  const lineage = { run: parent.id, step: checkpoint.step, ...(parent.lineage && { lineage: parent.lineage }) };
  const made = await createRun({
    runs,
    name: config.name,
    config,
    kind: 'run',
    lineage,
    ...(configuration !== undefined && { configuration }),
  });
  try {
    await writeCheckpoint(made.directory, checkpoint.step, (folder) => copyCheckpoint(from, config, folder));
    const record = { ...made.record, step: checkpoint.step };
    await writeRun(made.directory, record);
    return { directory: made.directory, record };
  } catch (error) {
    await rm(made.directory, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}

async function copyCheckpoint(from: ForkPoint, config: ExperimentConfig, folder: string): Promise<void> {
  const { checkpoint } = from;
  const copy = (file: string, as = file) => copyFile(path.join(checkpoint.folder, file), path.join(folder, as), constants.COPYFILE_FICLONE);
  await copy(MODEL_FILE);
  await copy(OPTIMISER_FILE);
  // An average that the parent did not keep begins with the weights themselves.
  if (config.training.averaging > 0) await copy(from.config.training.averaging > 0 ? AVERAGED_FILE : MODEL_FILE, AVERAGED_FILE);
  // The best checkpoint so far is one of the parent's, and so are the edits that its configuration has taken in.
  const { best: _, edits: __, pinned, position, watchdog, ...state } = await stateOf(path.join(checkpoint.folder, TRAINER_FILE));
  await writeJsonAtomic(path.join(folder, TRAINER_FILE), {
    ...state,
    config,
    // Another text is read from its beginning.
    position: isDeepStrictEqual(config.data, from.config.data) ? position : { epoch: 0, index: 0 },
    // What was chosen for another engine, batch or memory is chosen anew.
    ...(isDeepStrictEqual(choices(config), choices(from.config)) && { pinned }),
    // A learning rate that was given anew is not lowered for what went wrong before.
    ...(isDeepStrictEqual(rates(config), rates(from.config)) && { watchdog }),
  });
}

const rates = ({ data, optimiser, schedule, watchdog }: ExperimentConfig) => ({ data, optimiser, schedule, watchdog });

const choices = ({ engine, model, training: { batch, activations, precision } }: ExperimentConfig) => ({
  engine,
  batch,
  activations,
  precision,
  dropout: model.dropout,
});

async function stateOf(file: string): Promise<Readonly<Record<string, unknown>>> {
  const state = await readJson(file);
  if (!isRecord(state) || !isRecord(state.config) || !isRecord(state.config.model))
    throw new Failure('checkpoint-malformed', { path: file });
  checkFormat(file, state);
  return state;
}

function wordsOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value ?? '–');
}
