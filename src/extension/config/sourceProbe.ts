// How far a look at a configuration's data may reach: a file that somebody sent, opened and not
// trusted, must not make the editor touch paths elsewhere on this machine or on another.
import path from 'node:path';
import type { ProbeSource } from '../../experiment/rules';
import { isWithin } from '../../experiment/runDirectory';

/** @param folder that relative sources are relative to @param limit the folder that is not left */
export function confined(probe: ProbeSource, folder: string, limit: string): ProbeSource {
  return (source) => (isWithin(path.resolve(folder, source), limit) || source.startsWith('built-in:') ? probe(source) : 'unknown');
}
