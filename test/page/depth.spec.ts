// The depth view beyond its first look: pins of steps and layers, brushing, panning on every plot,
// playback, marks of what happened, and spikes that no decimation may lose.

import { expect, type Page } from '@playwright/test';
import { EVERY } from './fakeRun';
import { pixelsOf, test } from './harness';

async function settled(page: Page, columns: number): Promise<void> {
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', String(columns));
  // The picture is drawn in the frame that sets the attribute; wait for the one that shows it.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

async function boxOf(page: Page, plot: string) {
  const box = await page.getByTestId(plot).boundingBox();
  if (!box) throw new Error(`${plot} is not shown`);
  return box;
}

async function drag(page: Page, plot: string, from: readonly [number, number], to: readonly [number, number]): Promise<void> {
  const box = await boxOf(page, plot);
  const at = ([x, y]: readonly [number, number]) => [box.x + box.width * x, box.y + box.height * y] as const;
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps: 5 });
  await page.mouse.up();
}

const place = (page: Page) => page.getByTestId('place');

test('a pinned layer stays in the curves and is listed', async ({ page, open }) => {
  await open({ host: { stored: { row: 10 } } });
  await settled(page, 160);
  await page.getByTestId('heatmap').focus();
  await page.keyboard.press('l');
  await page.keyboard.press('Shift+ArrowDown');
  await expect(page.locator('.pins li')).toHaveText(/α\s*Layer 10/);
  await expect(page.getByTestId('curves').locator('.lane-title').first()).toHaveText(/α \d.*Layer 20 \d/);
  await page.locator('.pins button').click();
  await expect(page.locator('.pins li')).toHaveCount(0);
});

test('a brush pins the steps and layers at its edges', async ({ page, open }) => {
  await open();
  await settled(page, 160);
  await page.getByTestId('drag-pin').click();
  await drag(page, 'heatmap', [0.25, 0.25], [0.5, 0.5]);
  await expect(page.locator('.pins li')).toHaveText([/A\s*Step 205/, /B\s*Step 405/, /α\s*Layer 25/, /β\s*Layer 51/]);
  // Along one axis only, on a plot that has only one.
  await drag(page, 'curves', [0.75, 0.5], [0.751, 0.5]);
  await expect(page.locator('.pins li')).toHaveCount(5);
});

test('every plot zooms and pans its own axes, all of them together', async ({ page, open }) => {
  await open();
  await settled(page, 160);
  await drag(page, 'curves', [0.25, 0.5], [0.5, 0.6]);
  await expect(page.locator('.step-axis')).not.toContainText('700');
  await expect(page.locator('.layer-axis')).toContainText('Head');
  await drag(page, 'profile', [0.5, 0.5], [0.6, 0.75]);
  await expect(page.locator('.layer-axis')).not.toContainText('Head');
  await page.getByTestId('drag-pan').click();
  await drag(page, 'heatmap', [0.8, 0.5], [0.2, 0.1]);
  await expect(page.locator('.step-axis')).toContainText('500');
  await expect(page.locator('.layer-axis')).not.toContainText('55');
  const box = await boxOf(page, 'curves');
  await page.mouse.dblclick(box.x + 200, box.y + 100);
  await expect(page.locator('.step-axis')).toContainText('700');
  await expect(page.locator('.layer-axis')).not.toContainText('Head');
});

test('resting on the profile or the curves moves the one cursor', async ({ page, open }) => {
  await open({ host: { stored: { row: 5, step: 400 } } });
  await settled(page, 160);
  const profile = await boxOf(page, 'profile');
  await page.mouse.move(profile.x + 50, profile.y + profile.height / 2);
  await expect(place(page)).toHaveText(/Step 400 · Layer 5[01]/);
  const curves = await boxOf(page, 'curves');
  await page.mouse.move(curves.x + curves.width / 4, curves.y + 20);
  await expect(place(page)).toHaveText(/Step 205 · Layer 5$/);
});

