// Runs that wait, on disk.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeFileAtomic, writeJsonAtomic } from '../../../src/experiment/files';
import { enqueue, leaveQueue, takeFromQueue, ticketOf } from '../../../src/experiment/queue';
import { createRun, readRun, writeRun } from '../../../src/experiment/runDirectory';
import { config } from './config';
import { scratch } from './scratch';

async function run(): Promise<string> {
  return (await createRun({ runs: scratch(), name: 'deep', config, kind: 'run' })).directory;
}

const ERROR = { code: 'disk-full', args: {}, message: 'full' };

describe('the queue on disk', () => {
  it('lets a new run wait, and hands it out to one of those who want to start it', async () => {
    const directory = await run();
    await enqueue(directory, 'new', 7);
    expect((await readRun(directory)).state).toBe('queued');
    expect((await ticketOf(directory))?.since).toBe(7);
    const taken = await Promise.all([takeFromQueue(directory), takeFromQueue(directory), takeFromQueue(directory)]);
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect((await readRun(directory)).state).toBe('starting');
    expect(await ticketOf(directory)).toBeUndefined();
    expect(await leaveQueue(directory)).toBe(false);
  });

  it('deletes a new run that leaves it, which has recorded nothing', async () => {
    const directory = await run();
    await enqueue(directory, 'new', 1);
    expect(await leaveQueue(directory)).toBe(true);
    expect(existsSync(directory)).toBe(false);
    expect(await leaveQueue(directory)).toBe(false);
  });

  it('gives a run that had ended back as it was, and starts it without what it ended with', async () => {
    const directory = await run();
    const ended = { ...(await readRun(directory)), state: 'failed' as const, step: 5, error: ERROR };
    await writeRun(directory, ended);
    await enqueue(directory, 'ended', 1);
    await leaveQueue(directory);
    expect(await readRun(directory)).toEqual(ended);
    await enqueue(directory, 'ended', 1);
    await takeFromQueue(directory);
    const started = await readRun(directory);
    expect([started.state, started.step, started.error]).toEqual(['starting', 5, undefined]);
  });

  it('keeps a lost run that had only been starting', async () => {
    const directory = await run();
    await enqueue(directory, 'ended', 1);
    await leaveQueue(directory);
    expect((await readRun(directory)).state).toBe('starting');
  });

  it('takes a torn ticket, and one of another machine, for none', async () => {
    const directory = await run();
    await enqueue(directory, 'new', 1);
    await writeJsonAtomic(path.join(directory, 'queue.json'), { format: 1, host: 'elsewhere', since: 1 });
    expect(await ticketOf(directory)).toBeUndefined();
    await writeFileAtomic(path.join(directory, 'queue.json'), '{"form');
    expect(await ticketOf(directory)).toBeUndefined();
  });
});
