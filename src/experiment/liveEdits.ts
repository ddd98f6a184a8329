// Changes of a configuration while it trains: which fields they may touch, whether a change is sound, and
// what a run keeps of those it took, so that a resumed run takes them again at the same steps.

import type { Catalogue } from './catalogue';
import type { ExperimentConfig } from './config';
import { FIELD_PATHS } from './draft';
import { Failure } from './failure';
import type { Field, FieldPath } from './field';
import { FIELDS } from './fields';
import type { Finding } from './finding';
import { validate } from './validate';
import { type Change, changesBetween, isFieldPath, withValues } from './values';

/** In `run.json`, in the order in which they were taken; an `edit` text event says the same with its step. */
export interface AppliedEdit {
  /** Of the command that asked for it. */
  readonly id: string;
  /** The first step that used it. */
  readonly step: number;
  readonly changes: readonly Change[];
}

/** What it takes to change a field: a word to the trainer, a fork of the run, or a new run. */
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

/**
 * The configuration of a running trainer with other values. Throws `Failure` `apply-unknown-field`,
 * `apply-needs-fork`, `apply-needs-new-run`, `apply-steps`, or the code of the finding that the change would bring.
 * @param step the last one that is done.
 */
export function applyLive(
  config: ExperimentConfig,
  values: Readonly<Record<string, unknown>>,
  step: number,
  catalogue: Catalogue,
): { readonly config: ExperimentConfig; readonly changes: readonly Change[] } {
  const entries = Object.entries(values).map(([field, value]): readonly [FieldPath, unknown] => {
    const args = { field, value: JSON.stringify(value) ?? '' };
    if (!isFieldPath(field)) throw new Failure('apply-unknown-field', { ...args, known: liveFields().join(', ') });
    const remedy = remedyOf(field);
    if (remedy !== 'apply') throw new Failure(`apply-needs-${remedy}`, args);
    return [field, value];
  });
  const edited = withValues(config, entries);
  const { steps } = edited.training;
  if (steps <= step) throw new Failure('apply-steps', { field: 'training.steps', value: steps, step, expected: step + 1 });
  const had = new Set(errorsOf(config, catalogue).map(key));
  const [wrong] = errorsOf(edited, catalogue).filter((error) => !had.has(key(error)));
  if (wrong) throw new Failure(wrong.code, wrong.args);
  return { config: edited, changes: changesBetween(config, edited) };
}

/** Fields that a running trainer takes. */
export function liveFields(): readonly FieldPath[] {
  return FIELD_PATHS.filter((path) => remedyOf(path) === 'apply');
}

/** A configuration after edits that were found sound when they were made; fields of another Fathom are passed over. */
export function withEdits(config: ExperimentConfig, edits: readonly AppliedEdit[]): ExperimentConfig {
  const entries = edits.flatMap(({ changes }) =>
    changes.flatMap(({ field, to }): (readonly [FieldPath, unknown])[] => (isFieldPath(field) && to !== undefined ? [[field, to]] : [])),
  );
  return withValues(config, entries);
}

/** A run may train what a file could not say, such as fewer steps than its warm-up has: only new errors count. */
function errorsOf(config: ExperimentConfig, catalogue: Catalogue): readonly Finding[] {
  return validate(JSON.stringify(config), catalogue).findings.filter(({ severity }) => severity === 'error');
}

const key = ({ code, field }: Finding): string => `${code} ${field}`;
