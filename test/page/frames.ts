// How long from a recorded step to the frame that shows it.

import { expect, type Page } from '@playwright/test';

interface Watched {
  /** Columns shown, and the wall time of the frame after which they were. */
  readonly seen: [columns: number, when: number][];
}

/** From here on the page notes when the heatmap had how many columns. */
export async function watchFrames(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: Watched['seen'] = [];
    Object.assign(window, { seen });
    const heatmap = document.querySelector('[data-testid="heatmap"]');
    if (!heatmap) return;
    new MutationObserver(() => {
      const count = Number(heatmap.getAttribute('data-columns'));
      // The frame that draws it ends; the next one begins after it was shown.
      requestAnimationFrame(() => seen.push([count, Date.now()]));
    }).observe(heatmap, { attributeFilter: ['data-columns'] });
  });
}

/**
 * Milliseconds from each column's writing to the first frame that holds it, in the order of writing.
 *
 * @param written the wall time at which each column was written, by the count of columns then
 */
export async function delaysToFrames(page: Page, written: ReadonlyMap<number, number>): Promise<readonly number[]> {
  const last = Math.max(0, ...[...written.keys()].slice(-1));
  const shown = (): Promise<Watched['seen']> => page.evaluate(() => (window as unknown as Watched).seen);
  await expect.poll(async () => (await shown()).at(-1)?.[0], { timeout: 20_000 }).toBe(last);
  const seen = await shown();
  let frame = 0;
  return [...written].map(([count, at]) => {
    while ((seen[frame]?.[0] ?? count) < count) frame++;
    return (seen[frame]?.[1] ?? Number.NaN) - at;
  });
}
