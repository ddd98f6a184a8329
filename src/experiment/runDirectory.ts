// The run directory: where it lies, what is in it, how it comes to be. It is the only thing that the
// process that trains and everything that watches have in common (docs: formats, "Run directory").

import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ExperimentConfig } from './config';
import { Failure } from './failure';
import { diskFailure, errnoOf, makeFolder, readJson, syncFolder, writeJsonAtomic } from './files';
import { RUN_FORMAT, type RunRecord } from './run';
import { parseRun } from './runRecord';

export { parseRun };

/** How many `run.json` are read at a time: thousands of runs must not exhaust file handles. */
const READ_AT_ONCE = 64;

const FOLDER = '.fathom';

/** Run directories keep these names; nobody else spells them. */
export function eventsFolder(directory: string): string {
  return directory;
}
export function controlFolder(directory: string): string {
  return path.join(directory, 'control');
}
export function checkpointsFolder(directory: string): string {
  return path.join(directory, 'checkpoints');
}
export function derivedFolder(directory: string): string {
  return path.join(directory, 'derived');
}
export function logFile(directory: string): string {
  return path.join(directory, 'trainer.log');
}
export function configFile(directory: string): string {
  return path.join(directory, 'config.json');
}
export function runFile(directory: string): string {
  return path.join(directory, 'run.json');
}

/** Where the runs of a root are kept; `fathom --runs DIR` names another folder. */
export function runsFolder(root: string): string {
  return path.join(root, FOLDER, 'runs');
}

/**
 * The folder whose `.fathom` a configuration's runs go to: the nearest ancestor that already has one,
 * else the workspace folder that holds it, else its git root, else its own folder. Looks only.
 */
export function findRoot(configurationPath: string, workspaceFolder?: string): string {
  const own = path.dirname(path.resolve(configurationPath));
  const withFolder = nearestAncestor(own, FOLDER);
  if (withFolder !== undefined) return withFolder;
  if (workspaceFolder !== undefined && isWithin(own, workspaceFolder)) return path.resolve(workspaceFolder);
  return nearestAncestor(own, '.git') ?? own;
}

function nearestAncestor(folder: string, name: string): string | undefined {
  for (let at = folder; ; at = path.dirname(at)) {
    if (existsSync(path.join(at, name))) return at;
    if (at === path.dirname(at)) return undefined;
  }
}

/** Whether a folder or file is the ancestor, or lies in it. */
export function isWithin(folder: string, ancestor: string): boolean {
  const relative = path.relative(path.resolve(ancestor), folder);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

export interface NewRun {
  /** From `runsFolder`, or the folder a person named. */
  readonly runs: string;
  readonly name: string;
  readonly config: ExperimentConfig;
  readonly kind: RunRecord['kind'];
  /** Path of the configuration file, where there is one. */
  readonly configuration?: string;
  readonly lineage?: RunRecord['lineage'];
}

/**
 * Makes a run directory with `config.json` and, last, `run.json` in state `starting`. Throws a disk
 * `Failure`; then no part of the run is left behind.
 */
export async function createRun(options: NewRun): Promise<{ readonly directory: string; readonly record: RunRecord }> {
  const runs = path.resolve(options.runs);
  const created = new Date();
  let firstMade: string | undefined;
  let directory: string | undefined;
  try {
    firstMade = await makeFolder(runs);
    directory = await makeUnique(runs, `${timestamp(created)}-${safeName(options.name)}`);
    const record: RunRecord = {
      format: RUN_FORMAT,
      id: path.basename(directory),
      name: options.name,
      kind: options.kind,
      state: 'starting',
      created: created.toISOString(),
      heartbeat: 0,
      step: 0,
      steps: options.kind === 'probe' ? 0 : options.config.training.steps,
      metrics: {},
      ...(options.lineage && { lineage: options.lineage }),
      ...(options.configuration !== undefined && { configuration: options.configuration }),
    };
    await keepOutOfGit(runs);
    await writeJsonAtomic(configFile(directory), options.config);
    await writeRun(directory, record);
    return { directory, record };
  } catch (error) {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true }).catch(() => undefined);
    if (firstMade !== undefined) await removeEmpty(runs, firstMade);
    throw diskFailure(error, directory ?? runs);
  }
}

/** The record of a run. Throws `Failure` `run-missing`, `run-malformed`, `run-newer-format`, `file-not-json` or a disk failure. */
export async function readRun(directory: string): Promise<RunRecord> {
  const value = await readJson(runFile(directory));
  if (value === undefined) throw new Failure('run-missing', { path: directory });
  return parseRun(value, directory);
}

/** Replaces `run.json`. Only the launcher, and later the trainer, of the run may call this. */
export async function writeRun(directory: string, record: RunRecord): Promise<void> {
  await writeJsonAtomic(runFile(directory), record);
}

/** One directory below `runs`: its record, or why there is none. */
export type RunEntry =
  | { readonly directory: string; readonly record: RunRecord }
  | { readonly directory: string; readonly problem: Failure };

/** Every run below `runs`, newest first; nothing where the folder is missing. Throws disk failures of the folder itself. */
export async function listRuns(runs: string): Promise<readonly RunEntry[]> {
  let names: string[];
  try {
    const found = await readdir(runs, { withFileTypes: true });
    names = found.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map((entry) => entry.name);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return [];
    throw diskFailure(error, runs);
  }
  names.sort().reverse();
  const entries: RunEntry[] = [];
  for (let start = 0; start < names.length; start += READ_AT_ONCE) {
    const part = names.slice(start, start + READ_AT_ONCE).map((name) => readEntry(path.join(runs, name)));
    entries.push(...(await Promise.all(part)));
  }
  return entries;
}

async function readEntry(directory: string): Promise<RunEntry> {
  try {
    return { directory, record: await readRun(directory) };
  } catch (error) {
    if (error instanceof Failure) return { directory, problem: error };
    const detail = error instanceof Error ? error.message : String(error);
    return { directory, problem: new Failure('run-malformed', { path: directory, field: detail }, { cause: error }) };
  }
}

/** `20260131-235959`, in the local time of the machine, as its person reads the clock. */
function timestamp(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  return `${day}-${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`;
}

/** What every file system takes: Windows forbids some characters and a dot or space at the end. */
function safeName(name: string): string {
  // By characters: half of one is no name that comes back as it was written.
  const safe = [...name.slice(0, 1000).replace(/[^\p{L}\p{N}._-]+/gu, '-')]
    .slice(0, 48)
    .join('')
    .replace(/[.-]+$/, '');
  return safe === '' ? 'run' : safe;
}

async function makeUnique(runs: string, id: string): Promise<string> {
  for (let number = 1; ; number++) {
    const directory = path.join(runs, number === 1 ? id : `${id}-${number}`);
    try {
      await mkdir(directory);
      await syncFolder(runs);
      return directory;
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
}

/** Everything below `.fathom`, this file included, stays out of git; a person's own file is left as it is. */
async function keepOutOfGit(runs: string): Promise<void> {
  const folder = path.dirname(runs);
  if (path.basename(folder) !== FOLDER) return;
  await writeFile(path.join(folder, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: unknown) => {
    if (errnoOf(error) !== 'EEXIST') throw error;
  });
}

/** Removes `folder` and its ancestors up to `last` while they are empty. */
async function removeEmpty(folder: string, last: string): Promise<void> {
  try {
    for (let at = folder; ; at = path.dirname(at)) {
      await rmdir(at);
      if (at === last) return;
    }
  } catch {
    // Not empty: somebody else's files are in it.
  }
}
