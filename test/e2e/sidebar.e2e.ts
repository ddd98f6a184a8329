// The sidebar with a shelf full of runs: found, arranged, labelled, thrown away; what could be trained next,
// and on what.
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, type Locator } from '@playwright/test';
import { RUN_FORMAT, type RunRecord } from '../../src/experiment/run';
import { test } from './fixtures';
import { expectState, readRecord, runs } from './runs';
import type { Server } from './server';
import type { Workbench } from './workbench';

/** Puts a run into the workspace that ended some time ago. */
function shelve(server: Server, name: string, changes: Partial<RunRecord> = {}): string {
  const id = `20260101-120000-${name}`;
  const run = path.join(server.workspace, '.fathom/runs', id);
  mkdirSync(run, { recursive: true });
  const record: RunRecord = {
    format: RUN_FORMAT,
    id,
    name,
    kind: 'run',
    state: 'finished',
    created: '2026-01-01T12:00:00.000Z',
    heartbeat: 1,
    step: 40,
    steps: 40,
    metrics: { 'loss/train': 2.5 },
    ...changes,
  };
  writeFileSync(path.join(run, 'run.json'), JSON.stringify(record));
  return run;
}

const checkpoints = (run: string): string[] => readdirSync(path.join(run, 'checkpoints'));

const NAMES = ['anchor', 'buoy', 'compass'];

async function shelf(workbench: Workbench, server: Server): Promise<Record<string, Locator>> {
  for (const name of NAMES) shelve(server, name, name === 'buoy' ? { state: 'failed' } : {});
  await workbench.showContainer('fathom');
  const rows = Object.fromEntries(NAMES.map((name) => [name, workbench.treeItem(name)]));
  for (const row of Object.values(rows)) await expect(row).toBeVisible();
  return rows;
}

test('runs are filtered, labelled, grouped and thrown away', async ({ workbench, server }) => {
  const { anchor, buoy, compass } = (await shelf(workbench, server)) as Record<'anchor' | 'buoy' | 'compass', Locator>;

  await test.step('a filter acts while it is typed, and is cleared', async () => {
    await workbench.runCommand('fathom.filterRuns');
    await workbench.input('@failed');
    await expect(anchor).toHaveCount(0);
    await expect(buoy).toBeVisible();
    await workbench.runCommand('fathom.clearRunFilter');
    await expect(anchor).toBeVisible();
  });

  await test.step('stars, tags, notes and names stay with the run', async () => {
    await workbench.contextMenu(compass, 'Star Run');
    await expect(compass).toContainText('★');
    await workbench.contextMenu(compass, 'Edit Tags');
    await workbench.input('baseline, keep');
    await expect(compass).toContainText('baseline · keep');
    await workbench.contextMenu(anchor, 'Edit Note');
    await workbench.input('the one before the storm');
    await workbench.contextMenu(anchor, 'Rename Run');
    await workbench.input('kedge');
    await expect(workbench.treeItem('kedge')).toBeVisible();
    await workbench.runCommand('fathom.filterRuns');
    await workbench.input('storm');
    await expect(workbench.treeItem('kedge')).toBeVisible();
    await expect(compass).toHaveCount(0);
    await workbench.runCommand('fathom.clearRunFilter');
    await workbench.contextMenu(compass, 'Remove Star');
    await expect(compass).not.toContainText('★');
  });

  await test.step('groups', async () => {
    await workbench.runCommand('fathom.groupRuns');
    await workbench.pick(/^State/);
    await expect(workbench.treeItem(/^failed/i).first()).toBeVisible();
    await workbench.runCommand('fathom.groupRuns');
    await workbench.pick(/^No/);
  });

  await test.step('several are deleted at once, after a question', async () => {
    await workbench.select(workbench.treeItem('kedge'), buoy);
    await workbench.contextMenu(buoy, 'Delete Run');
    await workbench.answer('Delete');
    await expect(buoy).toHaveCount(0);
    await expect.poll(() => runs(server).map((run) => path.basename(run))).toEqual(['20260101-120000-compass']);
  });
});

test('a run is found elsewhere: its dashboard, its folder, its log, its path, a terminal', async ({ workbench, server, dashboard }) => {
  const run = shelve(server, 'anchor');
  shelve(server, 'buoy');
  writeFileSync(path.join(run, 'trainer.log'), 'weighed\n');
  await workbench.showContainer('fathom');
  const row = workbench.treeItem('anchor');
  await workbench.contextMenu(row, 'Open Dashboard');
  await expect(dashboard.state('finished')).toBeVisible();
  await workbench.contextMenu(workbench.treeItem('buoy'), 'Overlay in Dashboard');
  const compared = await dashboard.tab('Compare');
  await expect(compared.getByTestId('run-table').locator('tbody tr')).toHaveText([/anchor/, /buoy/]);
  await workbench.contextMenu(row, 'Show Log');
  await expect(workbench.page.locator('.editor-instance .view-line').filter({ hasText: 'weighed' })).toBeVisible();
  await workbench.contextMenu(row, 'Copy Path of Run');
  await workbench.contextMenu(row, 'Open Run in Integrated Terminal');
  await expect(workbench.page.locator('.terminal-wrapper .xterm').first()).toBeVisible();
  const revealed = (name: string) => workbench.page.locator('.explorer-folders-view .monaco-list-row').filter({ hasText: name });
  await workbench.contextMenu(row, 'Reveal in Explorer View');
  await expect(revealed('20260101-120000-anchor')).toBeVisible();
  await workbench.showContainer('fathom');
  // There is no file browser of the system here: the explorer stands for it.
  await workbench.contextMenu(workbench.treeItem('buoy'), 'Open Run Folder');
  await expect(revealed('20260101-120000-buoy')).toBeVisible();
});

