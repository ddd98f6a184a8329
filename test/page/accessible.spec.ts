// The dashboard for everybody: axe-core over every tab in every theme, the whole page by keyboard, plots
// that say what they show, and no motion where none is wanted.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, type Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';
import { TABS } from '../../webview/selection';
import { FULL } from './full';
import { test } from './harness';
import { THEMES, type ThemeName } from './themes';

const AXE = readFileSync(createRequire(`${process.cwd()}/`).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds serious or critical, with the elements. */
async function serious(page: Page): Promise<string[]> {
  // Evaluated, not inserted: the page's policy forbids scripts that are not its own.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<AxeResults>('axe.run(document)');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary}`));
}

for (const theme of Object.keys(THEMES) as ThemeName[]) {
  for (const tab of TABS) {
    test(`axe-core finds nothing serious: ${tab}, ${theme}`, async ({ page, open }) => {
      await open({
        theme,
        host: { ...FULL, stored: { tab, statistic: 'gradient_rms', row: 61, step: 470, pins: [100], layers: [20], table: true } },
      });
      await expect(page.locator(`.tab-${tab}`)).toBeVisible();
      await page.waitForTimeout(400);
      expect(await serious(page)).toEqual([]);
    });
  }

  test(`axe-core finds nothing serious: nothing recorded yet, ${theme}`, async ({ page, open }) => {
    await open({
      theme,
      host: { columns: 0, state: 'lost', problems: [{ code: 'events-bad-checksum', args: { file: 'events', offset: 12 } }] },
    });
    await expect(page.locator('.banner')).toHaveCount(2);
    for (const tab of TABS) {
      await page.locator(`#tab-${tab}`).click();
      await page.waitForTimeout(100);
      expect(await serious(page)).toEqual([]);
    }
  });
}

/** The element that has the focus: how it is called, and whether its focus shows. */
async function focused(page: Page): Promise<{ readonly name: string; readonly shown: boolean }> {
  return page.evaluate(() => {
    const active = document.activeElement;
    if (!active || active === document.body) return { name: 'body', shown: false };
    const marked = [active, active.closest('label'), active.shadowRoot?.activeElement, ...(active.shadowRoot?.querySelectorAll('*') ?? [])];
    const shown = marked.some((element) => {
      if (!element) return false;
      const { outlineStyle, outlineWidth, borderColor, boxShadow } = getComputedStyle(element);
      const focus = getComputedStyle(document.documentElement).getPropertyValue('--vscode-focusBorder').trim();
      const probe = document.createElement('span');
      probe.style.color = focus;
      document.body.append(probe);
      const colour = getComputedStyle(probe).color;
      probe.remove();
      return (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0) || borderColor.includes(colour) || boxShadow.includes(colour);
    });
    const { id } = active;
    const label = active.closest('label') ?? (id === '' ? null : document.querySelector(`label[for="${id}"]`));
    const own = 'label' in active && typeof active.label === 'string' ? active.label : undefined;
    const name = own ?? active.getAttribute('aria-label') ?? label?.textContent ?? active.textContent?.trim() ?? '';
    return { name: `${active.tagName.toLowerCase()} ${name}`, shown };
  });
}

test('every control is reached by Tab, has a name and shows that it has the focus', async ({ page, open }) => {
  await open({ host: { ...FULL, stored: { statistic: 'gradient_rms', row: 61, step: 470, table: true } } });
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '160');
  const seen: string[] = [];
  for (let press = 0; press < 80; press++) {
    await page.keyboard.press('Tab');
    const { name, shown } = await focused(page);
    if (name === 'body') break;
    expect(name).toMatch(/^\S+ \S/);
    expect({ name, shown }).toEqual({ name, shown: true });
    seen.push(name);
  }
  const all = seen.join('\n');
  for (const part of [
    /Pause/,
    /web page/,
    /Depth/,
    /Statistic/,
    /Whole layer/,
    /Log/,
    /Robust/,
    /Zooms/,
    /table/i,
    /Save: /,
    /by layer and training step/,
    /Play/,
    /Pin step/,
  ]) {
    expect(all).toMatch(part);
  }
});

test('a person goes through the page by keyboard alone', async ({ page, open }) => {
  await open({ host: { ...FULL, histograms: true, stored: { row: 61 } } });
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '160');
  const tabTo = async (what: RegExp): Promise<void> => {
    for (let press = 0; press < 80; press++) {
      await page.keyboard.press('Tab');
      if (what.test((await focused(page)).name)) return;
    }
    throw new Error(`Tab never reaches ${what}`);
  };
  // The header's actions, then the tabs.
  await tabTo(/Pause/);
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => window.fake.lastWish())).toEqual({ type: 'action', action: 'pause' });
  await tabTo(/Depth/);
  // The statistic, its scale, and the heatmap.
  await tabTo(/Statistic/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const title = await page.locator('.heat-title h2').textContent();
  await tabTo(/Log|Linear/);
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('#transform-linear')).toBeChecked();
  await tabTo(/by layer and training step/);
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('p');
  await expect(page.getByTestId('place')).toHaveText('Step 5 · Layer 62');
  await expect(page.getByTestId('readout')).toContainText('Step 5, Layer 62');
  await expect(page.locator('.pins li')).toHaveCount(1);
  expect(title).not.toBe('');
  // Back to the tabs, and along them.
  await page.locator('#tab-depth').focus();
  for (const tab of TABS.slice(1)) {
    await page.keyboard.press('ArrowRight');
    await expect(page.locator(`#tab-${tab}`)).toBeFocused();
    await expect(page.locator(`.tab-${tab}`)).toBeVisible();
  }
  await page.keyboard.press('Home');
  await page.keyboard.press('End');
  // The last tab asks a checkpoint for text.
  await tabTo(/The text begins with/);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('Call me');
  await tabTo(/^button Write/);
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => window.fake.lastWish())).toMatchObject({ type: 'generate', request: { prompt: 'Call me' } });
  await page.evaluate(() =>
    window.fake.send({ type: 'job', job: { kind: 'generate', running: true, step: 1000, about: 'Call me', texts: [] } }),
  );
  // The button that started is gone; the one that ends has the focus.
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeFocused();
});

test('a held key is read out once it rests, not step by step', async ({ page, open }) => {
  await open({ host: { stored: { row: 10 } } });
  await expect(page.getByTestId('heatmap')).toHaveAttribute('data-columns', '160');
  await page.evaluate(() => {
    const spoken: string[] = [];
    Object.assign(window, { spoken });
    const readout = document.querySelector('[data-testid="readout"]');
    if (readout)
      new MutationObserver(() => spoken.push(readout.textContent ?? '')).observe(readout, {
        childList: true,
        characterData: true,
        subtree: true,
      });
  });
  await page.getByTestId('heatmap').focus();
  for (let press = 0; press < 20; press++) await page.keyboard.press('ArrowLeft');
  await expect(page.getByTestId('readout')).toContainText('Layer 10');
  const spoken = await page.evaluate(() => (window as unknown as { readonly spoken: readonly string[] }).spoken);
  expect(spoken.length).toBeLessThan(10);
});

test('nothing moves by itself where less motion is asked for', async ({ page, open }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open({ host: { columns: 0, state: 'starting' } });
  await expect(page.locator('.banner')).toBeVisible();
  const moving = await page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === 'running').length);
  expect(moving).toBe(0);
});
