// Which fields of a configuration change nothing, because what was chosen does not read them.

import { type Catalogue, OWN_OPTIMISER_FIELDS, OWN_SCHEDULE_FIELDS } from './catalogue';
import type { FieldPath } from './field';

/** Names, undefined where they are wrong. */
interface Chosen {
  readonly optimiser: string | undefined;
  readonly schedule: string | undefined;
}

/** Fields without effect, each with the name of the chosen optimiser or schedule that does not read it. */
export function unreadFields(chosen: Chosen, catalogue: Catalogue): ReadonlyMap<FieldPath, string> {
  const optimiser = catalogue.optimisers.find(({ name }) => name === chosen.optimiser);
  const schedule = catalogue.schedules.find(({ name }) => name === chosen.schedule);
  return new Map<FieldPath, string>([
    ...OWN_OPTIMISER_FIELDS.flatMap((field): [FieldPath, string][] =>
      optimiser && optimiser.reads[field] === undefined ? [[`optimiser.${field}`, optimiser.name]] : [],
    ),
    ...OWN_SCHEDULE_FIELDS.flatMap((field): [FieldPath, string][] =>
      schedule && !schedule.reads.includes(field) ? [[`schedule.${field}`, schedule.name]] : [],
    ),
  ]);
}
