import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCommand } from '../../../src/cli/arguments';
import type { Command } from '../../../src/cli/command';
import { runs } from '../../../src/cli/commands/runs';
import { pause, resume, stop } from '../../../src/cli/commands/steer';
import { launchAndWatch } from '../../../src/cli/launching';
import { readRun } from '../../../src/experiment/runDirectory';
import { buildFakeTrainer, fakeTerminal, newRun, scratch, type TestContext, testContext } from './harness';

let folder: string;
let trainer: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'fathom-cli-trainer-'));
  trainer = await buildFakeTrainer(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: Command, argv: readonly string[], context: TestContext): Promise<number> {
  return command.run(parseCommand(command.spec, argv), context);
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 20_000; !(await what()); ) {
    if (performance.now() > end) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('watching', () => {
  test('a log tells steps, validation, the yardsticks, the slowest layer and the place', async () => {
    const context = testContext(trainer, scratch());
    const start = await newRun(context.cwd, 'quick', 12);
    expect(await launchAndWatch(start, context, false)).toBe(0);
    const { out, error } = context.terminal;
    expect(error).toBe('');
    expect(out).not.toContain('\x1b');
    expect(out).toMatch(/^step 12\/12 {2}loss 2\.8800 {2}lr 1\.0e-3 {2}4\.81 k tokens\/s/m);
    expect(out).toContain('step 12/12  validation loss 2.2500');
    expect(out).toMatch(/^Finished 12 steps in 0:0\d\.$/m);
    expect(out).toMatch(/validation loss +2\.2500 +1\.1250/);
    expect(out).toMatch(/unigram entropy of the same text +3\.0000 +1\.5000/);
    expect(out).toMatch(/bigram entropy of the same text +2\.5000 +1\.2500/);
    expect(out).toMatch(/smallest update ratio +2\.0e-4 in layer 2 of 3 \(step 12\)/);
    expect(out).toMatch(/run directory +\.fathom\/runs\/\d{8}-\d{6}-quick/);
  });

  test('a person sees lines that are redrawn, fit the window and are wiped at the end', async () => {
    const context = testContext(trainer, scratch(), fakeTerminal({ interactive: true, columns: 60 }));
    expect(await launchAndWatch(await newRun(context.cwd, 'quick', 20), context, false)).toBe(0);
    const { out } = context.terminal;
    const frames = out.split('\x1b[J').slice(0, -1);
    expect(frames.length).toBeGreaterThan(3);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken away
    const plain = frames.map((frame) => frame.replace(/\x1b\[[0-9;?]*[A-Za-z]|\r/g, ''));
    expect(plain.some((frame) => /[█▏▎▍▌▋▊▉]+·+ +\d+\/20 +\d+ %/.test(frame))).toBe(true);
    expect(plain.some((frame) => /gradient +RMS 1 [▁▂▃▄▅▆▇█]{3} 3 {2}1\.0e-3 … 0\.1/.test(frame))).toBe(true);
    expect(plain.some((frame) => /loss +2\.\d{4} [▁▂▃▄▅▆▇█]+/.test(frame))).toBe(true);
    for (const line of plain.slice(1).join('').split('\n')) expect([...line].length).toBeLessThan(60);
    expect(out.indexOf('\x1b[?25h')).toBeGreaterThan(out.indexOf('\x1b[?25l'));
    expect(out).toContain('Finished 20 steps');
  });

  test('a run that fails says why once, where its log is, and how to go on', async () => {
    const context = testContext(trainer, scratch());
    expect(await launchAndWatch(await newRun(context.cwd, 'fails', 12), context, false)).toBe(1);
    expect(context.terminal.error).toMatch(
      /^fathom: The loss is not finite\. Lower the learning rate\.\n {2}log: .*-fails\/trainer\.log\n$/,
    );
    expect(context.terminal.out).toMatch(/resume +fathom resume \d{8}-\d{6}-fails/);
  });

  test('a trainer that is killed is found lost, with its last words', async () => {
    const context = testContext(trainer, scratch());
    expect(await launchAndWatch(await newRun(context.cwd, 'dies', 12), context, false)).toBe(1);
    expect(context.terminal.error).toMatch(/^fathom: The trainer is gone.*after step 3\.\n {2}log: .*trainer\.log\n {2}the last words\n$/);
  });

  test('Ctrl-C stops the run and gives the exit code of an interrupted command', async () => {
    const context = testContext(trainer, scratch());
    const start = await newRun(context.cwd, 'long', 100_000);
    const ending = launchAndWatch(start, context, false);
    await until(async () => (await readRun(start.directory)).step > 2);
    context.interrupts.take('SIGINT');
    expect(await ending).toBe(130);
    expect(context.terminal.out).toMatch(/^Stopped after step \d+ of 100000, with a checkpoint\.$/m);
    expect((await readRun(start.directory)).state).toBe('stopped');
  });

  test('Ctrl-C before the trainer is up does not kill it: it ends in order', async () => {
    const context = testContext(trainer, scratch());
    const start = await newRun(context.cwd, 'long', 100_000);
    context.interrupts.take('SIGINT');
    expect(await launchAndWatch(start, context, false)).toBe(130);
    expect(existsSync(path.join(start.directory, 'ended'))).toBe(true);
  });

  test('a second Ctrl-C leaves the run to itself', async () => {
    const context = testContext(trainer, scratch());
    const start = await newRun(context.cwd, 'long', 100_000);
    const ending = launchAndWatch(start, context, false);
    await until(async () => (await readRun(start.directory)).step > 2);
    context.interrupts.take('SIGTERM');
    context.interrupts.take('SIGTERM');
    expect(await ending).toBe(143);
    expect(context.terminal.out).toContain('Left to itself');
    process.kill((await readRun(start.directory)).process?.pid ?? 0, 'SIGINT');
    await until(async () => (await readRun(start.directory)).state === 'stopped');
  });
});

describe('steering', () => {
  test('pause, resume, stop, and resume again from where it ended', async () => {
    const context = testContext(trainer, scratch());
    const start = await newRun(context.cwd, 'long', 400);
    const id = path.basename(start.directory);
    expect(await launchAndWatch(start, context, true)).toBe(0);
    await until(async () => (await readRun(start.directory)).step > 2);

    expect(await run(pause, [id.slice(0, -2)], context)).toBe(0);
    expect(context.terminal.out).toMatch(new RegExp(`^${id} is paused at step \\d+\\.$`, 'm'));
    expect(await run(resume, [start.directory], context)).toBe(0);
    expect(context.terminal.out).toMatch(/ is running at step /);
    await run(runs, [], context);
    expect(context.terminal.out).toMatch(new RegExp(`^${id} +running +\\d+/400 +2\\.\\d{4} +just now$`, 'm'));
    expect(await run(stop, [id], context)).toBe(0);
    expect(context.terminal.out).toMatch(/ is stopped at step \d+/);
    await expect(run(pause, [id], context)).rejects.toMatchObject({ code: 'run-has-ended' });

    const { heartbeat } = await readRun(start.directory);
    const again = testContext(trainer, context.cwd);
    const ending = run(resume, [id], again);
    await until(async () => (await readRun(start.directory)).heartbeat > heartbeat + 3);
    again.interrupts.take('SIGINT');
    expect(await ending).toBe(130);
    expect(again.terminal.out).toContain('No checkpoint yet: starting anew.');
    // What the run said before this start is not said again.
    expect(again.terminal.out).not.toMatch(/^step \d+\/400 {2}validation/m);
    expect(again.terminal.out).toMatch(/^Stopped after step \d+ of 400/m);
  });

  test('a run that has finished has nothing to go on with', async () => {
    const context = testContext(trainer, scratch());
    const start = await newRun(context.cwd, 'quick', 2);
    expect(await launchAndWatch(start, context, false)).toBe(0);
    await expect(run(resume, [start.directory], context)).rejects.toMatchObject({ code: 'run-finished', args: { steps: 2 } });
  });

  test('a run is found by what identifies it, and nothing else', async () => {
    const context = testContext(trainer, scratch());
    await newRun(context.cwd, 'a', 1);
    await newRun(context.cwd, 'b', 1);
    const id = path.basename((await newRun(context.cwd, 'c', 1)).directory);
    await expect(run(stop, ['2'], context)).rejects.toMatchObject({ code: 'run-ambiguous' });
    await expect(run(stop, ['nothing-like-it'], context)).rejects.toMatchObject({ code: 'run-unknown' });
    await expect(run(stop, [`x${id.slice(1)}`], context)).rejects.toMatchObject({ code: 'run-unknown-nearest', args: { suggestion: id } });
    await expect(run(stop, [id], context)).rejects.toMatchObject({ code: 'run-not-up' });
    await expect(run(stop, [id, '--runs', 'elsewhere'], context)).rejects.toMatchObject({ code: 'run-unknown' });
  });
});

describe('runs', () => {
  test('no runs are no error', async () => {
    const context = testContext(trainer, scratch());
    expect(await run(runs, [], context)).toBe(0);
    expect(context.terminal.out).toBe('No runs in .fathom/runs.\n');
  });
});
