// How fast this machine trains, as the runs of a folder tell: a step's time is only spoken of once it was
// measured here.

import { readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import type { Catalogue } from './catalogue';
import type { ExperimentConfig } from './config';
import { readJson } from './files';
import { configFile, readRun } from './runDirectory';
import { validate } from './validate';

/** A run that was timed: what it trained, and how fast. */
export interface Pace {
  readonly config: ExperimentConfig;
  readonly tokensPerSecond: number;
}

/** Runs looked at, newest first: an older one tells nothing that these do not. */
const MOST = 16;
/** The first steps compile and warm up. */
const SETTLED = 3;

/** Runs of this machine below `runs` that have taken a few steps; none where the folder is missing or unreadable. */
export async function pacesOf(runs: string, catalogue: Catalogue): Promise<readonly Pace[]> {
  const names = await readdir(runs).catch((): string[] => []);
  const newest = names.sort().slice(-MOST);
  const paces = await Promise.all(newest.map((name) => paceOf(path.join(runs, name), catalogue).catch(() => undefined)));
  return paces.filter((pace) => pace !== undefined).reverse();
}

async function paceOf(directory: string, catalogue: Catalogue): Promise<Pace | undefined> {
  const { kind, step, process, metrics } = await readRun(directory);
  const speed = metrics.tokens_per_second;
  if (kind !== 'run' || step < SETTLED || process?.host !== hostname() || !speed || !Number.isFinite(speed)) return undefined;
  // Also those of an older version, whose fields have had defaults since.
  const { config } = validate(JSON.stringify(await readJson(configFile(directory))), catalogue);
  return config && { config, tokensPerSecond: speed };
}
