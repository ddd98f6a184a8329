// Several runs, and several windows: two runs laid side by side and saved, and one run watched twice.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@playwright/test';
import { Dashboard } from './dashboard';
import { test } from './fixtures';
import { expectState, onlyRun, runs } from './runs';
import { Workbench } from './workbench';

const shallow = (name: string, layers: number) => ({
  name,
  model: { layers, hidden: 16, heads: 2, context: 32, scheme: 'pre-ln' },
  training: { steps: 20, batch: 2, validationBatches: 1 },
  schedule: { warmup: 2 },
});

test('two runs are compared, and what is seen is saved', async ({ workbench, server, dashboard }) => {
  for (const [i, config] of [shallow('two', 2), shallow('three', 3)].entries()) {
    writeFileSync(path.join(server.workspace, `${config.name}.fathom.json`), JSON.stringify(config));
    await workbench.openFile(`${config.name}.fathom.json`);
    await workbench.runCommand('fathom.startRun');
    await expect.poll(() => runs(server).length).toBe(i + 1);
    for (const run of runs(server)) await expectState(run, 'finished');
  }
  await workbench.showContainer('fathom');
  await workbench.select(workbench.treeItem('two'), workbench.treeItem('three'));
  await workbench.contextMenu(workbench.treeItem('three'), /^Compare Runs/);

  const compared = await dashboard.tab('Compare');
  await test.step('as a table of what differs', async () => {
    const table = compared.getByTestId('run-table');
    await expect(table.locator('tbody tr')).toHaveCount(2);
    await expect(table).toContainText('model.layers');
    await expect(compared.getByTestId('strip')).toBeVisible();
  });

  await test.step('as values separated by commas', async () => {
    await compared.getByRole('button', { name: 'Save: Runs' }).click();
    await compared.locator('.menu:popover-open [data-format="csv"]').click();
    const file = path.join(server.workspace, 'compared.csv');
    await workbench.inputFile(file);
    await expect.poll(() => existsSync(file)).toBe(true);
    await expect.poll(() => readFileSync(file, 'utf8').trim().split('\n').length).toBe(3);
  });

  await test.step('as a page that needs nothing else', async () => {
    await dashboard.report.click();
    const file = path.join(server.workspace, 'compared.html');
    await workbench.inputFile(file);
    await expect.poll(() => (existsSync(file) ? readFileSync(file, 'utf8') : '')).toContain('</html>');
    const page = readFileSync(file, 'utf8');
    expect(page.match(/<svg/g)?.length).toBeGreaterThan(4);
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  });
});

test('two windows watch one run, and either may steer it', async ({ workbench, server, dashboard, context }) => {
  await workbench.openFile('endless.fathom.json');
  await workbench.runCommand('fathom.startRun');
  const run = await onlyRun(server);
  await dashboard.growBeyond(0);

  const other = new Workbench(await context.newPage());
  await other.open(server.url);
  await other.showContainer('fathom');
  await other.openRow(other.treeItem('endless'));
  const second = new Dashboard(other);
  await second.growBeyond(0);
  await second.button('pause').click();
  await expectState(run, 'paused');
  await workbench.page.bringToFront();
  await expect(dashboard.state('paused')).toBeVisible();
  await workbench.runCommand('fathom.stop');
  await expectState(run, 'stopped');
  await other.page.bringToFront();
  await expect(second.state('stopped')).toBeVisible();
});
