// `notes.json`: what a person adds to a run. Watchers write it; a trainer never looks at it.

import path from 'node:path';
import { isRecord } from '../experiment/record';

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
