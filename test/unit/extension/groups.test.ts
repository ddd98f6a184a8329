// The order of the Runs view.
import { describe, expect, it } from 'vitest';
import { GROUPINGS, type Grouping, groupRuns, groupTitle } from '../../../src/extension/runs/groups';
import { english, labelled, status } from './helpers';

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
    const names = groupRuns(runs, 'day', NOW).map(({ key, runs: members }) => [key, members.map((run) => run.record?.id)]);
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
    expect(groupRuns([nameless, broken], 'day', NOW).map(({ key }) => key)).toEqual(['today', 'older']);
  });

  it('holds a thousand runs without losing one, whatever they are grouped by', () => {
    const runs = Array.from({ length: 1000 }, (_, index) => status({ id: `run-${index}`, state: 'finished', created: at(31, 1) }));
    for (const grouping of GROUPINGS) expect(groupRuns(runs, grouping, NOW).flatMap((group) => group.runs)).toHaveLength(1000);
  });

  it('groups by state in the order of their urgency, and by configuration by name', () => {
    const runs = [
      status({ id: 'a', state: 'finished', configuration: '/w/deep-10.fathom.json' }),
      status({ id: 'b', state: 'failed', configuration: 'C:\\w\\deep-9.fathom.json' }),
      status({ id: 'c', state: 'running' }),
      status({ id: 'd', state: 'queued', configuration: '/w/deep-9.fathom.json' }),
    ];
    const shape = (grouping: Grouping) =>
      groupRuns(runs, grouping, NOW).map(({ key, runs: members }) => [key, members.map(({ record }) => record?.id)]);
    expect(shape('state')).toEqual([
      ['running', ['c']],
      ['queued', ['d']],
      ['failed', ['b']],
      ['finished', ['a']],
    ]);
    expect(shape('configuration')).toEqual([
      ['deep-9', ['d', 'b']],
      ['deep-10', ['a']],
      ['', ['c']],
    ]);
    expect(groupTitle('configuration', '', english)).toBe('Without a Configuration');
    expect(groupTitle('state', 'unreadable', english)).toBe('Cannot be read');
    expect(groupTitle('day', 'week', english)).toBe('Last 7 Days');
  });

  it('shows a run under each of its tags, and the starred ones first', () => {
    const old = labelled(status({ id: 'old', state: 'finished', created: at(1, 1) }), { tags: ['deep', 'baseline'], star: true });
    const young = labelled(status({ id: 'young', state: 'finished', created: at(20, 1) }), { tags: ['deep'] });
    const plain = status({ id: 'plain', state: 'finished', created: at(10, 1) });
    const groups = groupRuns([plain, young, old], 'tag', NOW);
    expect(groups.map(({ key, runs }) => [key, runs.map(({ record }) => record?.id)])).toEqual([
      ['baseline', ['old']],
      ['deep', ['old', 'young']],
      ['', ['plain']],
    ]);
    expect(new Set(groups.map(({ id }) => id)).size).toBe(3);
    expect(groupRuns([young, plain, old], 'none', NOW)[0]?.runs.map(({ record }) => record?.id)).toEqual(['old', 'young', 'plain']);
  });
});
