// What a person does with a run that has trained: measure it, let it write, and fork it.
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@playwright/test';
import { test } from './fixtures';
import { expectState, onlyRun, readRecord, runs } from './runs';

const TRUNK = {
  name: 'trunk',
  model: { layers: 2, hidden: 16, heads: 2, context: 32, scheme: 'pre-ln' },
  training: { steps: 40, batch: 2, checkpointEvery: 20 },
  schedule: { warmup: 4 },
};

test('a run is evaluated, writes text and is forked', async ({ workbench, server }) => {
  writeFileSync(path.join(server.workspace, 'trunk.fathom.json'), JSON.stringify(TRUNK, undefined, 2));
  await workbench.openFile('trunk.fathom.json');
  await workbench.runCommand('fathom.startRun');
  const parent = await onlyRun(server);
  await expectState(parent, 'finished');

  await test.step('evaluate', async () => {
    const data = path.join(server.workspace, 'winogrande.jsonl');
    copyFileSync('test/fixtures/evaluation/winogrande.jsonl', data);
    await workbench.runCommand('fathom.evaluateRun');
    await workbench.pick('Winogrande');
    await workbench.inputFile(data);
    const told = workbench.notification(/on Winogrande: accuracy \d+\.\d\d %/);
    await expect(told).toBeVisible({ timeout: 60_000 });
    await told.getByRole('button', { name: 'Open Result' }).click();
    await expect(workbench.page.locator('.tab.active', { hasText: 'winogrande-step-40.json' })).toBeVisible();
    const result = JSON.parse(readFileSync(path.join(parent, 'evaluations/winogrande-step-40.json'), 'utf8'));
    expect(result).toMatchObject({ task: 'winogrande', step: 40, examples: 3 });
  });

  await test.step('write text', async () => {
    await workbench.runCommand('fathom.generateText');
    await workbench.input('Call me ');
    const samples = path.join(parent, 'samples');
    await expect.poll(() => (existsSync(samples) ? readdirSync(samples) : []), { timeout: 60_000 }).toEqual(['step-40-1.json']);
    expect(JSON.parse(readFileSync(path.join(samples, 'step-40-1.json'), 'utf8'))).toMatchObject({
      step: 40,
      prompt: 'Call me ',
      tokens: 200,
    });
    await expect(
      workbench.page
        .locator('.part.panel .view-line')
        .filter({ hasText: /Call.me/ })
        .first(),
    ).toBeVisible();
  });

  await test.step('fork', async () => {
    await workbench.runCommand('fathom.forkRun');
    await workbench.pick('Step 20');
    await expect(workbench.page.locator('.tab.active', { hasText: 'trunk-fork.fathom.json' })).toBeVisible();
    await expect(workbench.codeLens('Train from step 20')).toBeVisible();
    await workbench.runCommand('fathom.startRun');
    await expect.poll(() => runs(server).length).toBe(2);
    const fork = runs(server).find((run) => run !== parent) ?? '';
    await expectState(fork, 'finished');
    expect(readRecord(fork)).toMatchObject({ name: 'trunk-fork', step: 40, lineage: { run: path.basename(parent), step: 20 } });
    await workbench.showContainer('fathom');
    await expect(workbench.treeItem('trunk-fork')).toContainText(`fork of ${path.basename(parent)} at step 20`);
  });
});
