// Files, folders and runs that a configuration could name, as far as a look at this workspace shows.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { checkpointsFolder, isWithin } from '../../experiment/runDirectory';

export interface PathSuggestion {
  /** As it would be written, `/` between its parts. */
  readonly value: string;
  readonly isFolder: boolean;
}

const MOST = 200;
/** What each field may name; of texts, everything that is not known to be none. */
const FITTING: Readonly<Record<string, (name: string) => boolean>> = {
  'data.source': (name) => !/\.(fathom|study)\.json$|\.(png|jpe?g|gif|zip|gz|vsix|safetensors|onnx|parquet|bin|pdf)$/i.test(name),
  'data.vocabularyFile': (name) => /\.txt$/i.test(name),
};

export function namesFiles(field: string): boolean {
  return field in FITTING;
}

/**
 * Entries of the folder that `written` has come to, none outside `limit`.
 * @param folder that relative paths are relative to
 */
export async function pathSuggestions(field: string, written: string, folder: string, limit: string): Promise<readonly PathSuggestion[]> {
  const fits = FITTING[field];
  const begun = written.slice(0, written.lastIndexOf('/') + 1);
  const at = path.resolve(folder, begun);
  if (!fits || !isWithin(at, limit) || written.startsWith('built-in:')) return [];
  const entries = await readdir(at, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !/^\.|^node_modules$/.test(entry.name))
    .filter((entry) => entry.isDirectory() || (entry.isFile() && fits(entry.name)))
    .slice(0, MOST)
    .map((entry) => ({ value: begun + entry.name + (entry.isDirectory() ? '/' : ''), isFolder: entry.isDirectory() }));
}

/** Names of runs that have a checkpoint to start from, newest first. */
export async function runSuggestions(runs: string): Promise<readonly string[]> {
  const names = (await readdir(runs).catch((): string[] => [])).sort().reverse().slice(0, MOST);
  const saved = await Promise.all(
    names.map(async (name) => (await readdir(checkpointsFolder(path.join(runs, name))).catch((): string[] => [])).length > 0),
  );
  return names.filter((_, i) => saved[i]);
}
