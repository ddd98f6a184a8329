// The order of the Runs view: groups by day, state, configuration or tag, in each the starred first, then the
// newest. A folder of a thousand runs opens with its old ones folded away.
import type { RunSummary } from '../../observe/runView';
import type { Translate } from '../translate';
import { configurationName, isAlive, stateWord, type WatchedState } from './presentation';

export const GROUPINGS = ['day', 'state', 'configuration', 'tag', 'none'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export type Day = 'now' | 'today' | 'yesterday' | 'week' | 'older';

export interface RunGroup {
  /** Unique among the groups of one arrangement. */
  readonly id: string;
  /** What its runs share: a `Day`, a state, a configuration or a tag; empty for the runs that have none. */
  readonly key: string;
  readonly runs: readonly RunSummary[];
}

const DAYS: readonly Day[] = ['now', 'today', 'yesterday', 'week', 'older'];
const STATES: readonly WatchedState[] = [
  'running',
  'starting',
  'paused',
  'queued',
  'failed',
  'lost',
  'stopped',
  'finished',
  'unreadable',
  'missing',
];
const DAY = 24 * 60 * 60 * 1000;

export function groupingTitle(grouping: Grouping, t: Translate): string {
  switch (grouping) {
    case 'day':
      return t('Day');
    case 'state':
      return t('State');
    case 'configuration':
      return t('Configuration');
    case 'tag':
      return t('Tag');
    case 'none':
      return t('No Groups');
    default:
      return grouping satisfies never;
  }
}

export function groupTitle(grouping: Grouping, key: string, t: Translate): string {
  switch (grouping) {
    case 'day':
      return dayTitle(key, t);
    case 'state':
      return capitalised(stateWord(key as WatchedState, t));
    case 'configuration':
      return key === '' ? t('Without a Configuration') : key;
    case 'tag':
      return key === '' ? t('Without Tags') : key;
    case 'none':
      return '';
    default:
      return grouping satisfies never;
  }
}

function dayTitle(day: string, t: Translate): string {
  switch (day) {
    case 'now':
      return t('Training Now');
    case 'today':
      return t('Today');
    case 'yesterday':
      return t('Yesterday');
    case 'week':
      return t('Last 7 Days');
    default:
      return t('Older');
  }
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const dates = new WeakMap<RunSummary, number>();

/** A run's age decides where it stands; one without a readable record goes by its directory's stamp. */
function createdAt(run: RunSummary): number {
  const known = dates.get(run);
  if (known !== undefined) return known;
  const written = Date.parse(run.record?.created ?? '');
  const created = Number.isNaN(written) ? stampOf(run.directory) : written;
  dates.set(run, created);
  return created;
}

function stampOf(directory: string): number {
  const stamp = /(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})(\d{2})-[^\\/]*$/.exec(directory);
  if (!stamp) return 0;
  const [year, month, day, hour, minute, second] = stamp.slice(1).map(Number) as [number, number, number, number, number, number];
  return new Date(year, month - 1, day, hour, minute, second).getTime();
}

function dayOf(run: RunSummary, midnight: number): Day {
  if (isAlive(run.state) || run.state === 'queued') return 'now';
  const created = createdAt(run);
  if (created >= midnight) return 'today';
  if (created >= midnight - DAY) return 'yesterday';
  if (created >= midnight - 6 * DAY) return 'week';
  return 'older';
}

/** Newest first; equal times by directory, so that the order never flickers. */
export function newestFirst<Run extends RunSummary>(runs: readonly Run[]): Run[] {
  return runs.toSorted((a, b) => createdAt(b) - createdAt(a) || (a.directory < b.directory ? 1 : -1));
}

/** @param now milliseconds since the epoch, of this machine. */
export function groupRuns(runs: readonly RunSummary[], grouping: Grouping, now: number): readonly RunGroup[] {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const groups = new Map<string, RunSummary[]>();
  for (const run of starredFirst(newestFirst(runs))) {
    for (const key of keysOf(run, grouping, midnight)) {
      const members = groups.get(key);
      if (members) members.push(run);
      else groups.set(key, [run]);
    }
  }
  return [...groups]
    .toSorted(([a], [b]) => compare(grouping, a, b))
    .map(([key, members]) => ({ id: `${grouping}:${key}`, key, runs: members }));
}

function starredFirst(runs: readonly RunSummary[]): RunSummary[] {
  const [starred, others] = [runs.filter((run) => run.notes?.star), runs.filter((run) => !run.notes?.star)];
  return [...starred, ...others];
}

function keysOf(run: RunSummary, grouping: Grouping, midnight: number): readonly string[] {
  switch (grouping) {
    case 'day':
      return [dayOf(run, midnight)];
    case 'state':
      return [run.state];
    case 'configuration':
      return [configurationName(run) ?? ''];
    case 'tag':
      return run.notes?.tags.length ? [...new Set(run.notes.tags)] : [''];
    case 'none':
      return [''];
    default:
      return grouping satisfies never;
  }
}

/** Days and states in their own order, names as people sort them, and what has none last. */
function compare(grouping: Grouping, a: string, b: string): number {
  if (grouping === 'day') return DAYS.indexOf(a as Day) - DAYS.indexOf(b as Day);
  if (grouping === 'state') return STATES.indexOf(a as WatchedState) - STATES.indexOf(b as WatchedState);
  if (a === '' || b === '') return Number(a === '') - Number(b === '');
  return a.localeCompare(b, undefined, { numeric: true });
}
