// Starts a trainer for a run directory and lets go of it: the trainer outlives whoever launched it.
// Launcher and trainer both write `run.json`, so the trainer waits for the launcher's word (`launched`)
// before its first write; a launcher that dies gives it by dying.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { Failure } from './failure';
import { diskFailure } from './files';
import { identify } from './processes';
import { logFile, readRun, writeRun } from './runDirectory';

/** What the trainer gets of the launcher's environment: enough to run and to find a GPU, and no secrets. */
const ENVIRONMENT = new Set([
  'PATH',
  'HOME',
  'USERPROFILE',
  'TMPDIR',
  'TEMP',
  'TMP',
  'LANG',
  'LC_ALL',
  'TZ',
  'SYSTEMROOT',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'XDG_RUNTIME_DIR',
  // Where native engines were installed.
  'FATHOM_ENGINES',
]);
const ENVIRONMENT_PREFIXES = ['CUDA_', 'NVIDIA_', 'VK_'];

/** Tells a trainer that a launcher will close its standard input when `run.json` is the trainer's. */
const LAUNCHED = 'FATHOM_LAUNCHED';

export interface LaunchOptions {
  /** An existing run directory in state `starting`. */
  readonly directory: string;
  /** Absolute path of Node 20 or newer, or of an Electron that can act as one. */
  readonly node: string;
  /** The trainer's script. */
  readonly script: string;
  /** A detached trainer survives its launcher's terminal, session and Ctrl-C. */
  readonly detached: boolean;
  readonly extraArgs?: readonly string[];
}

export interface Launched {
  readonly pid: number;
  /** Exit code once it has ended, null after a signal. Does not keep the launcher alive. */
  readonly exited: Promise<number | null>;
}

/**
 * Runs `node script directory …extraArgs` without a shell, its output appended to `trainer.log`, and
 * writes the process into `run.json`. Throws `Failure` `trainer-cannot-start` (and `run.json` says
 * `failed`) or a disk failure.
 */
export async function launchTrainer(options: LaunchOptions): Promise<Launched> {
  const directory = path.resolve(options.directory);
  await readRun(directory);
  const log = openLog(logFile(directory));
  let child: ChildProcess | undefined;
  try {
    child = start(options, directory, log);
    const exited = new Promise<number | null>((resolve) => child?.once('exit', resolve));
    // A trainer that dies at once breaks the pipe; its log and its state tell why.
    child.stdin?.on('error', () => undefined);
    await once(child, 'spawn');
    const { pid } = child;
    if (pid === undefined) throw new Error('no process');
    const record = await readRun(directory);
    if (record.process === undefined) await writeRun(directory, { ...record, process: identify(pid) });
    return { pid, exited };
  } catch (error) {
    throw await recordFailure(directory, options.node, error);
  } finally {
    closeSync(log);
    child?.stdin?.destroy();
    child?.unref();
  }
}

function start(options: LaunchOptions, directory: string, log: number): ChildProcess {
  const { node, script, detached, extraArgs = [] } = options;
  return spawn(node, [path.resolve(script), directory, ...extraArgs], {
    cwd: directory,
    detached,
    windowsHide: true,
    env: { ...environmentFor(node), [LAUNCHED]: '1' },
    stdio: ['pipe', log, log],
  });
}

/** What a trainer awaits before it writes `run.json`; immediate where nobody launched it. */
export async function launched(): Promise<void> {
  if (process.env[LAUNCHED] === undefined) return;
  process.stdin.resume();
  if (!process.stdin.readableEnded && !process.stdin.destroyed) await once(process.stdin, 'close');
}

/** What a program of ours gets that `node` runs. */
export function environmentFor(node: string): NodeJS.ProcessEnv {
  return { ...childEnvironment(process.env), ...(isElectron(node) && { ELECTRON_RUN_AS_NODE: '1' }) };
}

/** The part of an environment that a trainer gets. */
export function childEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const allowed = ([name]: readonly [string, unknown]) => {
    const upper = name.toUpperCase();
    return ENVIRONMENT.has(upper) || ENVIRONMENT_PREFIXES.some((prefix) => upper.startsWith(prefix));
  };
  return Object.fromEntries(Object.entries(environment).filter(allowed));
}

function openLog(file: string): number {
  try {
    return openSync(file, 'a');
  } catch (error) {
    throw diskFailure(error, file);
  }
}

function isElectron(node: string): boolean {
  return process.versions.electron !== undefined && node === process.execPath;
}

async function recordFailure(directory: string, node: string, error: unknown): Promise<unknown> {
  if (error instanceof Failure) return error;
  const detail = error instanceof Error ? error.message : String(error);
  const failure = new Failure('trainer-cannot-start', { node, detail }, { cause: error });
  const record = await readRun(directory).catch(() => undefined);
  if (record !== undefined) {
    const failed = { ...record, state: 'failed' as const, error: { code: failure.code, args: failure.args, message: failure.message } };
    await writeRun(directory, failed).catch(() => undefined);
  }
  return failure;
}
