import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { childEnvironment, launchTrainer } from '../../../src/experiment/launch';
import { identify } from '../../../src/experiment/processes';
import { createRun, logFile, readRun, runsFolder } from '../../../src/experiment/runDirectory';
import { config } from './config';
import { scratch } from './scratch';

const node = process.execPath;

async function newRun(script: string): Promise<{ directory: string; script: string }> {
  const root = scratch();
  const file = path.join(root, 'trainer script.mjs');
  writeFileSync(file, script);
  const { directory } = await createRun({ runs: runsFolder(root), name: 'a', config, kind: 'run' });
  return { directory, script: file };
}

describe('launching', () => {
  beforeEach(() => void vi.stubEnv('FATHOM_TEST_SECRET', 'do not tell'));
  afterEach(() => void vi.unstubAllEnvs());

  it('runs the script on the directory, without a shell, its words in the log', async () => {
    const { directory, script } = await newRun(`
      console.log(JSON.stringify([process.argv.slice(2), Object.keys(process.env)]));
      console.error('to stderr');
      process.exitCode = 3;
    `);
    writeFileSync(logFile(directory), 'before\n');
    const { exited } = await launchTrainer({ directory, node, script, detached: true, extraArgs: ['--x', '$(id) ; "'] });
    expect(await exited).toBe(3);
    const log = readFileSync(logFile(directory), 'utf8');
    const [before, line, error] = log.split('\n');
    expect([before, error]).toEqual(['before', 'to stderr']);
    const [args, names] = JSON.parse(line ?? '') as [string[], string[]];
    expect(args).toEqual([directory, '--x', '$(id) ; "']);
    expect(names).not.toContain('FATHOM_TEST_SECRET');
    expect(names).toContain('PATH');
  });

  it('writes the process into run.json, which the trainer may write from then on', async () => {
    const { directory, script } = await newRun('setTimeout(() => {}, 30_000);');
    const { pid, exited } = await launchTrainer({ directory, node, script, detached: true });
    const record = await readRun(directory);
    expect(record).toMatchObject({ state: 'starting', process: identify(pid) });
    process.kill(pid, 'SIGKILL');
    expect(await exited).toBeNull();
  });

  it('lets the trainer wait until run.json is its own', async () => {
    const launch = path.resolve('src/experiment/launch.ts');
    const bundle = path.join(scratch(), 'launch.mjs');
    const { build } = await import('esbuild');
    await build({ entryPoints: [launch], outfile: bundle, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
    const { directory, script } = await newRun(`
      import { launched } from ${JSON.stringify(bundle)};
      import { readFileSync } from 'node:fs';
      await launched();
      console.log(JSON.parse(readFileSync(process.argv[2] + '/run.json', 'utf8')).process.pid === process.pid);
    `);
    const { exited } = await launchTrainer({ directory, node, script, detached: false });
    expect(await exited).toBe(0);
    expect(readFileSync(logFile(directory), 'utf8')).toBe('true\n');
  });

  it('fails by name, and in run.json, where Node cannot be started', async () => {
    const { directory, script } = await newRun('');
    const missing = path.join(directory, 'no-such-node');
    await expect(launchTrainer({ directory, node: missing, script, detached: true })).rejects.toMatchObject({
      code: 'trainer-cannot-start',
      args: { node: missing },
    });
    const { state, error } = await readRun(directory);
    expect(state).toBe('failed');
    expect(error).toMatchObject({ code: 'trainer-cannot-start', message: expect.stringContaining(missing) });
  });

  it('fails by name where there is no run', async () => {
    const { script } = await newRun('');
    await expect(launchTrainer({ directory: scratch(), node, script, detached: true })).rejects.toMatchObject({ code: 'run-missing' });
  });
});

describe('the environment of a trainer', () => {
  it('is what it needs and nothing else', () => {
    const given = {
      Path: 'p',
      HOME: 'h',
      CUDA_HOME: 'c',
      VK_DRIVER_FILES: 'v',
      HTTPS_PROXY: 'x',
      NODE_OPTIONS: 'x',
      npm_config_token: 'x',
      AWS_SECRET: 'x',
    };
    expect(childEnvironment(given)).toEqual({ Path: 'p', HOME: 'h', CUDA_HOME: 'c', VK_DRIVER_FILES: 'v' });
  });
});
