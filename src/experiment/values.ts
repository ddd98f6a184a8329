// A configuration field by field: the value at a path, what differs between two configurations, and the
// shortest text that means one. Free of the disk, like everything that the page may share.

import type { Catalogue } from './catalogue';
import { type Change, isSame } from './change';
import type { ExperimentConfig } from './config';
import { defaultOf, FIELD_PATHS, sectionOf } from './draft';
import type { FieldPath, ReadField, ValueAt } from './field';

export function isFieldPath(path: string): path is FieldPath {
  return (FIELD_PATHS as readonly string[]).includes(path);
}

/** The name of a field without its section. */
export function nameOf(path: FieldPath): string {
  return path.slice((sectionOf(path)?.length ?? -1) + 1);
}

/** Undefined where a configuration of an older Fathom lacks the field. */
export function valueAt<P extends FieldPath>(config: ExperimentConfig, path: P): ValueAt<P> | undefined {
  const section = sectionOf(path);
  const holder = (section === undefined ? config : config[section]) as unknown as Readonly<Record<string, unknown>> | undefined;
  return holder?.[nameOf(path)] as ValueAt<P> | undefined;
}

/** The configuration with other values in some fields; nothing is checked. */
export function withValues(config: ExperimentConfig, values: Iterable<readonly [FieldPath, unknown]>): ExperimentConfig {
  const changed: Record<string, unknown> = { ...config };
  for (const [path, value] of values) {
    const section = sectionOf(path);
    if (section === undefined) changed[path] = value;
    else changed[section] = { ...(changed[section] as object), [nameOf(path)]: value };
  }
  return changed as unknown as ExperimentConfig;
}

/** Every field in which two configurations differ, in the order of the table of fields. */
export function changesBetween(before: ExperimentConfig, after: ExperimentConfig): readonly Change[] {
  return FIELD_PATHS.flatMap((field) => {
    const [from, to] = [valueAt(before, field), valueAt(after, field)];
    return isSame(from, to) ? [] : [{ field, from, to }];
  });
}

/** The defaults that fields would have beside the values of a configuration. */
export function defaultsBeside(config: ExperimentConfig, catalogue: Catalogue): ReadonlyMap<FieldPath, unknown> {
  const read: ReadField = (path) => valueAt(config, path) ?? defaultOf(path, read, catalogue);
  return new Map(FIELD_PATHS.map((path) => [path, defaultOf(path, read, catalogue)]));
}

/**
 * The text of a configuration file that says only what is no default: what a careful person would write.
 * @param keep fields that are written in any case.
 */
export function sparseText(config: ExperimentConfig, catalogue: Catalogue, keep: (path: FieldPath) => boolean = () => false): string {
  const defaults = defaultsBeside(config, catalogue);
  const written = FIELD_PATHS.filter((path) => {
    const value = valueAt(config, path);
    return value !== undefined && (keep(path) || !isSame(value, defaults.get(path)));
  });
  const text: Record<string, unknown> = {};
  for (const path of written) {
    const section = sectionOf(path);
    if (section === undefined) text[path] = valueAt(config, path);
    else text[section] = { ...(text[section] as object | undefined), [nameOf(path)]: valueAt(config, path) };
  }
  return JSON.stringify(text, undefined, 2);
}
