// How the dashboard looks: pictures of every theme and state for people to judge, in test-results/.

import { expect } from '@playwright/test';
import { NAN_COLOUR } from '../../webview/heatmap/colour';
import { TABS } from '../../webview/selection';
import type { FakeOptions } from './fakeHost';
import { FULL } from './full';
import { pixelsOf, test } from './harness';
import { THEMES, type ThemeName } from './themes';

const PICTURES = 'test-results/page-pictures';

for (const theme of Object.keys(THEMES) as ThemeName[]) {
  test(`a hundred layers, ${theme}`, async ({ page, open }) => {
    const texts = [
      { step: 310, tag: 'edit', text: JSON.stringify({ changes: [{ field: 'optimiser.learningRate', from: 1e-3, to: 5e-4 }] }) },
      { step: 485, tag: 'alert', text: JSON.stringify({ code: 'made-up-alert', place: 'layer 61' }) },
    ];
    await open({ theme, host: { texts, stored: { statistic: 'gradient_rms', row: 61, step: 470, pins: [100, 300], layers: [20, 95] } } });
    await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '160');
    await expect(page.getByTestId('panel')).toContainText('Layer 61');
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${PICTURES}/${theme}.png` });
    // Beside the eye: the picture is not blank, and what is no number shows.
    await page.addStyleTag({ url: 'https://dashboard.test/bare.css' });
    const { data } = await pixelsOf(page, '[data-testid="heatmap"] .surface');
    const colours = new Set<string>();
    for (let at = 0; at < data.length; at += 4) colours.add(data.subarray(at, at + 3).join(' '));
    expect(colours.size).toBeGreaterThanOrEqual(32);
    expect(colours).toContain(NAN_COLOUR.join(' '));
  });
}

for (const theme of Object.keys(THEMES) as ThemeName[]) {
  for (const tab of TABS) {
    test(`tab: ${tab}, ${theme}`, async ({ page, open }) => {
      await page.setViewportSize({ width: 1180, height: 900 });
      await open({ theme, host: { ...FULL, stored: { tab, statistic: 'gradient_rms', row: 61, step: 470, curves: { smoothing: 0.9 } } } });
      await expect(page.locator(`.tab-${tab}`)).toBeVisible();
      await page.waitForTimeout(500);
      await page.screenshot({ path: `${PICTURES}/tab-${tab}-${theme}.png` });
    });
  }
}

test('a thousand layers beside an editor', async ({ page, open }) => {
  await page.setViewportSize({ width: 680, height: 900 });
  await open({ host: { layers: 1000, columns: 400, stored: { statistic: 'gradient_norm', row: 401 } } });
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '400');
  await page.waitForTimeout(600);
  await page.screenshot({ path: `${PICTURES}/narrow.png` });
});

test('comparing beside an editor', async ({ page, open }) => {
  await page.setViewportSize({ width: 680, height: 1500 });
  await open({ theme: 'light', host: { compared: [{ name: 'a-run-with-a-rather-long-name' }], stored: { tab: 'compare' } } });
  await expect(page.getByTestId('strip').locator('.strip-line')).toHaveCount(2);
  await page.waitForTimeout(400);
  await page.screenshot({ path: `${PICTURES}/compare-narrow.png` });
});

test('curves of a run that has not begun', async ({ page, open }) => {
  await open({ host: { columns: 0, state: 'starting', stored: { tab: 'curves' } } });
  await expect(page.locator('.tab-curves')).toContainText('Nothing recorded yet');
  await page.screenshot({ path: `${PICTURES}/curves-none.png` });
});

const STATES: readonly { readonly name: string; readonly host: FakeOptions; readonly says: RegExp }[] = [
  { name: 'starting', host: { columns: 0, state: 'starting' }, says: /Waiting for the first step/ },
  { name: 'queued', host: { columns: 0, state: 'queued' }, says: /queue/ },
  {
    name: 'failed',
    host: {
      state: 'failed',
      record: {
        error: {
          code: 'made-up-failure',
          args: {},
          message: 'The gradient of layer 60 is not finite at step 485. Lower the learning rate or warm up longer.',
        },
      },
    },
    says: /failed at step 800.*layer 60 is not finite/s,
  },
  { name: 'lost', host: { state: 'lost' }, says: /trainer is gone/ },
  { name: 'missing', host: { columns: 0, state: 'missing' }, says: /deleted/ },
  { name: 'unreadable', host: { columns: 0, state: 'unreadable' }, says: /cannot be read/ },
  { name: 'problems', host: { problems: [{ code: 'bad-checksum', args: { offset: 1234 } }] }, says: /Part of the recorded data/ },
];

for (const { name, host, says } of STATES) {
  test(`state: ${name}`, async ({ page, open }) => {
    await open({ host });
    await expect(page.locator('.banner')).toContainText(says);
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${PICTURES}/state-${name}.png` });
  });
}

