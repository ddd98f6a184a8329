// Two trainers never work on one run directory, and the remains of one never keep the next out.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RunLock } from '../../../src/experiment/lock';
import { identify } from '../../../src/experiment/processes';
import type { ProcessIdentity, RunRecord } from '../../../src/experiment/run';
import { createRun, writeRun } from '../../../src/experiment/runDirectory';
import { watchDisk } from '../../faults/disk';
import { config } from './config';
import { scratch } from './scratch';

const own = identify();
const lockFiles = (directory: string): string[] => readdirSync(directory).filter((name) => name.startsWith('.trainer'));

async function newRun(): Promise<{ readonly directory: string; readonly record: RunRecord }> {
  return await createRun({ runs: scratch(), name: 'x', config, kind: 'run' });
}

function hold(directory: string, number: number, holder: unknown): void {
  writeFileSync(path.join(directory, `.trainer-${number}.lock`), JSON.stringify(holder));
}

describe('the lock of a run directory', () => {
  it('keeps a second trainer out, naming the first, until it is released', async () => {
    const { directory } = await newRun();
    const lock = await RunLock.take(directory);
    await expect(RunLock.take(directory)).rejects.toMatchObject({ code: 'run-busy', args: { pid: process.pid, host: own.host } });
    await lock.release();
    expect(lockFiles(directory)).toEqual([]);
    await (await RunLock.take(directory)).release();
  });

  it('goes to exactly one of many that ask at once', async () => {
    const { directory } = await newRun();
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => RunLock.take(directory)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(lockFiles(directory)).toEqual(['.trainer-1.lock']);
  });

  it('is taken from a trainer that was killed, by one only', async () => {
    const { directory } = await newRun();
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    hold(directory, 4, identify(child.pid));
    await expect(RunLock.take(directory)).rejects.toMatchObject({ code: 'run-busy' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const asked = await Promise.allSettled(Array.from({ length: 8 }, () => RunLock.take(directory)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(lockFiles(directory)).toEqual(['.trainer-5.lock']);
  });

  it.runIf(process.platform === 'linux')('is taken from a trainer whose number another process has by now', async () => {
    const { directory } = await newRun();
    hold(directory, 1, { ...own, started: '1' });
    await (await RunLock.take(directory)).release();
  });

  it.each([
    ['of another machine', { ...own, host: 'elsewhere' }],
    ['of another start of this machine', { ...own, boot: 'before' }],
    ['whose start is not known, as on Windows', { ...own, started: '' }],
  ])('is left to a trainer %s while its heartbeat goes on, and taken when it stands still', async (_, holder: ProcessIdentity) => {
    const { directory, record } = await newRun();
    hold(directory, 1, holder);
    let heartbeat = record.heartbeat;
    const beating = setInterval(() => void writeRun(directory, { ...record, heartbeat: ++heartbeat }), 20);
    onTestFinished(() => clearInterval(beating));
    const waited: number[] = [];
    const options = { patience: 400, waiting: ({ pid }: ProcessIdentity) => waited.push(pid) };
    await expect(RunLock.take(directory, options)).rejects.toMatchObject({ code: 'run-busy' });
    clearInterval(beating);
    await writeRun(directory, { ...record, heartbeat });
    await (await RunLock.take(directory, options)).release();
    expect(waited).toEqual([process.pid, process.pid]);
  });

  it('is not kept by what a loss of power left of one', async () => {
    const { directory } = await newRun();
    writeFileSync(path.join(directory, '.trainer-1.lock'), '');
    writeFileSync(path.join(directory, '.trainer-2.lock.0.tmp'), '{');
    await RunLock.take(directory);
    expect(lockFiles(directory)).toEqual(['.trainer-2.lock']);
  });

  it('is given back by whoever finds that another came and stayed while it slept', async () => {
    const { directory } = await newRun();
    hold(directory, 5, { ...own, pid: 2 ** 22 + 1 });
    const unwatch = watchDisk(({ name, to }) => {
      // Between looking and taking: number 5 went, and somebody began anew with 1.
      if (name === 'link' && to?.endsWith('.trainer-6.lock')) hold(directory, 1, own);
      return undefined;
    });
    onTestFinished(unwatch);
    await expect(RunLock.take(directory)).rejects.toMatchObject({ code: 'run-busy' });
    expect(lockFiles(directory)).toContain('.trainer-1.lock');
    expect(lockFiles(directory)).not.toContain('.trainer-6.lock');
  });

  it('works on disks without links', async () => {
    const { directory } = await newRun();
    onTestFinished(watchDisk(({ name }) => (name === 'link' ? { code: 'EPERM' } : undefined)));
    const lock = await RunLock.take(directory);
    await expect(RunLock.take(directory)).rejects.toMatchObject({ code: 'run-busy' });
    expect(lockFiles(directory)).toEqual(['.trainer-1.lock']);
    await lock.release();
  });

  it('names a disk that refuses it', async () => {
    const { directory } = await newRun();
    onTestFinished(watchDisk(({ name }) => (name === 'create' ? { code: 'EROFS' } : undefined)));
    await expect(RunLock.take(directory)).rejects.toMatchObject({ code: 'disk-read-only' });
  });
});
