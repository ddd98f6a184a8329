// Which run of the queue starts, and when.
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { QueueKeeper, trainsHere } from '../../../src/extension/launch/queueKeeper';
import type { RunSummary } from '../../../src/observe/runView';
import { status } from './helpers';

const identity = (host: string) => ({ pid: 1, started: '', boot: '', namespace: '', host });

function queue(waits: Readonly<Record<string, number>>, starts = async (_directory: string) => true) {
  const runs = new Map<string, RunSummary>();
  const started: string[] = [];
  const set = (id: string, state: 'queued' | 'running' | 'finished') => {
    const run = status({ id, state });
    runs.set(run.directory, run);
    return run.directory;
  };
  const since = new Map(Object.entries(waits).map(([id, at]) => [set(id, 'queued'), at]));
  const keeper = new QueueKeeper({
    waiting: () => [...since.keys()],
    status: (directory) => runs.get(directory),
    since: async (directory) => since.get(directory),
    start: async (directory) => {
      started.push(directory.split('/').at(-1) ?? '');
      return await starts(directory);
    },
  });
  return { keeper, set, started, look: () => keeper.look([...runs.values()]) };
}

describe('the queue', () => {
  it('starts the one that has waited longest, once nothing trains, and one at a time', async () => {
    const { set, started, look } = queue({ b: 2, a: 1 });
    set('other', 'running');
    await look();
    expect(started).toEqual([]);
    set('other', 'finished');
    await look();
    // Nobody has seen `a` train yet.
    await look();
    expect(started).toEqual(['a']);
    set('a', 'running');
    await look();
    expect(started).toEqual(['a']);
    set('a', 'finished');
    await look();
    expect(started).toEqual(['a', 'b']);
  });

  it('tries each once, and goes on to the next', async () => {
    const { keeper, started, look } = queue({ a: 1, b: 2 }, async (directory) => {
      if (directory.endsWith('/a')) throw new Error('no');
      return false;
    });
    await expect(look()).rejects.toThrow('no');
    await look();
    await look();
    expect(started).toEqual(['a', 'b']);
    keeper.added('/w/.fathom/runs/b');
    await look();
    expect(started).toEqual(['a', 'b', 'b']);
  });

  it('counts what takes processors of this machine', () => {
    expect(trainsHere(status({ process: identity(hostname()) }))).toBe(true);
    expect(trainsHere(status({ process: identity('elsewhere') }))).toBe(false);
    expect(trainsHere(status({ state: 'starting' }))).toBe(true);
    expect(trainsHere(status({ state: 'paused' }))).toBe(false);
    expect(trainsHere(status({ kind: 'probe' }))).toBe(false);
    expect(trainsHere(status({}, 'lost'))).toBe(false);
  });
});