test('the table', async ({ page, open }) => {
  await open({ theme: 'light', host: { stored: { statistic: 'update_ratio', table: true } } });
  await expect(page.getByTestId('tables')).toContainText('Layer 100');
  await expect(page.getByTestId('tables').locator('thead th').last()).toHaveCSS('text-align', 'right');
  await page.getByTestId('tables').screenshot({ path: `${PICTURES}/table.png` });
});

test('the statistics to choose from', async ({ page, open }) => {
  await open();
  await page.locator('#statistic').click();
  await page.waitForTimeout(200);
  await page.screenshot({ path: `${PICTURES}/statistics.png` });
});

test('an alert, zoomed, on a linear scale', async ({ page, open }) => {
  const text = JSON.stringify({ code: 'non-finite', step: 485, place: 'layer 60', loss: 'NaN', learningRate: 0.001 });
  const zoom = { columns: { from: 60, to: 160 }, rows: { from: 40, to: 90 } };
  await open({
    theme: 'light',
    host: {
      texts: [{ step: 485, tag: 'alert', text }],
      stored: { statistic: 'gradient_rms', row: 60, step: 485, zoom, transforms: { gradient_rms: 'linear' } },
    },
  });
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '160');
  await page.waitForTimeout(600);
  await page.screenshot({ path: `${PICTURES}/zoomed.png` });
});

/** A form in the middle of being edited: what follows, a finding with a mend, and what differs. */
const FORM: FakeOptions = {
  stored: {
    tab: 'config',
    edits: [
      { field: 'model.heads', value: 3 },
      { field: 'optimiser.learningRate', value: 3e-4 },
      { field: 'training.batch', value: 16 },
    ],
  },
  form: {
    file: { state: 'sound', name: 'deep-gpt.fathom.json', unsaved: true, changes: [{ field: 'training.steps', from: 2000, to: 4000 }] },
    parent: { run: '20261122-090001-parent', step: 400, changes: [{ field: 'optimiser.learningRate', from: 0.003, to: 0.001 }] },
  },
};

for (const theme of Object.keys(THEMES) as ThemeName[]) {
  test(`the form of a configuration, ${theme}`, async ({ page, open }) => {
    await page.setViewportSize({ width: 1280, height: 1000 });
    await open({ theme, host: FORM });
    await expect(page.locator('[data-field="model.heads"] .finding.error')).toBeVisible();
    await page.screenshot({ path: `${PICTURES}/config-${theme}.png` });
    await page.getByTestId('config-show-changed').click();
    await page.screenshot({ path: `${PICTURES}/config-changed-${theme}.png` });
  });
}

test('the form of a configuration beside an editor', async ({ page, open }) => {
  await page.setViewportSize({ width: 620, height: 1000 });
  await open({ theme: 'light', host: FORM });
  await expect(page.locator('[data-field="model.heads"] .finding.error')).toBeVisible();
  await page.screenshot({ path: `${PICTURES}/config-narrow.png` });
});
