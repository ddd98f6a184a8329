// The Curves tab: smoothing, scales, what the curves run along, and several runs in one chart.

import { expect, type Page } from '@playwright/test';
import { type Pixels, pixelsOf, test } from './harness';
import { THEMES, type ThemeName } from './themes';

const PICTURES = 'test-results/page-pictures';
const OTHERS = [
  { name: 'deep-gpt-deepnorm', skew: 0.5 },
  { name: 'deep-gpt-preln', skew: 1, columns: 160 },
];

async function opened(page: Page): Promise<void> {
  await expect(page.locator('.chart').first().locator('.line').first()).toBeAttached();
  await expect(page.getByRole('heading', { name: 'Gradient norm', exact: true })).toBeVisible();
}

const asked = (page: Page) => page.evaluate(() => window.fake.asked.splice(0));

test('tabs are moved along by keys and remembered', async ({ page, open }) => {
  await open();
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '160');
  await page.getByRole('tab', { name: 'Depth' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab', { name: 'Curves' })).toBeFocused();
  await opened(page);
  await expect(page.getByTestId('heatmap')).toBeHidden();
  await page.waitForTimeout(400);
  expect(await page.evaluate(() => window.fake.stored)).toMatchObject({ tab: 'curves' });
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByTestId('heatmap')).toBeVisible();
});

test('smoothing asks for a moving average and keeps the raw values faint behind it', async ({ page, open }) => {
  await open({ host: { stored: { tab: 'curves' } } });
  await opened(page);
  await expect(page.locator('.line.smooth')).toHaveCount(0);
  await asked(page);
  await page.locator('#smoothing').focus();
  for (let press = 0; press < 9; press++) await page.keyboard.press('ArrowRight');
  await expect(page.locator('.amount')).toHaveText('0.09');
  await expect(page.locator('.chart').first().locator('.line.smooth')).toHaveCount(2);
  await expect(page.locator('.chart').first().locator('.line.raw')).toHaveCount(2);
  const series = (await asked(page)).filter((question) => question.type === 'ask-series');
  expect(series.at(-1)?.request.smoothing).toBeCloseTo(0.09, 9);
  // It goes on growing, from the moving average as it stands.
  await page.evaluate(() => window.fake.grow(2));
  await expect
    .poll(async () => (await asked(page)).some((question) => question.type === 'ask-series' && question.request.steps.from === 801))
    .toBe(true);
});

test('runs along steps, tokens and time, on either scale', async ({ page, open }) => {
  await open({ host: { stored: { tab: 'curves' } } });
  await opened(page);
  const first = page.locator('.chart').first();
  await expect(first.locator('.axis-title')).toHaveText('Step');
  await page.getByTestId('along-tokens').click();
  await expect(first.locator('.axis-title')).toHaveText('Tokens');
  // 800 steps of 8 · 1 · 64 tokens.
  await expect(first.locator('.tick-label', { hasText: '4e5' })).toHaveCount(1);
  await page.getByTestId('along-time').click();
  await expect(first.locator('.axis-title')).toHaveText('Wall time (minutes)');
  await expect(first.locator('.tick-label', { hasText: /^50$/ })).toHaveCount(1);
  await page.getByTestId('along-step').click();
  await page.getByTestId('across-log').click();
  await expect(first.locator('.tick-label', { hasText: /^100$/ })).toHaveCount(1);
  await expect(first.locator('.tick-label', { hasText: /^1$/ })).toHaveCount(1);
  await page.getByTestId('up-log').click();
  await expect(first.locator('.line').first()).toBeAttached();
});

