// A terminal that remembers, and a run directory with a trainer that only pretends.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';
import type { Context } from '../../../src/cli/command';
import { Interrupts } from '../../../src/cli/interrupts';
import type { Start } from '../../../src/cli/launching';
import { runsOf } from '../../../src/cli/runs';
import type { Terminal } from '../../../src/cli/terminal';
import type { ExperimentConfig } from '../../../src/experiment/config';
import { createRun } from '../../../src/experiment/runDirectory';
import { config } from '../experiment/config';

export interface FakeTerminal extends Terminal {
  /** Everything written, escape sequences and all. */
  out: string;
  error: string;
}

export function fakeTerminal(options: { readonly interactive?: boolean; readonly columns?: number } = {}): FakeTerminal {
  return {
    interactive: options.interactive ?? false,
    columns: options.columns ?? 100,
    colours: 'none',
    out: '',
    error: '',
    write(text) {
      this.out += text;
    },
    writeError(text) {
      this.error += text;
    },
  };
}

export function scratch(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'fathom-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** The pretending trainer as a script; made once for a test file. */
export async function buildFakeTrainer(folder: string): Promise<string> {
  const outfile = path.join(folder, 'trainer.mjs');
  const entry = path.join(import.meta.dirname, 'fakeTrainer.ts');
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
  return outfile;
}

export interface TestContext extends Context {
  readonly terminal: FakeTerminal;
  readonly interrupts: Interrupts;
}

export function testContext(trainer: string, cwd: string, terminal = fakeTerminal()): TestContext {
  return { terminal, cwd, trainer, interrupts: new Interrupts() };
}

/** A run directory in state `starting`, below `cwd`. */
export async function newRun(cwd: string, name: string, steps: number): Promise<Start> {
  const own: ExperimentConfig = { ...config, name, training: { ...config.training, steps } };
  const made = await createRun({ runs: runsOf(cwd, undefined), name, config: own, kind: 'run' });
  return { ...made, config: own };
}
