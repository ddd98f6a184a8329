// `notes.json`: what a person adds to a run. Watchers write it; a trainer never looks at it.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../experiment/failure';
import { readJson, writeJsonAtomic } from '../experiment/files';
import { isRecord } from '../experiment/record';

/** Files without one are of this format too. */
export const NOTES_FORMAT = 1;

export interface RunNotes {
  /** Shown instead of the run's own name. */
  readonly name?: string;
  readonly star: boolean;
  readonly tags: readonly string[];
  readonly text: string;
}

export function notesFile(directory: string): string {
  return path.join(directory, 'notes.json');
}

/** What of `value` are notes; whatever is wrong counts as not written. */
export function parseNotes(value: unknown): RunNotes | undefined {
  if (!isRecord(value)) return undefined;
  const { name, star, tags, text } = value;
  return {
    ...(typeof name === 'string' && name !== '' && { name }),
    star: star === true,
    tags: Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === 'string') : [],
    text: typeof text === 'string' ? text : '',
  };
}

const NONE: RunNotes = { star: false, tags: [], text: '' };

/**
 * Changes the notes of a run, by rename; what else the file says stays. Throws `Failure` `run-missing` where the
 * directory is gone, `notes-newer-format`, `file-not-json`, which an edit would destroy, or a disk failure.
 */
export async function editNotes(directory: string, edit: (notes: RunNotes) => RunNotes): Promise<void> {
  const file = notesFile(directory);
  // Writing makes missing folders, and a run that was deleted must not come back as a folder of notes.
  if (!existsSync(directory)) throw new Failure('run-missing', { path: directory });
  const value = await readJson(file);
  const { name: _, ...others } = isRecord(value) ? value : {};
  if (typeof others.format === 'number' && others.format > NOTES_FORMAT)
    throw new Failure('notes-newer-format', { path: file, value: others.format, known: NOTES_FORMAT });
  await writeJsonAtomic(file, { ...others, format: NOTES_FORMAT, ...edit(parseNotes(value) ?? NONE) });
}

/** Tags as a person lists them, `baseline, deep`: without empty ones and doubles. */
export function parseTags(text: string): readonly string[] {
  return [...new Set(text.split(',').map((tag) => tag.trim()))].filter((tag) => tag !== '');
}
