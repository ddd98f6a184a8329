// The order of the Runs view: what trains now first, then by age, newest first within each group.
// A folder of a thousand runs opens with its old ones folded away.
import type { RunStatus } from '../../experiment/view';
import type { Translate } from '../translate';
import { isAlive } from './presentation';

export type GroupId = 'now' | 'today' | 'yesterday' | 'week' | 'older';

export interface RunGroup {
  readonly id: GroupId;
  readonly runs: readonly RunStatus[];
}

const ORDER: readonly GroupId[] = ['now', 'today', 'yesterday', 'week', 'older'];
const DAY = 24 * 60 * 60 * 1000;

export function groupTitle(id: GroupId, t: Translate): string {
  switch (id) {
    case 'now':
      return t('Training Now');
    case 'today':
      return t('Today');
    case 'yesterday':
      return t('Yesterday');
    case 'week':
      return t('Last 7 Days');
    case 'older':
      return t('Older');
    default:
      return id satisfies never;
  }
}

/** A run's age decides where it stands; one without a readable record goes by its directory's stamp. */
function createdAt(status: RunStatus): number {
  const written = Date.parse(status.record?.created ?? '');
  if (!Number.isNaN(written)) return written;
  const stamp = /(\d{4})(\d{2})(\d{2})-(\d{2})(\d{2})(\d{2})-[^\\/]*$/.exec(status.directory);
  if (!stamp) return 0;
  const [year, month, day, hour, minute, second] = stamp.slice(1).map(Number) as [number, number, number, number, number, number];
  return new Date(year, month - 1, day, hour, minute, second).getTime();
}

function groupOf(status: RunStatus, now: number): GroupId {
  if (isAlive(status.state)) return 'now';
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const created = createdAt(status);
  if (created >= midnight) return 'today';
  if (created >= midnight - DAY) return 'yesterday';
  if (created >= midnight - 6 * DAY) return 'week';
  return 'older';
}

/** Newest first; equal times by directory, so that the order never flickers. */
export function newestFirst(runs: readonly RunStatus[]): RunStatus[] {
  const dated = runs.map((run) => ({ run, created: createdAt(run) }));
  dated.sort((a, b) => b.created - a.created || (a.run.directory < b.run.directory ? 1 : -1));
  return dated.map(({ run }) => run);
}

/** @param now milliseconds since the epoch, of this machine. */
export function groupRuns(runs: readonly RunStatus[], now: number): readonly RunGroup[] {
  const groups = new Map<GroupId, RunStatus[]>();
  for (const run of newestFirst(runs)) {
    const id = groupOf(run, now);
    const members = groups.get(id);
    if (members) members.push(run);
    else groups.set(id, [run]);
  }
  return ORDER.flatMap((id) => {
    const members = groups.get(id);
    return members ? [{ id, runs: members }] : [];
  });
}
