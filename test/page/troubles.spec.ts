// What may come instead of a whole run, and what may happen to one under an open page: a clear state
// each, no exception (the harness fails on any), and a page that goes on working.

import { expect } from '@playwright/test';
import { TABS } from '../../webview/selection';
import { askedForShown, test } from './harness';

test('without a configuration, plots stand and what needs one says so', async ({ page, open }) => {
  await open({ host: { noConfig: true } });
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '160');
  await page.locator('#tab-curves').click();
  await page.getByTestId('along-tokens').click();
  await expect(page.locator('.tab-curves').getByTestId('charts')).toContainText('Nothing recorded yet');
  await page.locator('#tab-evaluate').click();
  await expect(page.locator('.tab-evaluate .reason')).toHaveText(/configuration of this run cannot be read/);
});

for (const state of ['missing', 'unreadable'] as const) {
  test(`a run that becomes ${state} under the page`, async ({ page, open }) => {
    await open();
    await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '160');
    await page.evaluate((next) => window.fake.become(next), state);
    await expect(page.locator('.banner.error')).toContainText(state === 'missing' ? 'deleted' : 'cannot be read');
    for (const tab of TABS) {
      await page.locator(`#tab-${tab}`).click();
      await expect(page.locator(`.tab-${tab}`)).toBeVisible();
    }
    for (const action of ['pause', 'stop', 'checkpoint', 'resume'])
      await expect(page.locator(`.actions [data-action="${action}"]`)).toBeDisabled();
    // It comes back: a disk that was away, or a file restored.
    await page.evaluate(() => window.fake.become('running'));
    await expect(page.locator('.banner')).toHaveCount(0);
  });
}

test('a run of a newer version says what to do', async ({ page, open }) => {
  const problems = [{ code: 'run-newer-format', args: { path: '/runs/x', value: 9, known: 1 } }];
  await open({ host: { columns: 0, state: 'unreadable', problems } });
  await expect(page.locator('.banners')).toContainText('written by a newer Fathom (format 9; this one reads up to 1). Update Fathom.');
});

test('statistics and alerts of a newer version are shown under their own names', async ({ page, open }) => {
  const texts = [{ step: 5, tag: 'alert', text: '{"code":"layers-quarrel","ratio":3' }];
  await open({
    host: { texts, stored: { tab: 'alerts', statistic: 'not-there', row: 9999, step: 1e9, pins: [-1, 'x'], zoom: { columns: 3 } } },
  });
  await expect(page.getByTestId('alert-list').locator('tbody tr')).toContainText('{"code":"layers-quarrel","ratio":3');
  await page.locator('#tab-depth').click();
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '160');
});

test('what the host should never say is said plainly, and the page goes on', async ({ page, open }) => {
  await open();
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '160');
  await page.evaluate(() => {
    for (const message of [
      { type: 'extent', extent: { columns: -3 } },
      { type: 'tile', id: 1, tile: { width: 9 } },
      { type: 'new-word' },
      { type: 'job', job: 3 },
    ]) {
      window.postMessage(message, '*');
    }
    window.postMessage('nothing of ours', '*');
  });
  await expect(page.locator('.banner')).toContainText('do not fit together');
  await page.evaluate(() => window.fake.grow(2));
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '162');
});

test('questions that cannot be answered are asked again, not all at once', async ({ page, open }) => {
  await open({ host: { refusing: true } });
  await expect(page.locator('.banner').filter({ hasText: 'could not be answered' })).toBeVisible();
  await page.waitForTimeout(1500);
  const asked = await page.evaluate(() => window.fake.asked.length);
  expect(asked).toBeLessThan(40);
  await page.evaluate(() => {
    window.fake.refusing = false;
    window.fake.grow(1);
  });
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '161');
});

test('shown again after hours, the page takes one snapshot and asks once for what it shows', async ({ page, open }) => {
  await open({ host: { columns: 40 } });
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '40');
  const hide = (hidden: boolean) =>
    page.evaluate((now) => {
      Object.defineProperty(document, 'hidden', { configurable: true, value: now });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await hide(true);
  // Messages of the meantime reach nobody: the host sends none to a hidden page, and whatever slips through is not drawn.
  await page.evaluate(() => {
    window.fake.run.columns += 500;
    window.fake.asked.length = 0;
  });
  await page.waitForTimeout(300);
  expect(await page.evaluate(() => window.fake.asked)).toEqual([]);
  await hide(false);
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '540');
  const asked = await page.evaluate(() => window.fake.asked);
  expect(asked.filter(({ type }) => type === 'ready')).toHaveLength(1);
  expect((await askedForShown(page, asked)).length).toBeLessThanOrEqual(3);
});
