// Text that a run has written, kept in its directory: `samples/step-<n>-<k>.json`, one file for each.

import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { diskFailure, errnoOf, writeJsonAtomic } from '../experiment/files';
import type { Sampling } from './generate';

export const SAMPLE_FORMAT = 1;

export interface Sample {
  readonly format: number;
  /** Of the checkpoint. */
  readonly step: number;
  readonly prompt: string;
  /** What follows the prompt. */
  readonly text: string;
  readonly tokens: number;
  readonly sampling: Sampling;
}

/** Writes the sample beside those that are there. @returns the file. Throws disk failures. */
export async function writeSample(directory: string, sample: Sample): Promise<string> {
  const folder = path.join(directory, 'samples');
  const names = await readdir(folder).catch((error: unknown): string[] => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw diskFailure(error, folder);
  });
  let number = 1;
  while (names.includes(nameOf(sample.step, number))) number += 1;
  const file = path.join(folder, nameOf(sample.step, number));
  await writeJsonAtomic(file, sample);
  return file;
}

const nameOf = (step: number, number: number): string => `step-${step}-${number}.json`;
