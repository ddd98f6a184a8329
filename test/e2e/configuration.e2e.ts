// A configuration as it is written: findings where they belong, quick fixes that mend what they
// name, the line above the model, and no start before everything is mended.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@playwright/test';
import { test } from './fixtures';
import { runs } from './runs';

/** Every mistake of `broken.fathom.json`: code, line and column as the Problems view counts them. */
const MISTAKES = [
  ['unknown-field', 3, 3],
  ['below-minimum', 5, 15],
  ['heads-do-not-divide', 7, 14],
  ['not-an-integer', 8, 16],
  ['expected-boolean', 9, 23],
  ['unknown-scheme', 10, 15],
  ['vocabulary-mismatch', 11, 19],
  ['corpus-missing', 13, 23],
  ['unknown-choice', 14, 26],
  ['expected-number', 14, 50],
  ['warmup-too-long', 15, 27],
  ['not-an-integer', 16, 39],
] as const;

test('every mistake of a broken configuration is a problem at its own place', async ({ workbench, server }) => {
  await workbench.openFile('broken.fathom.json');
  await workbench.runCommand('workbench.action.problems.focus');
  await workbench.runCommand('workbench.action.toggleMaximizedPanel');
  const places = async () => (await workbench.problems()).map(({ code, line, column }) => [code, line, column]);
  await expect.poll(places).toEqual(MISTAKES.map((mistake) => [...mistake]));
  for (const { severity, message } of await workbench.problems()) {
    expect(severity).toBe('error');
    expect(message.length).toBeGreaterThan(20);
  }
  await workbench.runCommand('workbench.action.toggleMaximizedPanel');

  // The Problems view is what has the focus now, and the configuration is still what is meant.
  await workbench.openFile('broken.fathom.json');
  await workbench.runCommand('fathom.startRun');
  const refusal = workbench.notification(/Nothing was started\. colour is not a field.*11 more problems/);
  await expect(refusal).toBeVisible();
  expect(runs(server)).toEqual([]);
  await refusal.getByRole('button', { name: 'Show Problem' }).click();
  await expect(workbench.statusBar('Ln 3, Col ')).toBeVisible();
});

test('quick fixes mend a broken configuration until it trains', async ({ workbench, server }) => {
  await workbench.openFile('broken.fathom.json');
  await expect(workbench.squiggles('error').first()).toBeVisible();
  // From the last to the first, so that the places of those still to come stay what they are.
  for (const [, line, column] of MISTAKES.toReversed()) {
    await workbench.goTo(line, column);
    await workbench.quickFix();
  }
  await expect(workbench.squiggles('error')).toHaveCount(0);
  // What is left is advice: how many threads could share a batch depends on the machine.
  await expect.poll(async () => (await workbench.problems()).filter(({ severity }) => severity !== 'info')).toEqual([]);
  await workbench.openFile('broken.fathom.json');
  await workbench.runCommand('workbench.action.files.save');
  const file = path.join(server.workspace, 'broken.fathom.json');
  const mended = () => JSON.parse(readFileSync(file, 'utf8'));
  // VS Code saves in place, so that a read may find half of the file: another reason to try again.
  await expect(() => {
    const saved = mended();
    expect(saved).toMatchObject({
      model: { layers: 1, heads: 2, context: 33, tiedEmbeddings: true, scheme: 'foundation', vocabulary: 256 },
      data: { source: 'built-in:moby-dick' },
      optimiser: { name: 'adamw', learningRate: 0.001 },
      schedule: { warmup: 2 },
      training: { batch: 1 },
    });
    expect(saved).not.toHaveProperty('colour');
  }).toPass();
  await workbench.runCommand('fathom.startRun');
  await expect(workbench.notification('broken has finished training')).toBeVisible();
});

test('the line above the model says how large it is', async ({ workbench }) => {
  await workbench.openFile('deep.fathom.json');
  const lens = workbench.codeLens('Train');
  await expect(lens).toContainText('Probe depth');
  await expect(lens).toContainText(/100 layers · 1\.\d+ M parameters · about [\d.]+ [MG]B/);
});

test('an experiment begins from a template', async ({ workbench, server }) => {
  await workbench.runCommand('fathom.newExperiment');
  await workbench.pick('Deep GPT');
  await expect(workbench.page.locator('.tab.active', { hasText: 'deep-gpt.fathom.json' })).toBeVisible();
  await expect(workbench.codeLens(/100 layers/)).toBeVisible();
  // What is left is advice: how many threads could share a batch depends on the machine.
  await expect.poll(async () => (await workbench.problems()).filter(({ severity }) => severity !== 'info')).toEqual([]);
  expect(readFileSync(path.join(server.workspace, 'deep-gpt.fathom.json'), 'utf8')).toContain('"layers": 100');
});
