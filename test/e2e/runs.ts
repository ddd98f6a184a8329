// A run as its directory tells it, for tests to compare with what VS Code shows.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@playwright/test';
import type { RunRecord, WrittenState } from '../../src/experiment/run';
import type { Server } from './server';

/** Directories of the workspace's runs, oldest first. */
export function runs(server: Server): string[] {
  const folder = path.join(server.workspace, '.fathom/runs');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => path.join(folder, name));
}

/** The directory of the workspace's only run, once there is one. */
export async function onlyRun(server: Server): Promise<string> {
  await expect.poll(() => runs(server).length, { message: 'number of runs' }).toBe(1);
  return runs(server)[0] ?? '';
}

/** `run.json` is replaced by a rename, so a read never sees half of it. */
export function readRecord(run: string): RunRecord {
  return JSON.parse(readFileSync(path.join(run, 'run.json'), 'utf8'));
}

/** The record of a run whose directory may be so new that there is none. */
function newestRecord(run: string): RunRecord | undefined {
  return existsSync(path.join(run, 'run.json')) ? readRecord(run) : undefined;
}

export async function expectState(run: string, state: WrittenState): Promise<void> {
  await expect.poll(() => newestRecord(run)?.state, { message: 'state in run.json', timeout: 60_000 }).toBe(state);
}

/** Waits until a run has trained past a step, and returns the step it has reached then. */
export async function expectBeyond(run: string, step: number): Promise<number> {
  await expect
    .poll(() => newestRecord(run)?.step, { message: `step in run.json, of which ${step} is the past`, timeout: 60_000 })
    .toBeGreaterThan(step);
  return readRecord(run).step;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