test.describe('playback', () => {
  test('walks to the end by itself and can be stopped', async ({ page, open }) => {
    await open({ host: { stored: { speed: 4, step: 200 } } });
    await settled(page, 160);
    await page.getByTestId('play').click();
    await expect(page.getByTestId('play')).toHaveAttribute('aria-label', 'Pause');
    await expect(place(page)).not.toHaveText(/Step 200 /);
    await expect(place(page)).toHaveText(new RegExp(`Step ${160 * EVERY} `));
    await expect(page.getByTestId('play')).toHaveAttribute('aria-label', 'Play through the steps');
    await page.getByTestId('heatmap').focus();
    await page.keyboard.press('Space');
    await expect(place(page)).toHaveText(/Step \d{1,3} /);
    await page.keyboard.press('Space');
    const stopped = await place(page).textContent();
    await page.waitForTimeout(300);
    await expect(place(page)).toHaveText(stopped ?? '');
  });

  test('moves once a second where less motion is asked for', async ({ page, open }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await open({ host: { stored: { speed: 1, step: 100 } } });
    await settled(page, 160);
    await page.evaluate(() => {
      const target = document.querySelector('[data-testid="place"]');
      const seen = window as unknown as { moves: number };
      seen.moves = 0;
      if (target) new MutationObserver(() => seen.moves++).observe(target, { childList: true, characterData: true, subtree: true });
    });
    await page.getByTestId('play').click();
    await page.waitForTimeout(2500);
    const moves = await page.evaluate(() => (window as unknown as { moves: number }).moves);
    expect(moves).toBeGreaterThanOrEqual(1);
    expect(moves).toBeLessThanOrEqual(4);
  });
});

test('alerts and changes of the configuration are marked, and the brackets go there', async ({ page, open }) => {
  const texts = [
    { step: 300, tag: 'edit', text: JSON.stringify({ changes: [{ field: 'optimiser.learningRate', from: 1e-3, to: 5e-4 }] }) },
    { step: 485, tag: 'alert', text: JSON.stringify({ code: 'made-up-alert', place: 'layer 61' }) },
  ];
  await open({ host: { texts } });
  await settled(page, 160);
  await expect(page.locator('.marks .flag-alert title')).toHaveText(/Step 485: Made up alert/);
  await expect(page.locator('.marks .flag-edit title')).toHaveText(/learningRate 0.001 → 5e−4/);
  await expect(page.locator('.layer-axis .flag-alert')).toHaveCount(1);
  await page.getByTestId('heatmap').focus();
  await page.keyboard.press('[');
  await expect(place(page)).toHaveText('Step 485 · Layer 61');
  await page.keyboard.press('[');
  await expect(place(page)).toHaveText('Step 300 · Layer 61');
});

test('a single spike among three million cells is still seen', async ({ page, open }) => {
  await open({ host: { columns: 3000, layers: 1000, stored: { statistic: 'weight_norm', range: 'all' } } });
  await settled(page, 3000);
  await page.addStyleTag({ url: 'https://dashboard.test/bare.css' });
  const pixels = await pixelsOf(page, '[data-testid="heatmap"] .surface');
  // Row 37 spikes at single columns, 53 apart: 57 of them, each brighter (the map's green rises) than a few layers above.
  const green = (x: number, y: number): number => pixels.data[4 * (y * pixels.width + x) + 1] ?? 0;
  const line = Math.floor((37.5 / 1002) * pixels.height);
  let spikes = 0;
  let before = false;
  for (let x = 0; x < pixels.width; x++) {
    const brightest = Math.max(...[line - 1, line, line + 1].map((y) => green(x, y)));
    const bright = brightest - green(x, line - 6) > 20;
    if (bright && !before) spikes++;
    before = bright;
  }
  // One may touch another bright cell.
  expect(Math.abs(spikes - 57)).toBeLessThanOrEqual(2);
});
