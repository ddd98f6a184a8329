// What an hour of watching does to the dashboard: a hundred layers written a hundred times a second, through the
// host's own code, and how long each step takes to be seen, early and late. `npm run soak:page` prints it, nothing is
// asserted of times; `FATHOM_SOAK_MINUTES` is how long.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from '@playwright/test';
import { BigRun } from './bigRun';
import { heapOf } from './cost';
import { delaysToFrames, watchFrames } from './frames';
import { test } from './harness';
import { realHost } from './realHost';

const MINUTES = Number(process.env.FATHOM_SOAK_MINUTES ?? 10);
const PER_SECOND = 100;

// The page's policy lets it talk to the editor only, and what stands for the editor here is a server.
test.use({ bypassCSP: true });

test('from an event to the frame after it, early and late @soak', async ({ page, open }) => {
  test.setTimeout(60_000 * (MINUTES + 3));
  const folder = mkdtempSync(path.join(tmpdir(), 'fathom-soak-'));
  const directory = path.join(folder, 'a-long-run');
  mkdirSync(directory);
  const run = await BigRun.write(directory, 100, 3, 1);
  const host = await realHost(page, directory);
  try {
    await open({ script: host.script });
    await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '1');
    await watchFrames(page);
    const written = new Map<number, number>();
    const heaps: number[] = [];
    const begun = performance.now();
    for (let now = 0; now < 60_000 * MINUTES; now = performance.now() - begun) {
      for (const due = (now / 1000) * PER_SECOND; written.size < due; ) {
        run.grow();
        written.set(run.columns, Date.now());
      }
      if (heaps.length < (5 * now) / (60_000 * MINUTES)) heaps.push(await heapOf(page));
      await new Promise((done) => setTimeout(done, 20));
    }
    heaps.push(await heapOf(page));
    const delays = await delaysToFrames(page, written);
    const median = (part: readonly number[]): number | undefined => part.toSorted((a, b) => a - b)[Math.floor(part.length / 2)];
    const fifth = Math.floor(delays.length / 5);
    // The first fifth is warm-up.
    const steady = delays.slice(fifth);
    console.log(
      [
        `${delays.length} steps of 102 rows watched for ${MINUTES} min  [load ${loadavg()[0]?.toFixed(1)}]`,
        `  event to frame, median   ${median(delays.slice(fifth, 2 * fifth))} ms early, ${median(delays.slice(-fifth))} ms late (should stay below 500)`,
        `  event to frame, slowest  ${Math.max(...steady)} ms`,
        `  heap of the page         ${heaps[1]?.toFixed(1)} MB early, ${heaps.at(-1)?.toFixed(1)} MB late`,
      ].join('\n'),
    );
  } finally {
    host.end();
    run.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
