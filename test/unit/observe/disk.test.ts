// Two ways to look at small files, which have to see the same.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeFileAtomic } from '../../../src/experiment/files';
import { runFile, writeRun } from '../../../src/experiment/runDirectory';
import { AdaptiveDisk, PATIENT_DISK, QUICK_DISK } from '../../../src/observe/disk';
import { scratch } from '../experiment/scratch';
import { record } from './helpers';

const outcome = async (disk: typeof QUICK_DISK, directory: string) => {
  try {
    return await disk.record(directory);
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
};

describe('looking at small files', () => {
  it('sees the same the quick way and the patient way, whatever is there', async () => {
    const directory = path.join(scratch(), 'a-run');
    mkdirSync(directory);
    const both = async () => {
      const [quick, patient] = [await outcome(QUICK_DISK, directory), await outcome(PATIENT_DISK, directory)];
      expect(quick).toEqual(patient);
      const file = runFile(directory);
      expect(await QUICK_DISK.signature(file)).toBe(await PATIENT_DISK.signature(file));
      return quick;
    };
    expect(await both()).toBe('run-missing');
    await writeRun(directory, record());
    expect(await both()).toMatchObject({ format: 1 });
    for (const text of ['{"format": 1', '{"format": 99}', '[]', '', `"${'x'.repeat(300_000)}"`]) {
      await writeFileAtomic(runFile(directory), text);
      expect(await both()).toMatch(/^(run|file)-/);
    }
    rmSync(runFile(directory));
    mkdirSync(runFile(directory));
    expect(await both()).toBe('file-not-regular');
    if (process.platform === 'win32') return;
    rmSync(runFile(directory), { recursive: true });
    execFileSync('mkfifo', [runFile(directory)]);
    expect(await both()).toBe('file-not-regular');
  });

  it('becomes patient where the disk is slow, not where a look was unlucky', () => {
    const quick = new AdaptiveDisk();
    for (let i = 0; i < 64; i++) quick.told(i % 4 === 0 ? 500 : 0.02);
    expect(quick.current).toBe(QUICK_DISK);
    const slow = new AdaptiveDisk();
    for (let i = 0; i < 16; i++) slow.told(5);
    expect(slow.current).toBe(PATIENT_DISK);
    for (let i = 0; i < 64; i++) slow.told(0.01);
    expect(slow.current).toBe(PATIENT_DISK);
  });
});
