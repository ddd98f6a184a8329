// The Compare tab: runs laid beside the panel's own, what differs between them, and depth profiles on
// one scale.

import { expect, type Page } from '@playwright/test';
import type { FakeCompared } from './fakeHost';
import { CONFIG } from './fakeRun';
import { test } from './harness';
import { THEMES, type ThemeName } from './themes';

const PICTURES = 'test-results/page-pictures';
const NAN_ALERT = { step: 310, tag: 'alert', text: JSON.stringify({ code: 'non-finite', step: 310, place: 'layer 3' }) };

const OTHERS: readonly FakeCompared[] = [
  {
    name: 'deepnorm',
    skew: 0.8,
    record: { metrics: { 'loss/train': 2.4, 'loss/validation': 2.5, tokens_per_second: 5100 }, parameters: 5_000_000 },
    config: { ...CONFIG, name: 'deepnorm', model: { ...CONFIG.model, scheme: 'deepnorm', schemeOptions: {} } },
  },
  {
    name: 'half-as-deep',
    layers: 50,
    skew: -0.9,
    record: { metrics: { 'loss/train': 1.7, 'loss/validation': 1.9, tokens_per_second: 8000 }, parameters: 2_600_000 },
    texts: [NAN_ALERT],
    config: {
      ...CONFIG,
      name: 'half-as-deep',
      model: { ...CONFIG.model, layers: 50 },
      optimiser: { ...CONFIG.optimiser, learningRate: 5e-4 },
    },
  },
];

const row = (page: Page) => page.getByTestId('run-table').locator('tbody tr');

async function opened(page: Page): Promise<void> {
  await expect(row(page)).toHaveCount(3);
  await expect(page.getByTestId('strip').locator('.strip-line')).toHaveCount(3);
}

test('alone, it offers to add runs', async ({ page, open }) => {
  await open({ host: { stored: { tab: 'compare' } } });
  await page.locator('.alone').getByTestId('add-runs').click();
  expect(await page.evaluate(() => window.fake.asked.some((message) => message.type === 'action' && message.action === 'compare'))).toBe(
    true,
  );
});

test('comes to the front when the host says so, and remembers the runs', async ({ page, open }) => {
  await open({ host: { compared: OTHERS } });
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '160');
  await page.evaluate(() => window.fake.send({ type: 'compared', runs: window.fake.compared(), show: 'compare' }));
  await opened(page);
  await expect(page.getByRole('tab', { name: 'Compare 3' })).toHaveAttribute('aria-selected', 'true');
  await page.waitForTimeout(400);
  const stored = await page.evaluate(() => window.fake.stored);
  expect(stored).toMatchObject({ compared: [expect.stringContaining('deepnorm'), expect.stringContaining('half-as-deep')] });
});

test('shows how runs went and only what differs between them, sorted as asked', async ({ page, open }) => {
  await open({ host: { compared: OTHERS, stored: { tab: 'compare' } } });
  await opened(page);
  const heads = page.getByTestId('run-table').locator('thead th[scope="col"]');
  await expect(heads).toHaveText([
    'Run',
    'State',
    'Steps',
    'Loss',
    'Validation',
    'Tokens/s',
    'Parameters',
    'Diverged',
    'model.layers',
    'model.scheme',
    'model.schemeOptions.coefficient',
    'optimiser.learningRate',
  ]);
  await expect(row(page).locator('th')).toHaveText(['deep-gpt', 'deepnorm', 'half-as-deep']);
  const loss = page.getByTestId('run-table').getByRole('button', { name: 'Loss' });
  await loss.focus();
  await page.keyboard.press('Enter');
  await expect(row(page).locator('th')).toHaveText(['half-as-deep', 'deep-gpt', 'deepnorm']);
  await page.keyboard.press('Enter');
  await expect(row(page).locator('th')).toHaveText(['deepnorm', 'deep-gpt', 'half-as-deep']);
  await expect(page.locator('th[aria-sort="descending"]')).toHaveText('Loss');
  await page.getByTestId('run-table').getByRole('button', { name: 'Diverged' }).click();
  await expect(row(page).first()).toContainText('step 310');
  await expect(row(page).filter({ hasText: 'half-as-deep' })).toContainText('50');
});

test('profiles share one scale and stand at the newest or at the same step', async ({ page, open }) => {
  await open({ host: { compared: OTHERS, stored: { tab: 'compare', statistic: 'weight_norm' } } });
  await opened(page);
  const notes = page.getByTestId('strip').locator('.formula');
  await expect(notes).toHaveText(['Step 800', 'Step 600', 'Step 600']);
  await page.getByTestId('compare-at-same').click();
  await expect(notes).toHaveText(['Step 600', 'Step 600', 'Step 600']);
  const labels = await page
    .locator('.strip-panel')
    .evaluateAll((panels) =>
      panels.map((panel) => [...panel.querySelectorAll('text[text-anchor="middle"]')].map(({ textContent }) => textContent).join('|')),
    );
  expect(new Set(labels).size).toBe(1);
});

test('choices and outcomes are parallel axes, of what differs only', async ({ page, open }) => {
  await open({ host: { compared: OTHERS, stored: { tab: 'compare' } } });
  await opened(page);
  const axes = page.getByTestId('parallel');
  await expect(axes.locator('.axis-title')).toHaveText([
    'model.layers',
    'model.scheme',
    'optimiser.learningRate',
    'Tokens/s',
    'Validation',
    'Loss',
  ]);
  await expect(axes.locator('.parallel-line')).toHaveCount(3);
  await expect(axes.locator('.parallel-label', { hasText: 'deepnorm' })).toHaveCount(1);
});

test('a run is taken away, and the others keep their colours', async ({ page, open }) => {
  await open({ host: { compared: OTHERS, stored: { tab: 'compare' } } });
  await opened(page);
  await page.getByRole('button', { name: 'Take deepnorm away' }).click();
  await expect(row(page)).toHaveCount(2);
  await expect(page.getByTestId('strip').locator('.strip-line.run-2')).toHaveCount(1);
  await expect(page.getByTestId('strip').locator('.strip-panel')).toHaveCount(2);
});

for (const theme of Object.keys(THEMES) as ThemeName[]) {
  test(`three runs, ${theme}`, async ({ page, open }) => {
    await page.setViewportSize({ width: 1280, height: 1450 });
    await open({ theme, host: { compared: OTHERS, stored: { tab: 'compare', statistic: 'gradient_rms', curves: { smoothing: 0.9 } } } });
    await opened(page);
    await page.waitForTimeout(400);
    await page.screenshot({ path: `${PICTURES}/compare-${theme}.png` });
  });
}
