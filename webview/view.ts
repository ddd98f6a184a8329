// One frame's truth: everything the parts of the page draw from, assembled once per frame by
// `dashboard.ts`. Parts compare by identity and leave alone what did not change.

import type { ExperimentConfig } from '../src/experiment/config';
import { EMBEDDING_ROW, HEAD_ROW } from '../src/experiment/tags';
import type { Profile, RunExtent, RunStatus, RunText } from '../src/experiment/view';
import type { Scale } from './axes';
import type { Window } from './grid';
import type { Curve } from './loading/curves';
import type { Picture } from './picture';
import type { Selection } from './selection';
import type { Statistic } from './statistics';
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

export interface View {
  readonly words: Words;
  readonly status: RunStatus;
  readonly extent: RunExtent;
  readonly texts: readonly RunText[];
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
  readonly cursor: Cursor | undefined;
  readonly profile: Profile | undefined;
  readonly pins: readonly Pin[];
  /** Curves by `sourceKey`. */
  readonly curves: ReadonlyMap<string, Curve>;
}

/** What a person may do; parts call these and never change the view themselves. */
export interface Intents {
  select(change: Partial<Selection>): void;
  /** Moves the cursor; `undefined` as column follows the newest step. `announce` reads it out. */
  moveTo(place: { readonly row: number; readonly column: number | undefined }, announce: boolean): void;
  /** Shows the cursor elsewhere while the pointer rests there; `undefined` returns it. */
  hover(place: { readonly row: number; readonly column: number } | undefined): void;
  pin(step: number): void;
  unpin(step: number): void;
}

/** The name of a row of the depth layout, for a person. */
export function rowTitle(row: string | undefined, words: Words): string {
  if (row === undefined) return '';
  if (row === EMBEDDING_ROW) return words.text('row.embedding');
  if (row === HEAD_ROW) return words.text('row.head');
  const layer = /^layer (\d+)$/.exec(row)?.[1];
  return layer === undefined ? row : words.text('row.layer', { layer });
}

/** The value of a row in a profile's n-th statistic; undefined where it is not recorded there. */
export function profileValue(profile: Profile, statistic: number, row: number, extent: RunExtent): number | undefined {
  const name = profile.statistics[statistic];
  const column = extent.layout?.columns.indexOf(name ?? '') ?? -1;
  if (extent.layout?.absent?.some(([absentRow, absentColumn]) => absentRow === row && absentColumn === column)) return undefined;
  return profile.values[statistic * profile.rows + row];
}

/** A title with its unit where it has one. */
export function titleWithUnit(title: string, unit: string): string {
  return unit === '1' || unit === '' ? title : `${title} (${unit})`;
}
