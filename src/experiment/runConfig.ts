// The configuration in force in a run, which is more than its `config.json`: what was changed while it trained
// counts, and fields that an older Fathom did not have get their defaults.

import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Catalogue } from './catalogue';
import { complete } from './complete';
import { CONFIG_FORMAT, type ExperimentConfig } from './config';
import { Failure } from './failure';
import { readJson } from './files';
import { withEdits } from './liveEdits';
import { isRecord } from './record';
import type { RunRecord } from './run';
import { configFile, readRun } from './runDirectory';

export interface RunConfig {
  readonly record: RunRecord;
  readonly config: ExperimentConfig;
}

/**
 * What a run trains with, or trained with after a step. Throws `Failure` `run-…`, `file-not-json`
 * or a disk failure.
 */
export async function readRunConfig(directory: string, catalogue: Catalogue, after = Number.POSITIVE_INFINITY): Promise<RunConfig> {
  const file = configFile(directory);
  const [record, written] = await Promise.all([readRun(directory), readJson(file)]);
  if (!isRecord(written) || !isRecord(written.model)) throw new Failure('run-malformed', { path: directory, field: 'config.json' });
  const format = Number(written.format);
  if (format > CONFIG_FORMAT) throw new Failure('run-newer-format', { path: directory, value: format, known: CONFIG_FORMAT });
  const config = complete(written as unknown as ExperimentConfig, catalogue);
  const taken = (record.edits ?? []).filter(({ step }) => step <= after);
  return { record, config: withEdits(config, taken) };
}

/** What a fork's parent trained with where the fork began; undefined where the parent is gone or cannot be read. */
export async function readParentConfig(directory: string, record: RunRecord, catalogue: Catalogue): Promise<RunConfig | undefined> {
  const { lineage } = record;
  if (!lineage) return undefined;
  const parent = path.join(path.dirname(directory), path.basename(lineage.run));
  if (!existsSync(parent)) return undefined;
  try {
    return await readRunConfig(parent, catalogue, lineage.step);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
