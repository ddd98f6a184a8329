// What the page's main thread pays for something: processor time of scripts, styles and layout.

import type { CDPSession, Page } from '@playwright/test';

async function spent(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  const named = new Map(metrics.map(({ name, value }) => [name, value]));
  return ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration'].reduce((sum, name) => sum + (named.get(name) ?? 0), 0);
}

/**
 * Milliseconds of processor time per repetition. The best of three rounds: other processes of the machine
 * cost caches, and so processor time.
 *
 * @param work ends when the page has done it
 */
export async function costOf(page: Page, times: number, work: () => Promise<void>): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const rounds: number[] = [];
  for (let round = 0; round < 3; round++) {
    const before = await spent(session);
    for (let index = 0; index < times; index++) await work();
    rounds.push(((await spent(session)) - before) * (1000 / times));
  }
  await session.detach();
  return Math.min(...rounds);
}

/** Megabytes that the page's scripts hold, typed arrays included, after a collection. */
export async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize, ...other } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  const backing = 'backingStorageSize' in other && typeof other.backingStorageSize === 'number' ? other.backingStorageSize : 0;
  return (usedSize + backing) / 2 ** 20;
}
