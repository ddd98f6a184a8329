// What the Runs view shows: the runs that a filter lets through, in groups, a page of each at a time. Free of
// `vscode`, for its tests and its measurement (`npm run bench:sidebar`).
import type { RunSummary } from '../../observe/runView';
import type { RunFilter } from './filter';
import { type Grouping, groupRuns, type RunGroup } from './groups';

/** Rows that a tree takes without a pause. */
export const PAGE_ROWS = 500;

export interface Arrangement {
  readonly groups: readonly RunGroup[];
  /** Runs that pass the filter, of `total`. */
  readonly shown: number;
  readonly total: number;
  /** Equal for arrangements of the same runs in the same places. */
  readonly shape: string;
}

/** A part of a group, from its `from`-th run. */
export interface Page {
  readonly group: string;
  readonly from: number;
}

/** @param now milliseconds since the epoch, of this machine. */
export function arrange(runs: readonly RunSummary[], grouping: Grouping, filter: RunFilter | undefined, now: number): Arrangement {
  const passed = filter ? runs.filter(filter) : runs;
  const groups = groupRuns(passed, grouping, now);
  const shape = groups.map(({ id, runs: members }) => [id, ...members.map(({ directory }) => directory)].join('\n')).join('\n\n');
  return { groups, shown: passed.length, total: runs.length, shape };
}

/** The runs of a page, how many there are from there on, and the next page where one is left. */
export function pageOf({ groups }: Arrangement, { group, from }: Page): { runs: readonly RunSummary[]; rest: number; next?: Page } {
  const members = groups.find(({ id }) => id === group)?.runs ?? [];
  const to = from + PAGE_ROWS;
  return {
    runs: members.slice(from, to),
    rest: Math.max(0, members.length - from),
    ...(to < members.length && { next: { group, from: to } }),
  };
}
