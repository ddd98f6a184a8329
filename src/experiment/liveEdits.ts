// Changes of a configuration while it trains: which fields they may touch, whether a change is sound, and
// what a run keeps of those it took, so that a resumed run takes them again at the same steps.

import type { Catalogue } from './catalogue';
import type { Change } from './change';
import type { ExperimentConfig } from './config';
import { Failure } from './failure';
import type { FieldPath } from './field';
import type { Finding } from './finding';
import { liveFields, remedyOf } from './remedy';
import { validate } from './validate';
import { changesBetween, isFieldPath, withValues } from './values';

/** In `run.json`, in the order in which they were taken; an `edit` text event says the same with its step. */
export interface AppliedEdit {
  /** Of the command that asked for it. */
  readonly id: string;
  /** The first step that used it. */
  readonly step: number;
  readonly changes: readonly Change[];
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
