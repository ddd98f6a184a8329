// A configuration that was resolved by an older Fathom, with the fields that have come since: a run
// outlives the version that it was started with.

import type { Catalogue } from './catalogue';
import type { ExperimentConfig } from './config';
import { assemble, defaultOf, sectionOf } from './draft';
import type { FieldPath, ReadField, ValueAt } from './field';

/** @param config resolved once; fields that it lacks get their defaults. */
export function complete(config: ExperimentConfig, catalogue: Catalogue): ExperimentConfig {
  const written = config as unknown as Readonly<Record<string, unknown>>;
  const read: ReadField = <P extends FieldPath>(path: P) => {
    const section = sectionOf(path);
    const holder = section === undefined ? written : (written[section] as Readonly<Record<string, unknown>> | undefined);
    const value = holder?.[section === undefined ? path : path.slice(section.length + 1)];
    return value === undefined ? defaultOf(path, read, catalogue) : (value as ValueAt<P>);
  };
  return assemble(read) ?? config;
}
