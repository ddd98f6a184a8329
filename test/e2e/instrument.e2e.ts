// The dashboard's other tabs in a real VS Code: a configuration edited beside its run, saved, applied to the
// trainer and forked; and a checkpoint asked for scores and for text.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@playwright/test';
import { test } from './fixtures';
import { expectBeyond, expectState, onlyRun, readRecord, runs } from './runs';

const TRUNK = `{
  // Long enough to be talked to.
  "name": "trunk",
  "model": { "layers": 2, "hidden": 16, "heads": 2, "context": 32, "scheme": "pre-ln" },
  "optimiser": { "learningRate": 0.001 }, // to be changed
  "training": { "steps": 1000000, "batch": 2, "checkpointEvery": 20 },
  "schedule": { "name": "constant", "warmup": 4 }
}
`;

test('a configuration is edited beside its run: saved, applied, forked', async ({ workbench, server, dashboard }) => {
  const file = path.join(server.workspace, 'trunk.fathom.json');
  writeFileSync(file, TRUNK);
  await workbench.openFile('trunk.fathom.json');
  await workbench.runCommand('fathom.startRun');
  const run = await onlyRun(server);
  await expectBeyond(run, 20);
  const tab = await dashboard.tab('Config');
  const rate = tab.locator('[data-field="optimiser.learningRate"]');
  const told = tab.getByTestId('config-told');
  await rate.locator('input').fill('-1');
  await rate.locator('input').press('Tab');
  await expect(rate.locator('.findings')).toContainText('-1');
  await expect(tab.getByTestId('config-apply')).toBeDisabled();
  await rate.locator('input').fill('0.0005');
  await rate.locator('input').press('Tab');

  await test.step('Save keeps comments and everything else', async () => {
    await tab.getByTestId('config-save').click();
    await expect(told).toContainText('trunk.fathom.json');
    await expect.poll(() => readFileSync(file, 'utf8')).toBe(TRUNK.replace('0.001', '0.0005'));
  });

  await test.step('Apply reaches the trainer, and its step is marked', async () => {
    await tab.getByTestId('config-apply').click();
    await expect(told).toContainText(/step \d+/);
    const [edit] = readRecord(run).edits ?? [];
    expect(edit?.changes).toEqual([{ field: 'optimiser.learningRate', from: 0.001, to: 0.0005 }]);
    await expectBeyond(run, edit?.step ?? 0);
    const alerts = await dashboard.tab('Alerts');
    await expect(alerts.getByTestId('alert-list')).toContainText('optimiser.learningRate');
  });

  await test.step('Fork trains on from a checkpoint with the edits', async () => {
    await workbench.runCommand('fathom.stop');
    await expectState(run, 'stopped');
    await dashboard.tab('Config');
    const decay = tab.locator('[data-field="optimiser.weightDecay"]');
    await decay.locator('input').fill('0.2');
    await decay.locator('input').press('Tab');
    await tab.getByTestId('config-fork').click();
    await expect.poll(() => runs(server).length).toBe(2);
    const fork = runs(server).find((other) => other !== run) ?? '';
    await expectState(fork, 'running');
    expect(readRecord(fork).lineage?.run).toBe(path.basename(run));
    expect(JSON.parse(readFileSync(path.join(fork, 'config.json'), 'utf8')).optimiser).toMatchObject({
      learningRate: 0.0005,
      weightDecay: 0.2,
    });
  });
});

test('a checkpoint is asked for a score and for text', async ({ workbench, server, dashboard }) => {
  await workbench.openFile('short.fathom.json');
  await workbench.runCommand('fathom.startRun');
  const run = await onlyRun(server);
  await expectState(run, 'finished');

  await test.step('a score, beside chance', async () => {
    const data = path.join(server.workspace, 'winogrande.jsonl');
    copyFileSync('test/fixtures/evaluation/winogrande.jsonl', data);
    const evaluate = await dashboard.tab('Evaluate');
    await evaluate.getByLabel('Task').selectOption({ label: 'Winogrande' });
    await evaluate.getByRole('button', { name: /^Evaluate/ }).click();
    await workbench.inputFile(data);
    await expect(evaluate.getByTestId('scores')).toContainText('Winogrande', { timeout: 60_000 });
  });

  await test.step('text, shown as text', async () => {
    const samples = await dashboard.tab('Samples');
    await samples.locator('textarea').fill('Call me <b>');
    await samples.getByRole('button', { name: 'Write' }).click();
    await expect(samples.getByTestId('samples')).toContainText('Call me <b>', { timeout: 60_000 });
    await expect(samples.locator('b')).toHaveCount(0);
  });
});
