// What a run directory recorded, as a watcher shows it.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { EventDecoder } from '../../src/experiment/eventReader';
import type { RunEvent } from '../../src/experiment/events';

/** Names, oldest first: one for each start of the trainer. */
export function eventFiles(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.startsWith('events.out.tfevents.'))
    .sort();
}

export function events(directory: string): RunEvent[] {
  return eventFiles(directory).flatMap((name) => new EventDecoder(name).push(readFileSync(path.join(directory, name))));
}

/** Loss by step; what a later session supersedes is gone. */
export function losses(directory: string): Map<number, number> {
  const found = new Map<number, number>();
  for (const event of events(directory)) {
    if (event.kind === 'session-start') for (const step of [...found.keys()]) if (step >= event.step) found.delete(step);
    const loss = event.kind === 'scalars' ? event.values['loss/train'] : undefined;
    if (loss !== undefined) found.set(event.step, loss);
  }
  return found;
}
