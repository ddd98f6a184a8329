// The Config tab as a person uses it: find a field, change it, mend it, and save, apply or fork.

import { expect, type Page } from '@playwright/test';
import { CONFIG } from './fakeRun';
import { test } from './harness';

const row = (page: Page, field: string) => page.locator(`[data-field="${field}"]`);
const entry = (page: Page, field: string) => row(page, field).locator('input').first();
const asked = (page: Page, type: string) => page.evaluate((wanted) => window.fake.asked.filter((message) => message.type === wanted), type);

test.describe('the config tab', () => {
  test('shows every field of the run with what it is for, and is quick', async ({ page, open }) => {
    await open();
    await expect(page.locator('#tab-config')).toBeVisible();
    expect(await page.locator('.setting').count()).toBe(0);
    const spent = await page.evaluate(async () => {
      const begun = performance.now();
      document.getElementById('tab-config')?.click();
      while (document.querySelectorAll('.setting').length === 0) await new Promise(requestAnimationFrame);
      return performance.now() - begun;
    });
    test.info().annotations.push({ type: 'milliseconds to the whole form', description: spent.toFixed(0) });
    expect(await page.locator('.setting').count()).toBeGreaterThan(60);
    await expect(entry(page, 'model.layers')).toHaveValue('100');
    await expect(row(page, 'model.layers')).toContainText('number of layers');
    await expect(row(page, 'model.feedForward')).toContainText('4 · hidden');
    await expect(row(page, 'optimiser.learningRate')).toContainText('while training');
    await expect(page.getByTestId('config-summary')).toBeVisible();
    // Every control has a name, and no two the same id.
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLInputElement>('.form input')]
        .filter((input) => !input.labels?.length && !input.getAttribute('aria-label'))
        .map(({ id }) => id),
    );
    expect(nameless).toEqual([]);
    const ids = await page.evaluate(() => [...document.querySelectorAll('[id]')].map(({ id }) => id));
    expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
  });

  test('finds fields by what other tools call them, and shows only what was changed', async ({ page, open }) => {
    await open({ host: { stored: { tab: 'config' } } });
    await page.getByLabel('Find fields').fill('n_layer');
    await expect(page.locator('.setting:visible')).toHaveCount(1);
    await expect(row(page, 'model.layers')).toBeVisible();
    await page.getByLabel('Find fields').fill('no such thing');
    await expect(page.locator('.config .none')).toBeVisible();
    await page.getByLabel('Find fields').fill('');
    await entry(page, 'optimiser.clip').fill('0.5');
    await page.getByTestId('config-show-changed').click();
    await expect(page.locator('.setting:visible')).toHaveCount(1);
    await page.getByTestId('config-show-live').click();
    await expect(row(page, 'model.layers')).toBeHidden();
    await expect(row(page, 'schedule.final')).toBeVisible();
  });

  test('has the editor’s findings beside the fields, and mends them', async ({ page, open }) => {
    await open({ host: { stored: { tab: 'config' } } });
    await entry(page, 'model.heads').fill('3');
    await expect(row(page, 'model.heads').locator('.finding.error')).toContainText('does not divide');
    await expect(entry(page, 'model.heads')).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByTestId('config-fork')).toBeDisabled();
    await row(page, 'model.heads').getByRole('button', { name: /Use/ }).first().click();
    await expect(row(page, 'model.heads').locator('.finding.error')).toHaveCount(0);
    await entry(page, 'optimiser.learningRate').fill('fast');
    await expect(row(page, 'optimiser.learningRate').locator('.finding.error')).toContainText('has to be a number');
    await entry(page, 'optimiser.learningRate').fill('');
    await expect(row(page, 'optimiser.learningRate').locator('.finding.error')).toHaveCount(0);
  });

  test('marks what changed and what follows, and takes it back', async ({ page, open }) => {
    await open({ host: { stored: { tab: 'config' } } });
    await entry(page, 'model.hidden').fill('128');
    await expect(row(page, 'model.feedForward')).toHaveAttribute('data-following', '');
    await expect(entry(page, 'model.feedForward')).toHaveValue('512');
    await row(page, 'model.feedForward')
      .getByRole('button', { name: /Keep 256/ })
      .click();
    await expect(entry(page, 'model.feedForward')).toHaveValue('256');
    await expect(page.locator('.actions-of .differences li')).toHaveCount(2);
    // What was written down can be let go again, and the focus stays while the run goes on.
    const undo = page.getByRole('button', { name: 'Undo the change of model.feedForward' });
    await undo.focus();
    await page.evaluate(() => window.fake.reform({ checkpoints: [900, 800] }));
    await expect(page.locator('#config-checkpoint')).toContainText('Step 900');
    await expect(undo).toBeFocused();
    await undo.press('Enter');
    await expect(entry(page, 'model.feedForward')).toHaveValue('512');
    await page.getByRole('button', { name: 'Undo the change of model.hidden' }).click();
    await expect(entry(page, 'model.hidden')).toHaveValue('64');
    await expect(page.locator('.actions-of .differences li')).toHaveCount(0);
    // Edits outlive the page.
    await row(page, 'model.queryKeyNorm').locator('input').check();
    await expect
      .poll(() => page.evaluate(() => (window.fake.stored as { edits: unknown }).edits))
      .toEqual([{ field: 'model.queryKeyNorm', value: true }]);
  });

  test('saves, applies and forks what was changed, each where it can', async ({ page, open }) => {
    await open({ host: { stored: { tab: 'config' } } });
    for (const action of ['save', 'apply', 'fork']) await expect(page.getByTestId(`config-${action}`)).toBeDisabled();
    await entry(page, 'optimiser.learningRate').fill('3e-4');
    await page.getByTestId('config-apply').click();
    await expect(page.getByTestId('config-told')).toContainText('from step 801');
    await page.getByTestId('config-save').click();
    await expect(page.getByTestId('config-told')).toContainText('Saved to deep-gpt.fathom.json');
    await page.getByTestId('config-fork').click();
    await expect(page.getByTestId('config-told')).toContainText('fork from step');
    const edits = [{ field: 'optimiser.learningRate', value: 3e-4 }];
    expect(await asked(page, 'change-config')).toMatchObject([
      { action: 'apply', edits },
      { action: 'save', edits },
      { action: 'fork', edits, step: 800 },
    ]);
    // The run has it now: it is no change any more.
    await page.evaluate((config) => window.fake.reform({ config }), {
      ...CONFIG,
      optimiser: { ...CONFIG.optimiser, learningRate: 3e-4 },
    });
    await expect(page.locator('.actions-of .differences li')).toHaveCount(0);
    await entry(page, 'training.batch').fill('16');
    await expect(page.getByTestId('config-apply')).toBeDisabled();
    await expect(page.locator('#config-apply-why')).toContainText('Fork the run');
    await entry(page, 'model.layers').fill('12');
    await expect(page.locator('#config-fork-why')).toContainText('model.layers');
    await page.getByTestId('config-discard').click();
    await expect(entry(page, 'model.layers')).toHaveValue('100');
  });

  test('says why something cannot be done', async ({ page, open }) => {
    const untrusted = { code: 'config-untrusted', args: {} };
    const gone = { code: 'config-file-missing', args: {} };
    await open({
      host: {
        stored: { tab: 'config', edits: [{ field: 'optimiser.clip', value: 0.5 }] },
        form: { refusals: { apply: untrusted, fork: untrusted }, refuses: { save: 'The disk is full.' } },
      },
    });
    await expect(page.locator('#config-apply-why')).toContainText('Restricted Mode');
    await expect(page.getByTestId('config-fork')).toBeDisabled();
    await page.getByTestId('config-save').click();
    await expect(page.getByTestId('config-told')).toContainText('The disk is full.');
    await page.evaluate(
      (refusals) => window.fake.reform({ refusals, file: { state: 'missing', name: 'a.fathom.json', unsaved: false, changes: [] } }),
      {
        save: gone,
      },
    );
    await expect(page.getByTestId('config-file')).toContainText('is gone');
    await expect(page.getByTestId('config-save')).toBeDisabled();
    await page.evaluate(() =>
      window.fake.reform({
        refusals: {},
        file: {
          state: 'broken',
          name: 'a.fathom.json',
          why: { code: 'syntax-colon-expected', args: { line: 3, column: 4 } },
          unsaved: true,
          changes: [],
        },
      }),
    );
    await expect(page.getByTestId('config-file')).toContainText('Line 3, column 4');
    await page.getByTestId('config-open').click();
    expect(await asked(page, 'action')).toMatchObject([{ action: 'open-configuration' }]);
  });

  test('lists what differs from the file and from the parent', async ({ page, open }) => {
    const changes = [{ field: 'training.steps', from: 2000, to: 4000 }];
    await open({
      host: {
        stored: { tab: 'config' },
        form: {
          file: { state: 'sound', name: 'deep-gpt.fathom.json', unsaved: false, changes },
          parent: { run: '20261122-090001-parent', step: 400, changes: [{ field: 'optimiser.learningRate', from: 0.003, to: 0.001 }] },
        },
      },
    });
    await expect(page.getByTestId('config-file')).toContainText('something else than the run trains with (fields: 1)');
    await expect(page.getByTestId('config-parent')).toContainText('0.003');
    await page.getByTestId('config-parent').getByRole('button', { name: 'optimiser.learningRate' }).click();
    await expect(entry(page, 'optimiser.learningRate')).toBeFocused();
  });

  test('can be used by keyboard alone', async ({ page, open }) => {
    await open();
    await page.locator('#tab-depth').focus();
    while (!(await page.locator('#tab-config').evaluate((tab) => tab === document.activeElement))) await page.keyboard.press('ArrowRight');
    await expect(page.getByLabel('Find fields')).toBeVisible();
    await page.keyboard.press('Tab');
    await expect(page.getByLabel('Find fields')).toBeFocused();
    await page.keyboard.type('grad_clip');
    await expect(page.locator('.setting:visible')).toHaveCount(1);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await expect(entry(page, 'optimiser.clip')).toBeFocused();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('0.25');
    await expect(page.locator('.actions-of .differences li')).toHaveCount(1);
  });
});
