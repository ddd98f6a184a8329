// The order of the Runs view.
import { describe, expect, it } from 'vitest';
import { groupRuns } from '../../../src/extension/runs/groups';
import { status } from './helpers';

const NOW = new Date(2026, 0, 31, 15, 0, 0).getTime();
const at = (day: number, hour: number) => new Date(2026, 0, day, hour, 0, 0).toISOString();

describe('groups of runs', () => {
  it('puts what trains first whatever its age, then by calendar day, newest first', () => {
    const runs = [
      status({ id: 'old', state: 'finished', created: at(2, 9) }),
      status({ id: 'morning', state: 'finished', created: at(31, 8) }),
      status({ id: 'noon', state: 'stopped', created: at(31, 12) }),
      status({ id: 'evening-before', state: 'failed', created: at(30, 23) }),
      status({ id: 'week', state: 'finished', created: at(26, 9) }),
      status({ id: 'long', state: 'running', created: at(3, 9) }),
    ];
    const names = groupRuns(runs, NOW).map(({ id, runs: members }) => [id, members.map((run) => run.record?.id)]);
    expect(names).toEqual([
      ['now', ['long']],
      ['today', ['noon', 'morning']],
      ['yesterday', ['evening-before']],
      ['week', ['week']],
      ['older', ['old']],
    ]);
  });

  it('places a run without a readable record by its directory’s stamp', () => {
    const broken = { directory: '/w/.fathom/runs/20260131-090000-deep', state: 'unreadable', problems: [] } as const;
    const nameless = { directory: '/w/.fathom/runs/whatever', state: 'unreadable', problems: [] } as const;
    expect(groupRuns([nameless, broken], NOW).map(({ id }) => id)).toEqual(['today', 'older']);
  });

  it('holds a thousand runs without losing one', () => {
    const runs = Array.from({ length: 1000 }, (_, index) => status({ id: `run-${index}`, state: 'finished', created: at(31, 1) }));
    expect(groupRuns(runs, NOW).flatMap((group) => group.runs)).toHaveLength(1000);
  });
});
