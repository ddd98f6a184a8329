// Checks one written value against its field's description: type first, then range or choice, so that
// one mistake gives one finding.

import type { Node } from 'jsonc-parser';
import type { Draft } from './draft';
import type { ChoiceField, Field, FieldPath, NamesField, NumberField, TextField } from './field';
import { FIELDS } from './fields';
import type { MessageArgs } from './messages';
import { nearest } from './nearest';
import { pathOf, propertiesOf } from './properties';

/** What people write for yes and no elsewhere. */
const MEANT_BOOLEANS = new Map([
  ['true', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['no', false],
  ['0', false],
]);

type Bounds = Pick<NumberField, 'type'> & { readonly minimum?: number | undefined; readonly maximum?: number | undefined };

/** Accepts the value into the draft, or reports what is wrong with it. */
export function checkValue(draft: Draft, path: FieldPath, node: Node): void {
  const field: Field = FIELDS[path];
  const value = soundValue(draft, path, field, node);
  if (value !== undefined) draft.accept(path, value);
}

function soundValue(draft: Draft, path: FieldPath, field: Field, node: Node): unknown {
  switch (field.type) {
    case 'number':
    case 'integer':
      return soundNumber(draft, path, field, node);
    case 'boolean':
      return soundBoolean(draft, path, node);
    case 'text':
      return soundText(draft, path, field, node);
    case 'choice':
      return soundChoice(draft, path, field, node);
    case 'names':
      return soundNames(draft, path, field, node);
    case 'options':
      return soundOptions(draft, path, node);
    default:
      return field satisfies never;
  }
}

/** Reports a value as wrong; `meant`, where there is one, becomes a fix that puts it in the value's place. */
function reject(
  draft: Draft,
  path: string,
  code: string,
  node: Node,
  meant?: number | boolean | string | readonly string[],
  args: MessageArgs = {},
): undefined {
  const text = JSON.stringify(meant);
  const fixes = meant === undefined ? [] : [{ title: 'fix-replace', edits: [{ offset: node.offset, length: node.length, text }] }];
  draft.report({
    code,
    severity: 'error',
    field: path,
    args: { ...args, ...(meant !== undefined && { suggestion: text }) },
    at: node,
    fixes,
  });
}

function soundNumber(draft: Draft, path: string, bounds: Bounds, node: Node): number | undefined {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = bounds;
  const allowed = (value: number) => Math.min(maximum, Math.max(minimum, bounds.type === 'integer' ? Math.round(value) : value));
  const value: unknown = node.value;
  if (typeof value !== 'number') {
    const meant = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
    return reject(draft, path, 'expected-number', node, Number.isFinite(meant) ? allowed(meant) : undefined);
  }
  if (!Number.isFinite(value)) return reject(draft, path, 'not-finite', node);
  if (bounds.type === 'integer' && !Number.isInteger(value)) return reject(draft, path, 'not-an-integer', node, allowed(value));
  if (value < minimum) return reject(draft, path, 'below-minimum', node, minimum, { minimum });
  if (value > maximum) return reject(draft, path, 'above-maximum', node, maximum, { maximum });
  return value;
}

function soundBoolean(draft: Draft, path: FieldPath, node: Node): boolean | undefined {
  const value: unknown = node.value;
  if (typeof value === 'boolean') return value;
  return reject(draft, path, 'expected-boolean', node, MEANT_BOOLEANS.get(String(value).toLowerCase()));
}

function soundText(draft: Draft, path: FieldPath, field: TextField, node: Node): string | undefined {
  const value: unknown = node.value;
  if (typeof value !== 'string') return reject(draft, path, 'expected-text', node, typeof value === 'number' ? String(value) : undefined);
  // Where leaving it out means empty, so does writing it.
  if (value.trim() !== '' || value === field.default) return value;
  return reject(draft, path, 'empty-text', node, typeof field.default === 'string' ? field.default : undefined);
}

function soundChoice(draft: Draft, path: FieldPath, field: ChoiceField, node: Node): string | undefined {
  const names = field.choices(draft.catalogue).map(({ name }) => name);
  const args = { choices: names.join(', ') };
  const value: unknown = node.value;
  if (typeof value !== 'string') return reject(draft, path, 'expected-choice', node, undefined, args);
  if (names.includes(value)) return value;
  return reject(draft, path, path === 'model.scheme' ? 'unknown-scheme' : 'unknown-choice', node, nearest(value, names), args);
}

/** Names that exist, each once; one finding for every other. */
function soundNames(draft: Draft, path: FieldPath, field: NamesField, node: Node): readonly string[] | undefined {
  const names = field.choices(draft.catalogue).map(({ name }) => name);
  const args = { choices: names.join(', ') };
  const only: unknown = node.value;
  if (node.type !== 'array')
    return reject(draft, path, 'expected-names', node, names.includes(String(only)) ? [String(only)] : undefined, args);
  const elements = node.children ?? [];
  if (elements.length === 0) return reject(draft, path, 'empty-names', node, undefined, args);
  const written = elements.map((element) => {
    const value: unknown = element.value;
    if (typeof value !== 'string') return reject(draft, path, 'expected-choice', element, undefined, args);
    return names.includes(value) ? value : reject(draft, path, 'unknown-choice', element, nearest(value, names), args);
  });
  const known = written.filter((name) => name !== undefined);
  return known.length === written.length ? [...new Set(known)] : undefined;
}

/** The scheme's options, written ones over its defaults; nothing is said while the scheme itself is unknown. */
function soundOptions(draft: Draft, path: FieldPath, node: Node): Readonly<Record<string, number>> | undefined {
  if (node.type !== 'object') {
    draft.report({ code: 'expected-section', severity: 'error', field: path, at: node });
    return undefined;
  }
  const scheme = draft.catalogue.schemes.find(({ name }) => name === draft.read('model.scheme'));
  if (scheme === undefined) return undefined;
  const values = new Map(scheme.options.map((option) => [option.name, option.default]));
  let sound = true;
  for (const { node: property, key, name, value } of propertiesOf(draft, node, path)) {
    const field = pathOf(path, name);
    const option = scheme.options.find((candidate) => candidate.name === name);
    if (option === undefined) {
      const names = scheme.options.map((candidate) => candidate.name);
      const meant = nearest(name, names);
      const args = {
        value: name,
        scheme: scheme.name,
        choices: names.join(', ') || '–',
        ...(meant !== undefined && { suggestion: meant }),
      };
      const rename = { title: 'fix-rename', edits: [{ offset: key.offset, length: key.length, text: JSON.stringify(meant) }] };
      const fixes = [...(meant === undefined ? [] : [rename]), draft.fixByRemoving(property)];
      draft.report({ code: 'unknown-scheme-option', severity: 'error', field, args, at: key, fixes });
      sound = false;
      continue;
    }
    const number = soundNumber(draft, field, { type: 'number', minimum: option.minimum, maximum: option.maximum }, value);
    if (number === undefined) sound = false;
    else values.set(name, number);
  }
  return sound ? Object.fromEntries(values) : undefined;
}
