// What a dashboard asks of checkpoints: the tool's arguments, what is told as it goes, and how it ends.
import { describe, expect, it, vi } from 'vitest';
import { type CallWatcher, type JobParts, Jobs } from '../../../src/extension/dashboard/jobs';
import type { Job } from '../../../src/protocol/messages';

const GENERATE = { prompt: '--x', step: 200, tokens: 5, count: 2, temperature: 0.5, topK: 7, seed: 3 };

function open(call: JobParts['call'], files: JobParts['files'] = async () => ['--data', '/d']) {
  const told: Job[] = [];
  const jobs = new Jobs('/runs/deep', {
    call,
    files,
    explain: (error) => `why: ${String(error)}`,
    tell: (job) => told.push(job),
  });
  return { jobs, told };
}

describe('a text', () => {
  it('is asked of the tool, arrives in pieces however they are cut, and ends', async () => {
    const call = vi.fn(async (_args: readonly string[], watcher: CallWatcher) => {
      for (const part of ['{"sample":0,"te', 'xt":"one"}\n{"sample":1,"text":"t', 'wo\\n"}\n{"sample":1,"text":"!"}\n'])
        watcher.out?.(part);
      return '';
    });
    const { jobs, told } = open(call);
    await jobs.generate(GENERATE);
    expect(call.mock.calls[0]?.[0]).toEqual([
      'generate',
      '/runs/deep',
      '--prompt=--x',
      ...['--step', '200', '--tokens', '5', '--count', '2', '--temperature', '0.5', '--top-k', '7', '--seed', '3'],
      '--json',
      '--save',
    ]);
    expect(told[0]).toMatchObject({ kind: 'generate', running: true, texts: [] });
    expect(told.at(-1)).toMatchObject({ running: false, about: '--x', step: 200, texts: ['one', 'two\n!'] });
    expect(jobs.all).toEqual([told.at(-1)]);
  });

  it('fails in words, and one at a time is asked', async () => {
    let fail: (reason: Error) => void = () => undefined;
    const call = vi.fn(() => new Promise<string | undefined>((_, reject) => (fail = reject)));
    const { jobs, told } = open(call);
    const first = jobs.generate(GENERATE);
    await jobs.generate(GENERATE);
    expect(call).toHaveBeenCalledTimes(1);
    fail(new Error('no memory'));
    await first;
    expect(told.at(-1)).toMatchObject({ running: false, error: 'why: Error: no memory' });
  });
});

describe('a score', () => {
  it('is asked with the files a person chose, and told as it counts', async () => {
    vi.useFakeTimers();
    const call = vi.fn(async (_args: readonly string[], watcher: CallWatcher) => {
      watcher.progress?.(3, 10);
      await vi.advanceTimersByTimeAsync(100);
      return '{}';
    });
    const { jobs, told } = open(call);
    await jobs.evaluate({ task: 'piqa', step: 100, averaged: true, limit: 10 });
    vi.useRealTimers();
    const args = ['--task', 'piqa', '--data', '/d', '--step', '100', '--weights', 'averaged', '--limit', '10', '--json', '--progress'];
    expect(call.mock.calls[0]?.[0]).toEqual(['evaluate', '/runs/deep', ...args]);
    expect(told.map(({ running, done, of }) => [running, done, of])).toEqual([
      [true, undefined, undefined],
      [true, 3, 10],
      [false, 3, 10],
    ]);
  });

  it('is not asked where no files were chosen', async () => {
    const call = vi.fn(async () => '');
    const { jobs, told } = open(call, async () => undefined);
    await jobs.evaluate({ task: 'piqa', step: 100, averaged: false });
    expect(call).not.toHaveBeenCalled();
    expect(told.at(-1)).toMatchObject({ running: false });
  });

  it('ends when it is told to, and with its dashboard', async () => {
    const signals: AbortSignal[] = [];
    const call: JobParts['call'] = (_args, _watcher, signal) => {
      signals.push(signal);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
    };
    const { jobs, told } = open(call);
    const first = jobs.evaluate({ task: 'piqa', step: 100, averaged: false });
    await vi.waitFor(() => expect(signals).toHaveLength(1));
    jobs.end('evaluate');
    await first;
    expect(told.at(-1)).toMatchObject({ running: false });
    const second = jobs.evaluate({ task: 'piqa', step: 100, averaged: false });
    await vi.waitFor(() => expect(signals).toHaveLength(2));
    jobs.dispose();
    await second;
    expect(signals[1]?.aborted).toBe(true);
  });
});
