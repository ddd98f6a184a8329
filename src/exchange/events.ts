// The events of a run in order, without those that a resumption superseded: read in pieces, so that memory
// does not grow with the run.

import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { EventDecoder } from '../experiment/eventReader';
import type { RunEvent } from '../experiment/events';
import { diskFailure } from '../experiment/files';
import { eventsFolder } from '../experiment/runDirectory';
import type { FileProblem } from '../experiment/view';

interface EventFile {
  readonly path: string;
  /** From this step on, a later file supersedes it. */
  cut: number;
}

export interface RunEvents {
  /** Tags of scalars, in the order in which they first appear. */
  readonly tags: readonly string[];
  readonly hasDepth: boolean;
  /** Files that are damaged: what comes before the damage counts. */
  readonly problems: readonly FileProblem[];
  /** Every event that still holds, oldest file first; may be asked for more than once. */
  read(): AsyncGenerator<RunEvent>;
}

/** Reads everything once to learn what there is. Throws disk `Failure`s. */
export async function readRunEvents(run: string): Promise<RunEvents> {
  const folder = eventsFolder(run);
  const names = await readdir(folder).catch((error: unknown) => {
    throw diskFailure(error, folder);
  });
  // Names begin with the time of their making.
  const files: EventFile[] = names
    .filter((name) => name.includes('.tfevents.'))
    .sort()
    .map((name) => ({ path: path.join(folder, name), cut: Number.POSITIVE_INFINITY }));
  const tags = new Set<string>();
  const problems: FileProblem[] = [];
  let hasDepth = false;
  for (const [index, file] of files.entries()) {
    for await (const event of eventsOf(file, problems)) {
      if (event.kind === 'session-start') for (const older of files.slice(0, index)) older.cut = Math.min(older.cut, event.step);
      if (event.kind === 'scalars') for (const tag of Object.keys(event.values)) tags.add(tag);
      if (event.kind === 'depth') hasDepth = true;
    }
  }
  async function* read(): AsyncGenerator<RunEvent> {
    for (const file of files) for await (const event of eventsOf(file, [])) if (event.step < file.cut) yield event;
  }
  return { tags: [...tags], hasDepth, problems, read };
}

async function* eventsOf(file: EventFile, problems: FileProblem[]): AsyncGenerator<RunEvent> {
  const decoder = new EventDecoder(path.basename(file.path));
  try {
    for await (const bytes of createReadStream(file.path)) yield* decoder.push(bytes as Buffer);
  } catch (error) {
    throw diskFailure(error, file.path);
  }
  if (decoder.problem) problems.push(decoder.problem);
}
