// How the dashboard looks: pictures of every theme and state for people to judge, in test-results/.

import { expect } from '@playwright/test';
import { test } from './harness';
import { THEMES, type ThemeName } from './themes';

const PICTURES = 'test-results/page-pictures';

for (const theme of Object.keys(THEMES) as ThemeName[]) {
  test(`a hundred layers, ${theme}`, async ({ page, open }) => {
    await open({ theme, host: { stored: { statistic: 'gradient_rms', row: 61, step: 480, pins: [100, 300] } } });
    await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '160');
    await expect(page.getByTestId('panel')).toContainText('Layer 61');
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${PICTURES}/${theme}.png` });
  });
}

test('a thousand layers beside an editor', async ({ page, open }) => {
  await page.setViewportSize({ width: 680, height: 900 });
  await open({ host: { layers: 1000, columns: 400, stored: { statistic: 'gradient_norm', row: 401 } } });
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '400');
  await page.waitForTimeout(600);
  await page.screenshot({ path: `${PICTURES}/narrow.png` });
});
