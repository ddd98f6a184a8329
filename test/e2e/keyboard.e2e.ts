// The first five minutes without a mouse: template, configuration, training, depth view, pause, stop.
import { expect } from '@playwright/test';
import { test } from './fixtures';
import { expectState, onlyRun } from './runs';

test('a person without a mouse trains a hundred layers and reads them', async ({ workbench, server, dashboard }) => {
  const { keyboard } = workbench.page;
  const command = async (title: string) => {
    // A palette that was opened before VS Code had read what extensions bring never refreshes.
    await expect(async () => {
      await keyboard.press('F1');
      try {
        // The first word may still go to whoever had the focus; the box shows when it is VS Code's.
        await workbench.quickInput.locator('input.input').waitFor({ timeout: 5000 });
        await keyboard.type(title);
        await expect(workbench.quickInput.locator('.monaco-list-row.focused')).toContainText(title, { timeout: 5000 });
      } catch (error) {
        await keyboard.press('Escape');
        throw error;
      }
    }).toPass({ timeout: 60_000 });
    await keyboard.press('Enter');
  };

  await command('Fathom: New Experiment');
  await expect(workbench.quickInput.locator('.monaco-list-row.focused')).toContainText('Deep GPT');
  await keyboard.press('Enter');
  await expect(workbench.codeLens(/100 layers/)).toBeVisible();

  await command('Fathom: Start Training');
  const run = await onlyRun(server);
  await dashboard.growBeyond(1);

  await keyboard.press('ControlOrMeta+2');
  const { heatmap } = dashboard;
  await dashboard.tabTo(heatmap);
  const readout = await dashboard.readout();
  await keyboard.press('Home');
  await keyboard.press('ArrowDown');
  await expect.poll(() => dashboard.readout()).not.toBe(readout);
  const first = await dashboard.readout();
  await keyboard.press('ArrowRight');
  await expect.poll(() => dashboard.readout()).not.toBe(first);

  await dashboard.tabTo(dashboard.button('pause'), 'Shift+Tab');
  await keyboard.press('Enter');
  await expectState(run, 'paused');
  await command('Fathom: Stop');
  await expectState(run, 'stopped');
});
