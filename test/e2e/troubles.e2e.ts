// What a person sees when something is not as it should be: each case a clear state of its own.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from '@playwright/test';
import { test } from './fixtures';
import { onlyRun, runs } from './runs';

const DYING_WORDS = 'this trainer was made to die';

test.describe('a trainer that dies in its first second', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fn-'));
  const node = path.join(folder, 'node');
  writeFileSync(node, `#!/bin/sh\nif [ "$1" = --version ]; then echo v22.0.0; exit; fi\necho "${DYING_WORDS}" >&2\nexit 3\n`);
  chmodSync(node, 0o755);
  test.afterAll(() => rmSync(folder, { recursive: true, force: true }));
  test.use({ window: { workspace: 'test/e2e/workspace', settings: { 'fathom.node': node } } });

  test('is named as failed, its log one click away', async ({ workbench, dashboard }) => {
    await workbench.openFile('short.fathom.json');
    await workbench.runCommand('fathom.startRun');
    const notification = workbench.notification(/short has failed/);
    // Before any command: closing the palette with Escape may hide notifications as well.
    await notification.getByRole('button', { name: 'Show Log' }).click();
    await expect(
      workbench.page.locator('.editor-instance .view-lines').filter({ hasText: DYING_WORDS.replaceAll(' ', '\u00a0') }),
    ).toBeVisible();
    await expect(dashboard.button('show-log')).toBeVisible();
    await workbench.showContainer('fathom');
    await expect(workbench.treeItem('short')).toContainText(/failed|lost/);
  });
});

test('a half-written run directory is listed as what it is', async ({ workbench, server, dashboard }) => {
  const run = path.join(server.workspace, '.fathom/runs/20260101-120000-half');
  mkdirSync(run, { recursive: true });
  writeFileSync(path.join(run, 'run.json'), '{"format": 1, "id": "2026');
  await workbench.showContainer('fathom');
  const row = workbench.treeItem('20260101-120000-half');
  await expect(row).toContainText('cannot be read');
  await workbench.openRow(row);
  await expect(dashboard.state('unreadable')).toBeVisible();
  await expect(dashboard.banner).toContainText(run);
});

test('a run deleted under its dashboard leaves a clear state', async ({ workbench, server, dashboard }) => {
  await workbench.openFile('short.fathom.json');
  await workbench.runCommand('fathom.startRun');
  await expect(workbench.notification('short has finished training')).toBeVisible();
  await dashboard.growBeyond(0);
  rmSync(await onlyRun(server), { recursive: true });
  await expect(dashboard.state('missing')).toBeVisible();
  await expect(dashboard.banner).toContainText(/deleted/i);
  await workbench.showContainer('fathom');
  await expect(workbench.treeItem('short')).toHaveCount(0);
});

test.describe('no folder open', () => {
  test.use({ window: {} });

  test('asks for one and starts nothing', async ({ workbench, server }) => {
    await workbench.showContainer('fathom');
    await expect(workbench.view('Runs').getByText('no folder is open')).toBeVisible();
    await workbench.runCommand('fathom.startRun');
    await expect(workbench.notification('Open one first')).toBeVisible();
    expect(runs(server)).toEqual([]);
  });
});

test.describe('an untrusted workspace', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fu-'));
  const [own, foreign] = [path.join(folder, 'node'), path.join(folder, 'foreign-node')];
  for (const program of [own, foreign]) {
    writeFileSync(program, `#!/bin/sh\ntouch "$0.was-run"\necho v22.0.0\n`);
    chmodSync(program, 0o755);
  }
  test.afterAll(() => rmSync(folder, { recursive: true, force: true }));
  test.use({ window: { workspace: 'test/e2e/workspace', untrusted: true, settings: { 'fathom.node': own } } });

  test('is checked, and runs no program, whatever its settings name', async ({ workbench, server }) => {
    mkdirSync(path.join(server.workspace, '.vscode'), { recursive: true });
    writeFileSync(path.join(server.workspace, '.vscode/settings.json'), JSON.stringify({ 'fathom.node': foreign }));
    await workbench.openFile('broken.fathom.json');
    await expect(workbench.squiggles('error').first()).toBeVisible();
    await workbench.openFile('short.fathom.json');
    for (const command of ['fathom.startRun', 'fathom.probe']) {
      await workbench.runCommand(command);
      await expect(workbench.notification('Restricted Mode').first()).toBeVisible();
    }
    expect(runs(server)).toEqual([]);
    expect(readdirSync(folder).sort()).toEqual(['foreign-node', 'node']);
  });
});
