// How values of the configuration are written on the page, and what a text that a person typed means.

import { isSame } from '../../src/experiment/change';
import type { Field, FieldPath } from '../../src/experiment/field';
import type { ConfigEdit, ConfigState } from '../../src/protocol/configuration';

/** `layerNormEpsilon` as `Layer norm epsilon`. */
export function spelled(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Section and name of a path; fields of the whole file have no section. */
export function partsOf(path: string): { readonly section: string; readonly name: string } {
  const dot = path.indexOf('.');
  return { section: path.slice(0, Math.max(0, dot)), name: path.slice(dot + 1) };
}

/** A value in as few words as it takes; `nothing` stands for an empty text or none. */
export function brief(value: unknown, nothing: string): string {
  if (value === undefined || value === '') return nothing;
  if (Array.isArray(value)) return value.length > 3 ? `${value.slice(0, 3).join(', ')} … (${value.length})` : value.join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).map(([name, inner]) => `${name} ${String(inner)}`);
  return entries.length === 0 ? nothing : entries.join(', ');
}

/** What a text means as a field's value: a number where it is one, the text itself where it is not. Empty means the default. */
export function typed({ type }: Pick<Field, 'type'>, text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (type !== 'number' && type !== 'integer') return text;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : trimmed;
}

/** The value that a field has with the edits: its own edit's, what follows from others', or the run's. */
export function valueWith(state: ConfigState, edits: readonly ConfigEdit[], path: FieldPath): unknown {
  const edit = edits.find(({ field }) => field === path);
  if (edit) return edit.value ?? state.defaults[path];
  const following = state.follow.find(({ field }) => field === path);
  return following ? following.to : state.values[path];
}

/** The edits with some of them made anew. What the run has already is no edit. */
export function edited(state: ConfigState, edits: readonly ConfigEdit[], made: readonly ConfigEdit[]): readonly ConfigEdit[] {
  const fields = new Set(made.map(({ field }) => field));
  return differing(state, [...edits.filter(({ field }) => !fields.has(field)), ...made]);
}

/** Those of the edits that change anything: a value that the run has counts where the field would follow others. */
export function differing(state: ConfigState, edits: readonly ConfigEdit[]): readonly ConfigEdit[] {
  return edits.filter(({ field, value }) => {
    const [base, otherwise] = [state.values[field], state.defaults[field]];
    if (!isSame(value ?? otherwise, base)) return true;
    return value !== undefined && !state.given.includes(field) && !isSame(otherwise, base);
  });
}
