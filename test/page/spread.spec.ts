// Histograms over depth in the place of the profile.

import { expect } from '@playwright/test';
import { NAN_COLOUR } from '../../webview/heatmap/colour';
import { pixelsOf, test } from './harness';
import { THEMES, type ThemeName } from './themes';

const PICTURES = 'test-results/page-pictures';
const KIND = { stored: { statistic: 'activation_rms', row: 20, step: 450, layers: [60] }, histograms: true };

test('are offered where a run has them, and only asked anew where there is another one', async ({ page, open }) => {
  await open();
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '160');
  await expect(page.getByTestId('kind')).toBeHidden();
  await open({ host: KIND });
  await page.getByTestId('kind').selectOption('Activations');
  await expect(page.getByRole('heading', { name: 'Activations at step 400' })).toBeVisible();
  await expect(page.locator('.profile-title .key')).toHaveText(/Layer 20: \d+(\.\d+)? % between/);
  const questions = () => page.evaluate(() => window.fake.asked.filter(({ type }) => type === 'ask-histogram').length);
  const before = await questions();
  await page.getByTestId('heatmap').focus();
  for (let press = 0; press < 5; press++) await page.keyboard.press('ArrowRight');
  await expect(page.getByTestId('place')).toHaveText(/Step 475/);
  expect(await questions()).toBe(before);
  for (let press = 0; press < 6; press++) await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('heading', { name: 'Activations at step 500' })).toBeVisible();
  expect(await questions()).toBe(before + 1);
  await page.getByTestId('kind').selectOption('Profile');
  await expect(page.getByRole('heading', { name: 'Profile at step 505' })).toBeVisible();
  await expect(page.locator('.spread')).toBeHidden();
});

for (const theme of Object.keys(THEMES) as ThemeName[]) {
  test(`how activations spread, ${theme}`, async ({ page, open }) => {
    await open({ theme, host: { ...KIND, stored: { ...KIND.stored, spread: 'activations' } } });
    await expect(page.getByRole('heading', { name: 'Activations at step 400' })).toBeVisible();
    await page.waitForTimeout(400);
    await page.screenshot({ path: `${PICTURES}/spread-${theme}.png` });
    const { data } = await pixelsOf(page, '.spread');
    const colours = new Map<number, number>();
    for (let at = 0; at < data.length; at += 4) {
      const colour = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
      colours.set(colour, (colours.get(colour) ?? 0) + 1);
    }
    expect(colours.size).toBeGreaterThan(20);
    const [red, green, blue] = NAN_COLOUR;
    // One of 102 rows is spoiled.
    expect((colours.get((red << 16) | (green << 8) | blue) ?? 0) / (data.length / 4)).toBeCloseTo(1 / 102, 2);
  });
}