test('a study trains what its table asks for, in a terminal', async ({ workbench, server }) => {
  const base = { model: { layers: 1, hidden: 8, heads: 1, context: 8 }, training: { steps: 2, batch: 1, validationBatches: 1 } };
  const study = { name: 'two-seeds', base: { ...base, schedule: { warmup: 0 } }, axes: { seed: [1, 2] } };
  writeFileSync(path.join(server.workspace, 'two-seeds.study.json'), JSON.stringify(study));
  await workbench.showContainer('fathom');
  const row = workbench.treeItem('two-seeds', 'Experiments');
  await expect(row).toContainText('2 runs: seed');
  await workbench.contextMenu(row, 'Run Study in Terminal');
  await expect.poll(() => runs(server).length, { timeout: 60_000 }).toBe(2);
  for (const run of runs(server)) await expectState(run, 'finished');
});

test('experiments are run from their view, one after another, and engines are listed', async ({ workbench, server }) => {
  await workbench.showContainer('fathom');
  const experiment = (name: string) => workbench.treeItem(name, 'Experiments');
  await expect(experiment('deep')).toContainText(/100 layers · 1\.\d M parameters · foundation/);
  await expect(experiment('broken')).toContainText(/\d+ errors/);

  await workbench.contextMenu(experiment('endless'), 'Start Training');
  await expect.poll(() => runs(server).length).toBe(1);
  const [endless = ''] = runs(server);
  await expectState(endless, 'running');
  const queue = async (): Promise<Locator> => {
    await workbench.contextMenu(experiment('short'), 'Start Training');
    await workbench.pick('Wait');
    const queued = workbench.treeItem(/short.*queued/);
    await expect(queued).toBeVisible();
    return queued;
  };
  await test.step('one that waits is taken back, another does not wait any longer', async () => {
    await workbench.contextMenu(await queue(), 'Remove Run from Queue');
    await expect.poll(() => runs(server)).toEqual([endless]);
    await workbench.contextMenu(await queue(), 'Start Queued Run Now');
    const [, beside = ''] = runs(server);
    await expectState(beside, 'finished');
    expect(readRecord(endless).state).toBe('running');
    await workbench.contextMenu(workbench.treeItem('short'), 'Delete Run');
    await workbench.answer('Delete');
    await expect.poll(() => runs(server)).toEqual([endless]);
  });
  await queue();
  const short = runs(server).find((run) => run !== endless) ?? '';
  expect(readRecord(short).state).toBe('queued');
  await workbench.contextMenu(workbench.treeItem('endless'), 'Save Checkpoint Now');
  await expect.poll(() => existsSync(path.join(endless, 'checkpoints'))).toBe(true);
  await workbench.contextMenu(workbench.treeItem('endless'), 'Stop Run');
  await expectState(endless, 'stopped');
  await expectState(short, 'finished');
  // What the view does not show yet moves its rows, and a click then meets another one.
  await expect(workbench.treeItem('endless')).toContainText('stopped');
  await expect(workbench.treeItem('short')).toContainText('finished');

  await test.step('of its checkpoints the older one is thrown away', async () => {
    const [older, ...others] = checkpoints(endless).sort();
    expect(others).toHaveLength(1);
    await workbench.contextMenu(workbench.treeItem('endless'), 'Clean Up Checkpoints');
    // Offered as one that can go, unless it happens to be the best so far.
    const row = workbench.quickInput.locator('.monaco-list-row').filter({ hasText: `Step ${Number(older?.replace('step-', ''))}` });
    await row.waitFor();
    if ((await row.getAttribute('aria-checked')) !== 'true') await row.click();
    await expect(row).toHaveAttribute('aria-checked', 'true');
    await workbench.quickInput.getByRole('button', { name: 'OK' }).click();
    await workbench.answer('Delete');
    await expect.poll(() => checkpoints(endless)).toEqual(others);
  });

  await workbench.contextMenu(experiment('short'), 'Probe Depth');
  await expect.poll(() => runs(server).length).toBe(3);
  const probe = runs(server).find((run) => run !== endless && run !== short) ?? '';
  await expectState(probe, 'finished');
  expect(readRecord(probe).kind).toBe('probe');

  await workbench.runCommand('fathom.devices.focus');
  await expect(workbench.treeItem('onnxruntime', 'Devices')).toContainText('chosen by auto');
  await expect(workbench.treeItem('tfjs', 'Devices').first()).toBeVisible();

  await test.step('an engine that npm cannot fetch is told, and devices are looked for again', async () => {
    const tools = path.join(server.workspace, '.tools');
    const npm = path.join(tools, 'lib/node_modules/npm/bin');
    mkdirSync(npm, { recursive: true });
    mkdirSync(path.join(tools, 'bin'));
    // A Node that knows another machine.
    const machine = { processor: '', cores: 1, memory: 1e9, available: 1e9, platform: 'linux', node: process.version };
    const report = JSON.stringify({ machine, engines: [{ name: 'abacus' }] });
    const script = `#!/bin/sh\ncase "$*" in *devices*) echo '${report}' ;; *) exec '${process.execPath}' "$@" ;; esac\n`;
    writeFileSync(path.join(tools, 'bin/node'), script, { mode: 0o755 });
    writeFileSync(path.join(npm, 'npm-cli.js'), "console.error('npm error code ENOTFOUND'); process.exitCode = 1;");
    server.configure({ 'fathom.node': path.join(tools, 'bin/node') });
    await workbench.runCommand('fathom.installCudaEngine');
    await workbench.answer('Install');
    await expect(workbench.notification('npm could not reach what it needs')).toContainText('ENOTFOUND');
    await workbench.runCommand('fathom.refreshDevices');
    await expect(workbench.treeItem('abacus', 'Devices')).toContainText('cannot be used');
  });
});
