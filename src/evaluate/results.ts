// What an evaluation leaves in the run directory: `evaluations/<task>-step-<n>.json`, one file each;
// `<task>-step-<n>-averaged.json` where the running average of the weights was asked.

import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../experiment/failure';
import { diskFailure, errnoOf, readJson, writeJsonAtomic } from '../experiment/files';
import { isRecord } from '../experiment/record';
import type { Metrics } from './task';

export const EVALUATION_FORMAT = 1;

export interface EvaluationResult {
  readonly format: number;
  readonly task: string;
  /** Of the checkpoint. */
  readonly step: number;
  /** Present where the averaged weights were asked and not the trained ones. */
  readonly weights?: 'averaged';
  readonly metrics: Metrics;
  readonly examples: number;
  /** Where only the first so many examples were asked for. */
  readonly limit?: number;
  /** Examples that lost their left end. */
  readonly shortened: number;
  readonly parameters: number;
  readonly data: string;
  readonly labels?: string;
  readonly engine: { readonly name: string; readonly version: string; readonly device: string };
  readonly seconds: number;
}

const RESULT = /^[a-z]+-step-\d+(-averaged)?\.json$/;

function evaluationsFolder(directory: string): string {
  return path.join(directory, 'evaluations');
}

/** Replaces an earlier result of the same task, step and weights. @returns the file. Throws disk failures. */
export async function writeResult(directory: string, result: EvaluationResult): Promise<string> {
  const file = path.join(
    evaluationsFolder(directory),
    `${result.task}-step-${result.step}${result.weights ? `-${result.weights}` : ''}.json`,
  );
  await writeJsonAtomic(file, result);
  return file;
}

/** Every result of a run, earliest step first. Throws `Failure` `evaluation-malformed`, `evaluation-newer-format`, `file-not-json` or disk failures. */
export async function readResults(directory: string): Promise<readonly EvaluationResult[]> {
  const folder = evaluationsFolder(directory);
  const names = await readdir(folder).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw diskFailure(error, folder);
  });
  const files = names.filter((name) => RESULT.test(name)).map((name) => path.join(folder, name));
  const results = await Promise.all(files.map(readResult));
  return results.sort((a, b) => a.step - b.step);
}

async function readResult(file: string): Promise<EvaluationResult> {
  const value = await readJson(file);
  if (isRecord(value) && typeof value.format === 'number' && value.format > EVALUATION_FORMAT)
    throw new Failure('evaluation-newer-format', { file, value: value.format, known: EVALUATION_FORMAT });
  const whole =
    isRecord(value) &&
    typeof value.task === 'string' &&
    typeof value.step === 'number' &&
    isRecord(value.metrics) &&
    value.format === EVALUATION_FORMAT;
  if (!whole) throw new Failure('evaluation-malformed', { file });
  return value as unknown as EvaluationResult;
}
