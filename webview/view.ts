// One frame's truth: everything the parts of the page draw from, assembled once per frame by
// `dashboard.ts`. Parts compare by identity and leave alone what did not change.

import type { ExperimentConfig } from '../src/experiment/config';
import type { DepthLayout } from '../src/experiment/events';
import type { Histogram, Profile, RunExtent, RunStatus } from '../src/experiment/view';
import type { Alert } from './alerts';
import type { Scale } from './axes';
import type { Window } from './grid';
import type { Curve } from './loading/curves';
import type { Picture } from './picture';
import type { Selection } from './selection';
import type { Part, Statistic } from './statistics';
import type { Words } from './words';

/** Where the cursor is. The column may cover others in a merged picture; the step is that column's. */
export interface Cursor {
  readonly row: number;
  readonly column: number;
  readonly step: number;
  readonly live: boolean;
}

export interface Pin {
  readonly step: number;
  readonly column: number;
  readonly profile: Profile | undefined;
}

export interface Spreading {
  readonly name: string;
  readonly histogram: Histogram | undefined;
}

export interface View {
  readonly words: Words;
  readonly status: RunStatus;
  readonly extent: RunExtent;
  /** Newest first. */
  readonly alerts: readonly Alert[];
  readonly config: ExperimentConfig | undefined;
  readonly selection: Selection;
  readonly statistics: readonly Statistic[];
  /** Undefined until the first depth event. */
  readonly statistic: Statistic | undefined;
  readonly window: Window;
  readonly picture: Picture | undefined;
  /** The picture's `version`: it is filled in place. */
  readonly pictureVersion: number;
  readonly scale: Scale;
  /** What the profile's value axis shows at least: without the extremes, unless the recent range was chosen. */
  readonly valueRange: Scale;
  readonly cursor: Cursor | undefined;
  readonly profile: Profile | undefined;
  /** The kind of histogram that stands in the place of the profile, and it as far as it has come. */
  readonly spread: Spreading | undefined;
  readonly pins: readonly Pin[];
  /** Whether the cursor walks by itself. */
  readonly playing: boolean;
  /** Curves by `sourceKey`. */
  readonly curves: ReadonlyMap<string, Curve>;
}

/** A view, and the window that would show everything. */
export interface Look {
  readonly view: View;
  readonly whole: Window;
}

/** What a person may do; parts call these and never change the view themselves. */
export interface Intents {
  select(change: Partial<Selection>): void;
  /** Moves the cursor; `undefined` as column follows the newest step. `announce` reads it out. */
  moveTo(place: { readonly row: number; readonly column: number | undefined }, announce: boolean): void;
  /**
   * Shows the depth view with the cursor at a training step, and at a row unless that is negative, and
   * reads it out. `part` shows that sublayer where it was recorded.
   */
  goTo(step: number, row: number, part?: Part): void;
  /** Shows the cursor elsewhere while the pointer rests there; `undefined` returns it. */
  hover(place: { readonly row: number; readonly column: number } | undefined): void;
  pin(step: number): void;
  /** Pins the training step of a recorded column. */
  pinColumn(column: number): void;
  unpin(step: number): void;
  pinLayer(row: number): void;
  unpinLayer(row: number): void;
  /** Plays the steps, or pauses. */
  play(): void;
}

const ABSENT = new WeakMap<DepthLayout, ReadonlyMap<number, ReadonlySet<number>>>();

/** By column of a layout, the rows that do not have it; kept with the layout. */
function absentRows(layout: DepthLayout): ReadonlyMap<number, ReadonlySet<number>> {
  const known = ABSENT.get(layout);
  if (known) return known;
  const rows = new Map<number, Set<number>>();
  for (const [row, column] of layout.absent ?? []) rows.set(column, (rows.get(column) ?? new Set()).add(row));
  ABSENT.set(layout, rows);
  return rows;
}

/**
 * The values of a profile's n-th statistic by row; undefined where it is not recorded there.
 *
 * @param statistic index into `profile.statistics`
 */
export function profileValues(profile: Profile, statistic: number, { layout }: RunExtent): (row: number) => number | undefined {
  const column = layout?.columns.indexOf(profile.statistics[statistic] ?? '') ?? -1;
  const absent = layout && absentRows(layout).get(column);
  const start = statistic * profile.rows;
  return (row) => (row < 0 || row >= profile.rows || absent?.has(row) ? undefined : profile.values[start + row]);
}

/** A title with its unit where it has one. */
export function titleWithUnit(title: string, unit: string): string {
  return unit === '1' || unit === '' ? title : `${title} (${unit})`;
}
