// Asking checkpoints: results as a table and a chart, text as text, and what stands in the way said
// plainly.

import { expect } from '@playwright/test';
import type { Evaluation, TextSample } from '../../src/experiment/view';
import { CONFIG } from './fakeRun';
import { test } from './harness';

const score = (task: string, step: number, accuracy: number): Evaluation => ({
  task,
  step,
  averaged: false,
  metrics: { accuracy },
  examples: 101,
  limited: false,
  shortened: 0,
});
const EVALUATIONS = [score('piqa', 500, 0.5), score('piqa', 1000, 0.75), score('lambada', 1000, 0.2)];
const SAMPLE: TextSample = {
  file: 'step-1000-1.json',
  step: 1000,
  prompt: 'It was ',
  text: '<b id="bold">bold</b>\n',
  sampling: { temperature: 0.8, seed: 4 },
};

test.describe('scores', () => {
  test('are a table of checkpoints by tasks, with chance and standard error, and a chart', async ({ page, open }) => {
    await open({ host: { outcomes: { evaluations: EVALUATIONS }, stored: { tab: 'evaluate' } } });
    const rows = page.getByTestId('scores').locator('tbody tr');
    await expect(rows).toHaveCount(3);
    await expect(rows.nth(0)).toHaveText(/By chance–50 %/);
    // √(0.75 · 0.25 / 100) = 0.0433
    await expect(rows.nth(1)).toHaveText(/Step 1000.*20\.00 ± 4\.00 %.*75\.00 ± 4\.33 %/);
    await expect(page.locator('.tab-evaluate .chart')).toContainText('PIQA, by chance');
  });

  test('come while the page is open', async ({ page, open }) => {
    await open({ host: { stored: { tab: 'evaluate' } } });
    await expect(page.locator('.tab-evaluate')).toContainText('No checkpoint has been evaluated yet');
    await page.evaluate((evaluations) => window.fake.answered({ evaluations }), EVALUATIONS);
    await expect(page.getByTestId('scores').locator('tbody tr')).toHaveCount(3);
  });

  test('are asked for from the page, counted, and ended', async ({ page, open }) => {
    await open({ host: { stored: { tab: 'evaluate' } } });
    await page.getByLabel('Task').selectOption('PIQA');
    await page.getByLabel('Checkpoint', { exact: true }).selectOption('500');
    await page.getByLabel('Examples').fill('12');
    await page.getByRole('button', { name: 'Evaluate…' }).click();
    const request = { task: 'piqa', step: 500, averaged: false, limit: 12 };
    await expect.poll(() => page.evaluate(() => window.fake.lastWish())).toEqual({ type: 'evaluate', request });
    const job = { kind: 'evaluate', step: 500, about: 'piqa', texts: [] } as const;
    await page.evaluate((told) => window.fake.send({ type: 'job', job: { ...told, running: true, done: 3, of: 12 } }), job);
    await expect(page.locator('.tab-evaluate [role="status"]').first()).toHaveText('Evaluating step 500 on PIQA');
    await expect(page.locator('.tab-evaluate progress')).toHaveAttribute('value', '3');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(() => page.evaluate(() => window.fake.lastWish())).toEqual({ type: 'end-job', kind: 'evaluate' });
    await page.evaluate((told) => window.fake.send({ type: 'job', job: { ...told, running: false, error: 'The file is empty.' } }), job);
    await expect(page.locator('.tab-evaluate [role="alert"]')).toHaveText('The file is empty.');
    await expect(page.getByRole('button', { name: 'Evaluate…' })).toBeEnabled();
  });
});

test.describe('samples', () => {
  test('are text, whatever a model writes', async ({ page, open }) => {
    await open({ host: { outcomes: { samples: [SAMPLE] }, stored: { tab: 'samples' } } });
    await expect(page.getByTestId('samples').locator('.passage')).toHaveText('It was <b id="bold">bold</b>');
    await expect(page.locator('#bold')).toHaveCount(0);
    await expect(page.getByTestId('samples')).toContainText('Step 1000 · Temperature 0.8 · Seed 4');
  });

  test('are asked for with what was chosen, stream, and are then kept once', async ({ page, open }) => {
    await open({ host: { stored: { tab: 'samples' } } });
    await page.getByLabel('The text begins with').fill('Call me');
    await page.getByLabel('Temperature').fill('0.5');
    await page.getByLabel('Top k').fill('40');
    await page.getByLabel('Seed').fill('4');
    await page.getByRole('button', { name: 'Write' }).click();
    const request = { prompt: 'Call me', step: 1000, tokens: 200, count: 1, temperature: 0.5, topK: 40, seed: 4 };
    await expect.poll(() => page.evaluate(() => window.fake.lastWish())).toEqual({ type: 'generate', request });
    const job = { kind: 'generate', step: 1000, about: 'Call me' } as const;
    await page.evaluate((told) => window.fake.send({ type: 'job', job: { ...told, running: true, texts: [' Ish'] } }), job);
    await expect(page.getByTestId('writing').locator('.passage')).toHaveText('Call me Ish');
    await page.evaluate((told) => window.fake.send({ type: 'job', job: { ...told, running: false, texts: [' Ishmael.'] } }), job);
    await expect(page.getByTestId('writing').locator('.passage')).toHaveText('Call me Ishmael.');
    const kept = { ...SAMPLE, prompt: 'Call me', text: ' Ishmael.' };
    await page.evaluate((sample) => window.fake.answered({ samples: [sample] }), kept);
    await expect(page.getByTestId('samples').locator('.passage')).toHaveText('Call me Ishmael.');
    await expect(page.getByTestId('writing').locator('.passage')).toHaveCount(0);
    await expect.poll(() => page.evaluate(() => window.fake.stored)).toMatchObject({ samples: { prompt: 'Call me', topK: 40 } });
  });

  const OBSTACLES = [
    { why: 'untrusted', host: { trusted: false }, says: /Restricted Mode/ },
    { why: 'no checkpoint', host: { outcomes: { checkpoints: [] } }, says: /no checkpoint yet/ },
    {
      why: 'an encoder',
      host: { config: { ...CONFIG, model: { ...CONFIG.model, architecture: 'bert' as const } } },
      says: /cannot write on/,
    },
  ];
  for (const { why, host, says } of OBSTACLES) {
    test(`cannot be asked for: ${why}`, async ({ page, open }) => {
      await open({ host: { ...host, stored: { tab: 'samples' } } });
      await expect(page.locator('.tab-samples .reason')).toHaveText(says);
      await expect(page.getByRole('button', { name: 'Write' })).toBeDisabled();
    });
  }
});
