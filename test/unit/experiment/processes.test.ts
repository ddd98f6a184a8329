import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deriveState, identify, isAlive, seeHeartbeat } from '../../../src/experiment/processes';
import type { RunRecord, WrittenState } from '../../../src/experiment/run';
import type { System } from '../../../src/experiment/system';

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

describe('a process of another system', () => {
  /** Answers by what is asked: a file, or a program and its words. */
  function system(platform: NodeJS.Platform, answers: Readonly<Record<string, string>>, pids: readonly number[]): System {
    return {
      platform,
      host: 'desk',
      read: (file) => answers[file],
      link: (file) => answers[file],
      run: (program, args) => answers[[program, ...args].join(' ')],
      exists: (pid) => pids.includes(pid),
    };
  }
  const macs = {
    '/usr/sbin/sysctl -n kern.bootsessionuuid': 'BOOT-1',
    '/bin/ps -o lstart= -p 7': 'Mon Jan  5 10:00:00 2026',
  };

  it('is known on macOS by what ps and sysctl say, both by absolute path', () => {
    const mac = system('darwin', macs, [7]);
    const identity = identify(7, mac);
    expect(identity).toEqual({ pid: 7, started: 'Mon Jan  5 10:00:00 2026', boot: 'BOOT-1', namespace: '', host: 'desk' });
    expect(isAlive(identity, mac)).toBe('alive');
    expect(isAlive(identity, system('darwin', macs, []))).toBe('gone');
    expect(isAlive(identity, system('darwin', { ...macs, '/bin/ps -o lstart= -p 7': 'Tue Jan  6 10:00:00 2026' }, [7]))).toBe('gone');
    expect(isAlive(identity, system('darwin', { ...macs, '/usr/sbin/sysctl -n kern.bootsessionuuid': 'BOOT-2' }, [7]))).toBe('unknown');
    expect(isAlive(identity, system('darwin', {}, [7]))).toBe('unknown');
  });

  it('is known on Windows by its number alone: gone for certain, or not to be told', () => {
    const identity = identify(7, system('win32', {}, [7]));
    expect(identity).toEqual({ pid: 7, started: '', boot: '', namespace: '', host: 'desk' });
    expect(isAlive(identity, system('win32', {}, [7]))).toBe('unknown');
    expect(isAlive(identity, system('win32', {}, []))).toBe('gone');
  });

  it('is known on Linux by its own account, whatever its name, and gone once only its remains are left', () => {
    const answers = (state: string) => ({
      '/proc/sys/kernel/random/boot_id': 'b',
      '/proc/self/ns/pid': 'pid:[1]',
      '/proc/7/stat': `7 (a) b (c) ${state} ${Array.from({ length: 18 }, (_, i) => i).join(' ')} 4242 0`,
    });
    const identity = identify(7, system('linux', answers('S'), [7]));
    expect(identity).toEqual({ pid: 7, started: '4242', boot: 'b', namespace: 'pid:[1]', host: 'desk' });
    expect(isAlive(identity, system('linux', answers('S'), [7]))).toBe('alive');
    expect(isAlive(identity, system('linux', answers('Z'), [7]))).toBe('gone');
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
