// Which run a person means, and how to call one so that they can mean it again.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../experiment/failure';
import { nearest } from '../experiment/nearest';
import { findRoot, listRuns, runFile, runsFolder } from '../experiment/runDirectory';

/** Candidates that an ambiguous prefix is answered with. */
const CANDIDATES = 5;

/** The folder of runs that commands look in: the one named, or that of the folder they are typed in. */
export function runsOf(cwd: string, named: string | undefined): string {
  return named === undefined ? runsFolder(findRoot(path.join(cwd, 'any'))) : path.resolve(cwd, named);
}

/**
 * The directory of a run by its path, its id, or the beginning of its id where only one fits.
 * Throws `Failure` `run-unknown`, `run-unknown-nearest` or `run-ambiguous`.
 */
export async function findRun(word: string, cwd: string, runs: string): Promise<string> {
  const directory = path.resolve(cwd, word);
  if (existsSync(runFile(directory))) return directory;
  const ids = (await listRuns(runs)).map((entry) => path.basename(entry.directory));
  const fitting = ids.includes(word) ? [word] : ids.filter((id) => id.startsWith(word));
  const [only, ...others] = fitting;
  if (only === undefined) {
    const suggestion = nearest(word, ids);
    if (suggestion !== undefined) throw new Failure('run-unknown-nearest', { value: word, folder: runs, suggestion });
    throw new Failure('run-unknown', { value: word, folder: runs });
  }
  if (others.length > 0) {
    const more = fitting.length > CANDIDATES ? ', …' : '';
    throw new Failure('run-ambiguous', { value: word, candidates: fitting.slice(0, CANDIDATES).join(', ') + more });
  }
  return path.join(runs, only);
}

/** What to type for a run: its id where commands find it from here, else its path. */
export function nameOf(directory: string, cwd: string): string {
  return path.dirname(directory) === runsOf(cwd, undefined) ? path.basename(directory) : shortPath(directory, cwd);
}

/** Relative where that is below the folder one is in. */
export function shortPath(file: string, cwd: string): string {
  const relative = path.relative(cwd, file);
  return relative.startsWith('..') || path.isAbsolute(relative) || relative === '' ? file : relative;
}
