// A form's edits as changes of a configuration's text, and a text's quick fixes as edits of a form: what a
// dashboard and an editor do to a configuration is the same.

import { getNodeValue, type Node, parseTree } from 'jsonc-parser';
import { isSame } from './change';
import { FIELD_PATHS, sectionOf } from './draft';
import { applyEdits, applyFix, editsToRemove, editsToSet } from './edits';
import type { Fix } from './finding';
import { isRecord } from './record';
import { parse } from './syntax';
import { isFieldPath, nameOf } from './values';

/** A field and its value; without one, it is to have its default. */
export interface FieldEdit {
  readonly field: string;
  readonly value?: unknown;
}

/** The text with the edits made, comments, order and indentation kept; fields that do not exist are passed over. */
export function withFieldEdits(text: string, edits: readonly FieldEdit[]): string {
  return edits.filter(({ field }) => isFieldPath(field)).reduce(withFieldEdit, text);
}

function withFieldEdit(text: string, { field, value }: FieldEdit): string {
  if (value !== undefined) return applyEdits(text, editsToSet(text, field, value));
  const property = propertyAt(text, field.split('.'));
  return property ? applyEdits(text, editsToRemove(text, property)) : text;
}

/** What a fix of a text does to fields, on top of what is written there already. */
export function fieldEditsOf(text: string, fix: Fix): readonly FieldEdit[] {
  const [before, after] = [written(text), written(applyFix(text, fix))];
  return FIELD_PATHS.flatMap((field): FieldEdit[] => {
    const value = after.get(field);
    if (isSame(before.get(field), value)) return [];
    return [value === undefined ? { field } : { field, value }];
  });
}

/** Values as they stand in a text, sound or not. */
function written(text: string): ReadonlyMap<string, unknown> {
  const parsed = parse(text);
  const root: unknown = 'root' in parsed ? getNodeValue(parsed.root) : undefined;
  return new Map(
    FIELD_PATHS.map((field) => {
      const section = sectionOf(field);
      const holder = section === undefined || !isRecord(root) ? root : root[section];
      return [field, isRecord(holder) ? holder[nameOf(field)] : undefined];
    }),
  );
}

/** The node of a property: key, colon and value. */
function propertyAt(text: string, path: readonly string[]): Node | undefined {
  let object = parseTree(text);
  for (const [depth, name] of path.entries()) {
    const property = object?.children?.findLast(({ children }) => children?.[0]?.value === name);
    if (depth === path.length - 1) return property;
    object = property?.children?.[1];
  }
  return undefined;
}
