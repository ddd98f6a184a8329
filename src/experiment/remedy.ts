// What it takes to change a field of a run that exists. Kept apart from what does it, for the page to share.

import type { Field, FieldPath } from './field';
import { FIELDS } from './fields';

/** A word to the running trainer, a fork of the run, or a new run. */
export type Remedy = 'apply' | 'fork' | 'new-run';

export function remedyOf(path: FieldPath): Remedy {
  if ((FIELDS[path] as Field).live) return 'apply';
  return isFixedByCheckpoint(path) ? 'new-run' : 'fork';
}

/** Whether a checkpoint's weights, moments or tokens would mean something else with another value. */
export function isFixedByCheckpoint(path: string): boolean {
  // Dropout is how a model is trained, not what it is.
  if (path.startsWith('model.')) return path !== 'model.dropout';
  return path === 'data.tokeniser' || path === 'optimiser.name' || path === 'format';
}

/** Fields that a running trainer takes. */
export function liveFields(): readonly FieldPath[] {
  return (Object.keys(FIELDS) as FieldPath[]).filter((path) => remedyOf(path) === 'apply');
}
