// The guards of what the form says and is told; `guards.ts` has those of everything else.

import { isRecord } from '../experiment/record';
import type { ConfigEdit } from './configuration';

export const CONFIG_LIMITS = {
  /** Edits of one message; there are fewer fields. */
  edits: 200,
  /** Characters of a field's path, or of a name within a value. */
  name: 200,
  /** Characters of a text. */
  text: 4096,
  /** Elements of a list, or numbers of a scheme. */
  elements: 200,
} as const;

function isPlain(value: unknown): value is string | number | boolean {
  if (typeof value === 'string') return value.length <= CONFIG_LIMITS.text;
  return typeof value === 'boolean' || Number.isFinite(value);
}

/** A value rebuilt from plain parts, or undefined where it is none that a field could have. */
function parseValue(value: unknown): unknown {
  if (isPlain(value)) return value;
  if (Array.isArray(value)) return value.length <= CONFIG_LIMITS.elements && value.every(isPlain) ? [...value] : undefined;
  if (!isRecord(value)) return undefined;
  const entries = Object.entries(value);
  const isSmall = entries.length <= CONFIG_LIMITS.elements && entries.every(([name]) => name.length <= CONFIG_LIMITS.name);
  return isSmall && entries.every(([, inner]) => isPlain(inner)) ? Object.fromEntries(entries) : undefined;
}

function parseEdit(edit: unknown): ConfigEdit | undefined {
  if (!isRecord(edit) || typeof edit.field !== 'string' || edit.field.length === 0 || edit.field.length > CONFIG_LIMITS.name)
    return undefined;
  if (edit.value === undefined) return { field: edit.field };
  const value = parseValue(edit.value);
  return value === undefined ? undefined : { field: edit.field, value };
}

/** The edits that a page sent or kept, rebuilt part by part; undefined where any of them is none. Never throws. */
export function parseEdits(value: unknown): readonly ConfigEdit[] | undefined {
  if (!Array.isArray(value) || value.length > CONFIG_LIMITS.edits) return undefined;
  const edits = value.map(parseEdit).filter((edit) => edit !== undefined);
  return edits.length === value.length ? edits : undefined;
}

/** Whether a value has the shape of `Said`. */
export function isSaid(value: unknown): boolean {
  return isRecord(value) && typeof value.code === 'string' && isRecord(value.args);
}

function areChanges(value: unknown): boolean {
  return Array.isArray(value) && value.every((change) => isRecord(change) && typeof change.field === 'string');
}

function isFinding(value: unknown): boolean {
  if (!isRecord(value) || typeof value.field !== 'string' || typeof value.severity !== 'string' || !isSaid(value.said)) return false;
  return (
    Array.isArray(value.fixes) && value.fixes.every((fix) => isRecord(fix) && isSaid(fix.title) && parseEdits(fix.edits) !== undefined)
  );
}

/** Whether a value has the shape of a `ConfigState`, as far as the form relies on it. */
export function isConfigState(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value.values) || !isRecord(value.defaults) || !isRecord(value.refusals) || !Array.isArray(value.given))
    return false;
  const { file, parent, checkpoints, findings } = value;
  const isFile = isRecord(file) && typeof file.state === 'string' && areChanges(file.changes);
  const isParent = parent === undefined || (isRecord(parent) && typeof parent.run === 'string' && typeof parent.step === 'number');
  const areSteps = Array.isArray(checkpoints) && checkpoints.every((step) => typeof step === 'number');
  return isFile && isParent && areSteps && areChanges(value.follow) && Array.isArray(findings) && findings.every(isFinding);
}
