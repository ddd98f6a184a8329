// A configuration while it is being read: what was written where, which of it is sound, what the rest
// defaults to, and what was found wrong so far. Checks ask it and report to it.

import type { Node } from 'jsonc-parser';
import type { Catalogue } from './catalogue';
import type { ExperimentConfig } from './config';
import { applyEdits, difference, editsToRemove, editsToSet } from './edits';
import type { DerivedDefault, Field, FieldPath, ReadField, SectionName, ValueAt } from './field';
import { FIELDS, SECTIONS } from './fields';
import type { Finding, Fix, Severity, TextRange } from './finding';
import type { MessageArgs } from './messages';
import { excerpt } from './syntax';

export const FIELD_PATHS = Object.keys(FIELDS) as readonly FieldPath[];
export const SECTION_NAMES = Object.keys(SECTIONS) as readonly SectionName[];

/** The section of a path, or undefined for a field of the whole file. */
export function sectionOf(path: string): SectionName | undefined {
  return SECTION_NAMES.find((section) => path.startsWith(`${section}.`));
}

export interface Report {
  readonly code: string;
  readonly severity: Severity;
  /** Dotted path. */
  readonly field: string;
  /** Beyond `field` and `value`. */
  readonly args?: MessageArgs;
  /** The node's text is the `value`; a default's value is given in `args`. */
  readonly at: TextRange;
  readonly fixes?: readonly Fix[];
}

export class Draft {
  readonly findings: Finding[] = [];
  /** Value nodes of the fields that were written, sound or not. */
  readonly nodes = new Map<FieldPath, Node>();
  /** Key nodes of the sections that were written. */
  readonly sections = new Map<SectionName, Node>();
  /** Fields that a finding already accounts for: neither default nor absence is their person's intention. */
  readonly accounted = new Set<FieldPath>();
  private readonly values = new Map<FieldPath, unknown>();

  constructor(
    readonly text: string,
    readonly catalogue: Catalogue,
    readonly root: Node,
  ) {}

  /** The value of a field, written or default; undefined where it is missing or wrong. */
  readonly read: ReadField = <P extends FieldPath>(path: P) => {
    if (this.values.has(path)) return this.values.get(path) as ValueAt<P>;
    if (this.nodes.has(path) || this.accounted.has(path)) return undefined;
    return defaultOf(path, this.read, this.catalogue);
  };

  /** Takes a written value as sound. */
  accept(path: FieldPath, value: unknown): void {
    this.values.set(path, value);
  }

  /** Adds a finding; its `field` and `value` arguments come from what is reported. */
  report({ code, severity, field, args, at, fixes = [] }: Report): void {
    const range = { offset: at.offset, length: at.length };
    this.findings.push({ code, severity, field, args: { field, value: excerpt(this.text, range), ...args }, range, fixes });
  }

  /** Where to point for a field: its value, else its section's name, else the opening brace. */
  rangeOf(path: FieldPath): TextRange {
    const section = sectionOf(path);
    return this.nodes.get(path) ?? (section && this.sections.get(section)) ?? { offset: this.root.offset, length: 1 };
  }

  /** A fix that writes `value` at a field, whether or not the field is there already. */
  fixBySetting(title: string, path: string, value: unknown): Fix {
    return { title, edits: editsToSet(this.text, path, value) };
  }

  /** A fix that takes a property away. */
  fixByRemoving(property: Node, title = 'fix-remove'): Fix {
    return { title, edits: editsToRemove(this.text, property) };
  }

  /** A fix that writes a property's value at another path instead. */
  fixByMoving(property: Node, path: string, value: string | number | boolean): Fix {
    const without = applyEdits(this.text, editsToRemove(this.text, property));
    const moved = applyEdits(without, editsToSet(without, path, value));
    return { title: 'fix-move', edits: [difference(this.text, moved)] };
  }
}

/** The default of a field, constant or derived; undefined where it has none or what it follows from is missing. */
export function defaultOf<P extends FieldPath>(path: P, read: ReadField, catalogue: Catalogue): ValueAt<P> | undefined {
  const field: Field = FIELDS[path];
  const value = isDerived(field.default) ? field.default.from(read, catalogue) : field.default;
  return value as ValueAt<P> | undefined;
}

export function isDerived(value: unknown): value is DerivedDefault<unknown> {
  return typeof value === 'object' && value !== null && 'from' in value;
}

/**
 * The configuration, every field filled in; undefined where a field has no sound value. `FieldTable`
 * makes the compiler see to it that the table has a field for everything in `ExperimentConfig`.
 */
export function assemble(read: ReadField): ExperimentConfig | undefined {
  const config: Record<string, unknown> = Object.fromEntries(SECTION_NAMES.map((section) => [section, {}]));
  for (const path of FIELD_PATHS) {
    const value = read(path);
    if (value === undefined) return undefined;
    const section = sectionOf(path);
    if (section === undefined) config[path] = value;
    else Object.assign(config[section] as object, { [path.slice(section.length + 1)]: value });
  }
  return config as unknown as ExperimentConfig;
}
