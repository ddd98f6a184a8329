// How quick the dashboard is with a run as large as it promises to bear, through the host's own code:
// `npm run bench`. Figures are printed, never asserted: they are the machine's.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { expect, type Page } from '@playwright/test';
import { BigRun } from './bigRun';
import { costOf, heapOf } from './cost';
import { delaysToFrames, watchFrames } from './frames';
import { test } from './harness';
import { realHost } from './realHost';

const [LAYERS, COLUMNS, STATISTICS] = [1000, 4000, 12];
const EVENTS = 200;

test.describe.configure({ mode: 'serial', timeout: 600_000 });
// The page's policy lets it talk to the editor only, and what stands for the editor here is a server.
test.use({ bypassCSP: true });

let folder = '';
let run: BigRun;

test.beforeAll('a large run @bench', async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'fathom-speed-'));
  const directory = path.join(folder, 'a-large-run');
  mkdirSync(directory);
  run = await BigRun.write(directory, LAYERS, STATISTICS, COLUMNS);
});

test.afterAll(() => {
  run?.close();
  rmSync(folder, { recursive: true, force: true });
});

function say(line: string): void {
  console.log(`${line}  [load ${loadavg()[0]?.toFixed(1)}]`);
}

/** The median and the worst of five switches. */
function sayAll(what: string, milliseconds: readonly number[]): void {
  const sorted = milliseconds.toSorted((one, other) => one - other);
  say(`${what}: median ${sorted[2]?.toFixed(0)} ms, worst ${sorted.at(-1)?.toFixed(0)} ms (should stay below 100)`);
}

const NAMES = ['gradient_rms', 'weight_norm', 'update_ratio', 'activation_rms', 'gradient_norm'];

/** Milliseconds from choosing a statistic until the frame that shows it. */
function switched(page: Page, statistic: string): Promise<number> {
  return page.evaluate(async (name) => {
    const select = document.querySelector('#statistic') as HTMLElement & { value: string };
    const heatmap = document.querySelector('[data-testid="heatmap"]');
    const start = performance.now();
    select.value = name;
    select.dispatchEvent(new Event('change'));
    while (heatmap?.getAttribute('data-statistic') !== name) await new Promise((done) => requestAnimationFrame(done));
    return performance.now() - start;
  }, statistic);
}

const columns = (page: Page): Promise<number> =>
  page.evaluate(() => Number(document.querySelector('[data-testid="heatmap"]')?.getAttribute('data-columns') ?? 0));

/** Milliseconds until the heatmap holds something, and until it holds everything. */
async function opened(page: Page, open: (options: object) => Promise<void>): Promise<{ first: number; whole: number; end: () => void }> {
  const start = performance.now();
  const host = await realHost(page, run.directory);
  await open({ script: host.script });
  const times = { first: 0, whole: 0 };
  await expect.poll(() => columns(page), { intervals: [20], timeout: 120_000 }).toBeGreaterThan(0);
  times.first = performance.now() - start;
  await expect.poll(() => columns(page), { intervals: [20], timeout: 120_000 }).toBe(run.columns);
  times.whole = performance.now() - start;
  return { ...times, end: host.end };
}

test('first picture, never opened before and opened again @bench', async ({ page, open }) => {
  const first = await opened(page, open);
  say(
    `first opening: a picture after ${Math.round(first.first)} ms, all of it after ${Math.round(first.whole)} ms (first should stay below 1500)`,
  );
  // What was read is kept beside the run when the observer ends.
  await page.waitForTimeout(4000);
  first.end();
  await page.waitForTimeout(2000);
});

test('opened again, a statistic, the cursor, a live column and the heap @bench', async ({ page, open }) => {
  await open({});
  await expect.poll(() => columns(page)).toBeGreaterThan(0);
  const before = await heapOf(page);
  const { first, whole, end } = await opened(page, open);
  say(`opened again: a picture after ${Math.round(first)} ms, all of it after ${Math.round(whole)} ms (first should stay below 1500)`);
  // Time for the pictures of all other statistics.
  await page.waitForTimeout(4000);
  const ahead: number[] = [];
  for (const name of NAMES) {
    ahead.push(await switched(page, name));
    await page.waitForTimeout(300);
  }
  sayAll('a statistic asked for ahead', ahead);
  const pause = (milliseconds: number) => page.evaluate((each) => new Promise((done) => setTimeout(done, each)), milliseconds);
  const cursor = await costOf(page, 15, async () => {
    await page.evaluate(() => document.querySelector('.heatmap')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft' })));
    await pause(150);
  });
  await page.getByTestId('heatmap').press('End');
  const column = await costOf(page, 15, async () => {
    run.grow();
    await pause(400);
  });
  say(
    `main thread: a cursor move ${cursor.toFixed(2)} ms, a live column ${column.toFixed(2)} ms (each should stay below 8; both hold the unpacking that stands for the editor's)`,
  );
  say(`heap of the page: ${(await heapOf(page)).toFixed(0)} MB, ${before.toFixed(0)} MB with a small run (growth should stay below 200)`);
  end();
});

const fresh: number[] = [];
for (const name of NAMES) {
  test(`${name}, chosen before its picture could be asked for @bench`, async ({ page, open }) => {
    const { end } = await opened(page, open);
    fresh.push(await switched(page, name));
    end();
    if (fresh.length === NAMES.length) sayAll('a statistic at once after opening', fresh);
  });
}

test('from an event to the frame after it @bench', async ({ page, open }) => {
  const { end } = await opened(page, open);
  await watchFrames(page);
  const written = new Map<number, number>();
  for (let event = 0; event < EVENTS; event++) {
    run.grow();
    written.set(run.columns, Date.now());
    await new Promise((done) => setTimeout(done, 120 + ((event * 37) % 180)));
  }
  const delays = [...(await delaysToFrames(page, written))];
  delays.sort((one, other) => one - other);
  say(`event to frame, ${EVENTS} events: median ${delays[EVENTS / 2]} ms, worst ${delays.at(-1)} ms (should stay below 500 and 1000)`);
  end();
});

test('what the host grows by @bench', () => {
  for (const panels of ['1', '5']) {
    say(execFileSync(process.execPath, ['dist/bench/watching.mjs', run.directory, panels], { encoding: 'utf8' }).trim());
  }
});
