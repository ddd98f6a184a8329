// Installs tfjs-node-gpu with the npm of the Node that trains, into a folder of the extension's own: beside
// what is there first, and in its place once whole, so that nothing half-installed is ever found. Free of
// `vscode`, for its tests.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The last version there is; it wants TensorFlow 2.9.1, CUDA 11.2 and cuDNN 8.1. */
export const CUDA_ENGINE = '@tensorflow/tfjs-node-gpu@4.22.0';

/** Why nothing was installed. `detail` is what npm said last. */
export interface Refusal {
  readonly refused: 'platform' | 'no-npm' | 'network' | 'npm';
  readonly detail: string;
}

export type Outcome = 'installed' | 'cancelled' | Refusal;

export interface Installation {
  /** That trainers run on. */
  readonly node: string;
  /** Gets `node_modules`; made where it is not there. */
  readonly folder: string;
  readonly platform: NodeJS.Platform;
  readonly architecture: string;
}

/** Runs a program. @returns its exit code and all that it wrote, or undefined where `signal` ended it first. */
export type Run = (
  program: string,
  args: readonly string[],
  folder: string,
  line: (text: string) => void,
  signal: AbortSignal,
) => Promise<{ readonly code: number | null; readonly output: string } | undefined>;

/** npm's own script, as the installers of Node lay it; undefined where this Node came without. */
export function npmOf(node: string, exists: (file: string) => boolean = existsSync): string | undefined {
  const cli = path.join('node_modules', 'npm', 'bin', 'npm-cli.js');
  const bin = path.dirname(node);
  return [path.join(bin, '..', 'lib', cli), path.join(bin, cli)].find(exists);
}

const NETWORK = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|CERT_|getaddrinfo|network/i;

/** @param line told of what npm does. @throws where the disk refuses. */
export async function installCudaEngine(
  { node, folder, platform, architecture }: Installation,
  line: (text: string) => void,
  signal: AbortSignal,
  run: Run = spawnRun,
  exists: (file: string) => boolean = existsSync,
): Promise<Outcome> {
  if (!['linux', 'win32'].includes(platform) || architecture !== 'x64')
    return { refused: 'platform', detail: `${platform}-${architecture}` };
  const npm = npmOf(node, exists);
  if (npm === undefined) return { refused: 'no-npm', detail: node };
  const making = `${folder}.part`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  try {
    // Without a manifest of its own npm would look for one further up.
    await writeFile(path.join(making, 'package.json'), '{ "private": true }\n');
    const done = await run(node, [npm, 'install', CUDA_ENGINE, '--no-audit', '--no-fund', '--loglevel=http'], making, line, signal);
    if (!done) return 'cancelled';
    if (done.code !== 0) return { refused: NETWORK.test(done.output) ? 'network' : 'npm', detail: lastWords(done.output) };
    await rm(folder, { recursive: true, force: true });
    await rename(making, folder);
    return 'installed';
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

/** What matters of an error of npm: its last lines that name one. */
function lastWords(output: string): string {
  const lines = output.split('\n').filter((each) => each.trim() !== '' && !/A complete log|npm (ERR!|error) *$/.test(each));
  const errors = lines.filter((each) => /ERR!|error/i.test(each));
  return (errors.length > 0 ? errors : lines).slice(-3).join(' ').slice(0, 400);
}

/** As its own process group, so that what npm starts ends with it. */
export const spawnRun: Run = (program, args, folder, line, signal) =>
  new Promise((resolve, reject) => {
    const grouped = process.platform !== 'win32';
    const child = spawn(program, args, { cwd: folder, windowsHide: true, detached: grouped, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const hear = (text: string): void => {
      output += text;
      const last = text.trim().split('\n').at(-1);
      if (last) line(last);
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    const end = (): void => {
      try {
        if (grouped && child.pid !== undefined) process.kill(-child.pid);
        else child.kill();
      } catch {
        // It has ended by itself.
      }
    };
    signal.addEventListener('abort', end, { once: true });
    child.on('error', reject);
    child.on('close', (code) => {
      signal.removeEventListener('abort', end);
      resolve(signal.aborted ? undefined : { code, output });
    });
    if (signal.aborted) end();
  });