test('the cursor is shared, read out and moved by keys; a part is zoomed by dragging', async ({ page, open }) => {
  await open({ host: { stored: { tab: 'curves' } } });
  await opened(page);
  const first = page.locator('.chart').first();
  await first.focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('Shift+ArrowRight');
  await expect(page.locator('.cursor-line:visible')).toHaveCount(4);
  await expect(page.locator('.tab-curves [role="status"]')).toHaveText(/Loss, Step 8\d?.*: train \d\.\d+, validation \d/);
  const box = await first.locator('.chart-area').boundingBox();
  if (!box) throw new Error('the chart is not shown');
  await page.mouse.move(box.x + box.width * 0.5, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await expect(page.getByTestId('curves-reset')).toBeVisible();
  await expect(first.locator('.tick-label', { hasText: /^500$/ })).toHaveCount(1);
  await expect(first.locator('.tick-label', { hasText: /^200$/ })).toHaveCount(0);
  await page.getByTestId('curves-reset').click();
  await expect(first.locator('.tick-label', { hasText: /^200$/ })).toHaveCount(1);
});

for (const theme of Object.keys(THEMES) as ThemeName[]) {
  test(`several runs, ${theme}`, async ({ page, open }) => {
    await open({ theme, host: { compared: OTHERS, stored: { tab: 'curves', curves: { smoothing: 0.9 } } } });
    await opened(page);
    const loss = page.locator('.chart').first();
    await expect(loss.locator('.key-item')).toHaveCount(6);
    await expect(loss.locator('.line.smooth.run-2')).toHaveCount(2);
    const box = await loss.locator('.chart-area').boundingBox();
    if (box) await page.mouse.move(box.x + box.width / 2, box.y + 30);
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${PICTURES}/curves-${theme}.png` });
  });
}

test('the numbers stand in a table too: the newest, or those at the cursor', async ({ page, open }) => {
  await open({ host: { stored: { tab: 'curves' } } });
  await opened(page);
  const table = page.getByTestId('curve-table');
  await expect(table).toBeHidden();
  await page.getByTestId('curves-table').click();
  await expect(table.locator('caption')).toHaveText('Newest values');
  const loss = table.locator('tbody tr').first();
  await expect(loss.locator('th')).toHaveText('Loss');
  const cells = async () => (await loss.locator('td').allTextContents()).map((text) => text.trim());
  const [name, newest, smoothed, least, most] = await cells();
  expect([name, smoothed]).toEqual(['train', '']);
  expect(Number(least)).toBeLessThanOrEqual(Number(newest));
  expect(Number(newest)).toBeLessThan(Number(most));
  await page.locator('.chart').first().focus();
  await page.keyboard.press('Home');
  await expect(table.locator('caption')).toHaveText(/^Values at Step \d/);
  await expect.poll(async () => (await cells())[1]).not.toBe(newest);
  await expect(page.locator('.chart').first().locator('.key-value').first()).toHaveText((await cells())[1] ?? '');
});

/** Share of pixels that differ visibly. */
function different(one: Pixels, other: Pixels): number {
  expect([one.width, one.height]).toEqual([other.width, other.height]);
  let count = 0;
  for (let at = 0; at < one.data.length; at += 4) {
    const apart = [0, 1, 2].map((channel) => Math.abs((one.data[at + channel] ?? 0) - (other.data[at + channel] ?? 0)));
    if (Math.max(...apart) > 40) count++;
  }
  return count / (one.width * one.height);
}

for (const [tab, plot] of [
  ['depth', '.curves .lines'],
  ['curves', '#panel-curves .charts'],
] as const) {
  test(`lines that grew look as if drawn at once: ${tab}`, async ({ page, open }) => {
    const stored = { tab, curves: { smoothing: 0.9 }, statistic: 'gradient_rms', row: 62, step: 100 };
    const options = { compared: OTHERS, stored };
    const settled = async (): Promise<Pixels> => {
      await expect(page.locator(plot).locator('.line').first()).toBeAttached();
      await page.waitForTimeout(600);
      return pixelsOf(page, plot);
    };
    await open({ host: { ...options, columns: 70 } });
    const before = await settled();
    // A body, tails of several lengths, an axis that gives a little and one that gives too much, a NaN that comes.
    for (const columns of [1, 1, 2, 12, 30, 1, 3]) {
      await page.evaluate((more) => window.fake.grow(more), columns);
      await page.waitForTimeout(250);
    }
    const grown = await settled();
    await open({ host: { ...options, columns: 120 } });
    const whole = await settled();
    expect(different(grown, whole)).toBeLessThan(0.004);
    expect(different(grown, before)).toBeGreaterThan(0.01);
  });
}
