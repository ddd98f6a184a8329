// The list of what happened: every event with its place, filtered by kind, live, and each a way into the
// depth view.

import { expect } from '@playwright/test';
import { diagnosis, event } from './full';
import { test } from './harness';

const TEXTS = [
  event(310, 'edit', { changes: [{ field: 'optimiser.learningRate', from: 1e-3, to: 5e-4 }] }),
  event(400, 'alert', { code: 'loss-spike', step: 400, value: 5.1, distance: 9, median: 2.2 }),
  event(410, 'alert', { code: 'loss-spike-over', step: 410, value: 2.3, since: 400 }),
  event(450, 'alert', { code: 'rollback', step: 450, from: 485, reason: 'a gradient is not finite', rate: 0.5, rollbacks: 1, most: 2 }),
  diagnosis('<b>NaN</b>'),
];

test('everything that happened is listed, and a click goes there', async ({ page, open }) => {
  await open({ host: { texts: TEXTS, stored: { statistic: 'gradient_rms', tab: 'curves' } } });
  await page.getByRole('tab', { name: 'Alerts 3' }).click();
  const rows = page.getByTestId('alert-list').locator('tbody tr');
  await expect(rows).toHaveCount(5);
  await expect(rows.first()).toContainText(/Error\s*485\s*Layer 60\s*Attention\s*Step 485 was not taken/);
  // What a file says is text, whatever it looks like.
  await expect(rows.first()).toContainText('(loss <b>NaN</b>)');
  await rows.first().locator('.words').click();
  await expect(page.locator('.tab-depth')).toBeVisible();
  await expect(page.getByTestId('place')).toHaveText('Step 485 · Layer 60');
  await expect(page.locator('#part-attention')).toBeChecked();
});

test('the keyboard walks the list, and Enter goes there', async ({ page, open }) => {
  await open({ host: { texts: TEXTS, stored: { tab: 'alerts' } } });
  await page.getByTestId('alert-list').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByTestId('alert-list').locator(':focus')).toHaveText('450');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('place')).toContainText('Step 450');
  await expect(page.getByTestId('heatmap')).toBeFocused();
});

test('kinds are left out and kept so', async ({ page, open }) => {
  await open({ host: { texts: TEXTS, stored: { tab: 'alerts' } } });
  const rows = page.getByTestId('alert-list').locator('tbody tr');
  for (const name of ['Alerts (1)', 'Over again (1)', 'Changes (1)']) await page.getByRole('button', { name }).click();
  await expect(rows).toHaveCount(2);
  await expect.poll(() => page.evaluate(() => window.fake.stored)).toMatchObject({ hiddenAlerts: ['alert', 'over', 'edit'] });
  for (const name of ['Diagnoses (1)', 'Rollbacks (1)']) await page.getByRole('button', { name }).click();
  await expect(rows).toHaveText(['All of it is filtered out.']);
});

test('what comes while the page is open is counted, listed and said', async ({ page, open }) => {
  await open({ host: { stored: { tab: 'alerts' } } });
  await expect(page.locator('.tab-alerts')).toContainText('Nothing has happened');
  await page.evaluate(
    (texts) => window.fake.tell(texts),
    [TEXTS[1]].flatMap((text) => text ?? []),
  );
  await expect(page.getByRole('tab', { name: 'Alerts 1' })).toBeVisible();
  await expect(page.getByTestId('alert-list').locator('tbody tr')).toHaveCount(1);
  await expect(page.getByTestId('alert-news')).toHaveText(/^Step 400: the loss is 5.1/);
});
