import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deriveState, identify, isAlive, seeHeartbeat } from '../../../src/experiment/processes';
import type { RunRecord, WrittenState } from '../../../src/experiment/run';

const record: RunRecord = {
  format: 1,
  id: 'i',
  name: 'n',
  kind: 'run',
  state: 'running',
  created: '',
  heartbeat: 7,
  step: 0,
  steps: 1,
  metrics: {},
};

async function child(): Promise<{ pid: number; end: () => Promise<void> }> {
  const process = spawn(globalThis.process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => void process.kill('SIGKILL'));
  await once(process, 'spawn');
  const end = async () => {
    process.kill('SIGKILL');
    await once(process, 'exit');
  };
  return { pid: process.pid ?? 0, end };
}

describe.runIf(process.platform === 'linux')('a process of this machine', () => {
  it('is alive while it lives and gone afterwards', async () => {
    const { pid, end } = await child();
    const identity = identify(pid);
    expect(identity.started).not.toBe('');
    expect(isAlive(identity)).toBe('alive');
    await end();
    expect(isAlive(identity)).toBe('gone');
  });

  it('is gone where its number belongs to another one by now', () => {
    expect(isAlive(identify())).toBe('alive');
    expect(isAlive({ ...identify(), started: '1' })).toBe('gone');
  });

  it('cannot be told from another host, boot or pid namespace', () => {
    for (const field of ['host', 'boot', 'namespace'] as const) {
      expect(isAlive({ ...identify(), pid: 999_999_999, [field]: 'another' })).toBe('unknown');
    }
  });

  it.each([0, -1, 1.5, Number.NaN])('never takes %s for a pid', (pid) => {
    expect(isAlive({ ...identify(), pid })).toBe('gone');
  });
});

describe('the state that a watcher shows', () => {
  const elsewhere = { ...identify(), host: 'elsewhere' };

  it.each(['queued', 'finished', 'stopped', 'failed'] as WrittenState[])('is never lost once it says %s', (state) => {
    const seen = { value: 7, since: 0 };
    expect(deriveState({ ...record, state, process: { ...identify(), started: '1' } }, seen, 1e9)).toBe(state);
  });

  it('is what the record says while the process lives, however long its heart stands still', () => {
    expect(deriveState({ ...record, process: identify() }, { value: 7, since: 0 }, 1e9)).toBe('running');
  });

  it.runIf(process.platform === 'linux')('is lost at once where the process of this machine is gone', () => {
    expect(deriveState({ ...record, process: { ...identify(), started: '1' } })).toBe('lost');
  });

  it('is lost elsewhere only after the heartbeat stood still for a minute', () => {
    const far = { ...record, process: elsewhere };
    const seen = seeHeartbeat(undefined, far, 1000);
    expect(deriveState(far)).toBe('running');
    expect(deriveState(far, seen, 60_000)).toBe('running');
    expect(deriveState(far, seen, 61_000)).toBe('lost');
    const beaten = { ...far, heartbeat: 8 };
    const again = seeHeartbeat(seen, beaten, 60_500);
    expect(deriveState(beaten, again, 61_000)).toBe('running');
    expect(seeHeartbeat(again, beaten, 90_000)).toBe(again);
  });

  it('finds a run lost whose launcher died before there was a process', () => {
    const starting: RunRecord = { ...record, state: 'starting' };
    expect(deriveState(starting, { value: 7, since: 0 }, 59_000)).toBe('starting');
    expect(deriveState(starting, { value: 7, since: 0 }, 61_000)).toBe('lost');
  });
});
