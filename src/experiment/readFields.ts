// Reads the tree of a configuration against the table of fields: what is known goes to the draft, what
// is not (misspelt, misplaced, given twice, absent) becomes one finding each.

import { checkValue } from './checkValue';
import { type Draft, FIELD_PATHS, SECTION_NAMES, sectionOf } from './draft';
import type { Field, FieldPath, SectionName } from './field';
import { FIELDS } from './fields';
import type { Fix } from './finding';
import { nearest } from './nearest';
import { type Property, pathOf, propertiesOf } from './properties';

/** Tells editors that know nothing of Fathom where its schema is (`fathom schema` prints it); says nothing about a run. */
const SCHEMA_KEY = '$schema';

/** Fills the draft; every mistake is reported to it. */
export function readFields(draft: Draft): void {
  const unknown: { property: Property; section: SectionName | undefined }[] = [];
  for (const property of propertiesOf(draft, draft.root, undefined)) {
    if (property.name === SCHEMA_KEY) continue;
    const section = SECTION_NAMES.find((name) => name === property.name);
    if (section === undefined) {
      if (!take(draft, property, undefined)) unknown.push({ property, section: undefined });
      continue;
    }
    draft.sections.set(section, property.key);
    if (property.value.type !== 'object') {
      draft.report({ code: 'expected-section', severity: 'error', field: section, at: property.value });
      account(draft, section);
      continue;
    }
    for (const inner of propertiesOf(draft, property.value, section)) {
      if (!take(draft, inner, section)) unknown.push({ property: inner, section });
    }
  }
  // Only now is it known which fields are written: nothing is proposed that is there already.
  for (const { property, section } of unknown) reportUnknown(draft, property, section);
  // In the order of the table, so that a scheme is known before its options.
  for (const path of FIELD_PATHS) {
    const node = draft.nodes.get(path);
    if (node !== undefined) checkValue(draft, path, node);
  }
  reportMissing(draft);
}

function take(draft: Draft, property: Property, section: SectionName | undefined): boolean {
  const path = pathOf(section, property.name);
  const known = FIELD_PATHS.find((candidate) => candidate === path && sectionOf(candidate) === section);
  if (known !== undefined) draft.nodes.set(known, property.value);
  return known !== undefined;
}

function reportUnknown(draft: Draft, property: Property, section: SectionName | undefined): void {
  const { key, name, value } = property;
  const field = pathOf(section, name);
  const remove = draft.fixByRemoving(property.node);
  const report = (code: string, suggestion: string | undefined, fixes: readonly Fix[]) => {
    const args = { value: name, ...(suggestion !== undefined && { suggestion }) };
    draft.report({ code, severity: 'error', field, args, at: key, fixes: [...fixes, remove] });
  };
  const rename = (to: string): Fix => ({
    title: 'fix-rename',
    edits: [{ offset: key.offset, length: key.length, text: JSON.stringify(to) }],
  });

  const free = FIELD_PATHS.filter((path) => !draft.nodes.has(path) && !draft.accounted.has(path));
  const here = free.filter((path) => sectionOf(path) === section);
  const isObject = value.type === 'object';
  const same = here.find((path) => isCalled(path, name));
  const elsewhere = free.filter((path) => sectionOf(path) !== section && isCalled(path, name));
  const [place] = elsewhere;
  if (!isObject && same === undefined && place !== undefined && elsewhere.length === 1) {
    draft.accounted.add(place);
    const plain: unknown = value.value;
    const move = isPlain(plain) ? [draft.fixByMoving(property.node, place, plain)] : [];
    report('misplaced-field', place, move);
    return;
  }
  const sections = section === undefined ? SECTION_NAMES.filter((candidate) => !draft.sections.has(candidate)) : [];
  const fields = isObject ? here.filter((path) => FIELDS[path].type === 'options') : here;
  const suggestion = same === undefined ? nearest(name, [...sections, ...fields.map(lastName)]) : lastName(same);
  if (suggestion === undefined) {
    report('unknown-field', undefined, []);
    return;
  }
  account(draft, pathOf(section, suggestion));
  report('misspelt-field', suggestion, [rename(suggestion)]);
}

/** A field, or every field of a section, is spoken for by a finding: its absence is not another mistake. */
function account(draft: Draft, name: string): void {
  for (const path of FIELD_PATHS) if (path === name || sectionOf(path) === name) draft.accounted.add(path);
}

function reportMissing(draft: Draft): void {
  const missing = FIELD_PATHS.filter((path) => isRequired(path) && !draft.nodes.has(path) && !draft.accounted.has(path));
  const whole = SECTION_NAMES.filter((section) => !draft.sections.has(section) && missing.some((path) => sectionOf(path) === section));
  for (const section of whole) {
    const inside = missing.filter((path) => sectionOf(path) === section);
    const example = Object.fromEntries(inside.map((path) => [lastName(path), exampleOf(path)]));
    reportAbsent(draft, section, example, JSON.stringify(example));
  }
  for (const path of missing.filter((path) => !whole.some((section) => sectionOf(path) === section))) {
    reportAbsent(draft, path, exampleOf(path), String(exampleOf(path)));
  }
}

function reportAbsent(draft: Draft, field: FieldPath | SectionName, example: unknown, suggestion: string): void {
  const section = sectionOf(field);
  const at = (section && draft.sections.get(section)) ?? { offset: draft.root.offset, length: 1 };
  const fixes = [draft.fixBySetting('fix-insert', field, example)];
  draft.report({ code: 'missing-field', severity: 'error', field, args: { value: '', suggestion }, at, fixes });
}

function isRequired(path: FieldPath): boolean {
  return FIELDS[path].default === undefined;
}

function exampleOf(path: FieldPath): unknown {
  return FIELDS[path].example;
}

function lastName(path: FieldPath): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/** Whether a field, or another tool's name for it, is spelt like `name` but for case and separators. */
function isCalled(path: FieldPath, name: string): boolean {
  const field: Field = FIELDS[path];
  const plain = (text: string) => text.toLowerCase().replace(/[\s_-]/g, '');
  return [lastName(path), ...(field.aliases ?? [])].some((known) => plain(known) === plain(name));
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}
