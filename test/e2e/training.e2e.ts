// The path of issue and README: a hundred layers trained from the palette, watched in the Runs view
// and the dashboard, paused, resumed, stopped, continued, and found again after a reload.
import { existsSync } from 'node:fs';
import { expect } from '@playwright/test';
import { test } from './fixtures';
import { expectBeyond, expectState, isAlive, onlyRun, readRecord } from './runs';

test('a hundred layers: start, pause, resume, stop, continue', async ({ workbench, server, dashboard }) => {
  test.setTimeout(240_000);
  await workbench.openFile('deep.fathom.json');
  await workbench.runCommand('fathom.startRun');
  const run = await onlyRun(server);
  const row = workbench.treeItem('deep');

  await test.step('the dashboard opens and its heatmap grows', async () => {
    const first = await dashboard.growBeyond(0);
    await expect(dashboard.state('running')).toBeVisible();
    const early = await dashboard.picture();
    expect(early.painted).toBeGreaterThan(0);
    await dashboard.growBeyond(first + 4);
    await expect.poll(async () => (await dashboard.picture()).columns).toBeGreaterThan(early.columns);
    // A single column may be nearly one colour; over steps the depth differs.
    await expect.poll(async () => (await dashboard.picture()).colours).toBeGreaterThan(10);
  });

  await test.step('the Runs view and the status bar show it', async () => {
    await workbench.showContainer('fathom');
    await expect(row).toContainText(/step \d+\/5000 · loss \d/);
    await expect(workbench.statusBar(/deep \d+\/5000/)).toBeVisible();
    const shown = await row.textContent();
    await expect(row).not.toHaveText(shown ?? '');
  });

  await test.step('pause', async () => {
    await workbench.runCommand('fathom.pause');
    await expectState(run, 'paused');
    await expect(row).toContainText('paused');
    await expect(dashboard.state('paused')).toBeVisible();
    const { step } = readRecord(run);
    // Whatever was recorded before the pause arrives; then nothing more does.
    await expect.poll(() => dashboard.columns()).toBe(step);
    await workbench.page.waitForTimeout(1500);
    expect(readRecord(run).step).toBe(step);
    expect(await dashboard.columns()).toBe(step);
  });

  await test.step('resume', async () => {
    const { step } = readRecord(run);
    await workbench.runCommand('fathom.resume');
    await expectState(run, 'running');
    await expect(dashboard.state('running')).toBeVisible();
    await dashboard.growBeyond(step);
    await expect(row).not.toContainText('paused');
  });

  await test.step('stop saves a checkpoint', async () => {
    const pid = readRecord(run).process?.pid ?? 0;
    await dashboard.button('stop').click();
    await expectState(run, 'stopped');
    await expect(row).toContainText('stopped');
    await expect(dashboard.state('stopped')).toBeVisible();
    await expect.poll(() => isAlive(pid)).toBe(false);
    expect(existsSync(`${run}/checkpoints`)).toBe(true);
  });

  await test.step('continue from the checkpoint', async () => {
    const { step } = readRecord(run);
    const columns = await dashboard.columns();
    await workbench.runCommand('fathom.resumeFromCheckpoint');
    await expectState(run, 'running');
    await expect(dashboard.state('running')).toBeVisible();
    expect(await expectBeyond(run, step)).toBeGreaterThan(step);
    await dashboard.growBeyond(columns);
    await expect(row).toContainText(/^deepstep/);
    expect(await onlyRun(server)).toBe(run);
  });
});

test('a reloaded window finds its run still training', async ({ workbench, server, dashboard }) => {
  await workbench.openFile('endless.fathom.json');
  await workbench.runCommand('fathom.startRun');
  const run = await onlyRun(server);
  await dashboard.growBeyond(0);
  const { process: before } = readRecord(run);

  await workbench.reload();
  // Nothing is asked for: the dashboard and the status bar come back by themselves.
  await expect(workbench.statusBar(/endless \d+\//)).toBeVisible();
  await expect(dashboard.state('running')).toBeVisible();
  await dashboard.growBeyond(await dashboard.growBeyond(0));
  await workbench.showContainer('fathom');
  await expect(workbench.treeItem('endless')).toContainText(/step \d+\/1000000/);
  expect(readRecord(run).process).toEqual(before);

  await workbench.runCommand('fathom.stop');
  await expectState(run, 'stopped');
  await expect(workbench.treeItem('endless')).toContainText('stopped');
});

test('a run that ends says so', async ({ workbench, server, dashboard }) => {
  await workbench.openFile('short.fathom.json');
  await workbench.runCommand('fathom.startRun');
  await expect(workbench.notification(/short has finished training\. Loss \d/)).toBeVisible();
  await expectState(await onlyRun(server), 'finished');
  await expect(dashboard.state('finished')).toBeVisible();
  await expect.poll(() => dashboard.columns()).toBe(40);
  expect((await dashboard.picture()).painted).toBeGreaterThan(0.95);
});
