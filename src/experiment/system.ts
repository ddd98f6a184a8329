// What is asked of the operating system about processes, and nothing else: a seam, so that the answers of Windows and
// macOS can be tried on any machine.

import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from './files';

export interface System {
  readonly platform: NodeJS.Platform;
  readonly host: string;
  /** A file's text without white space around it, or undefined. */
  read(file: string): string | undefined;
  /** Where a symbolic link leads, or undefined. */
  link(file: string): string | undefined;
  /** What a program, by absolute path, prints; undefined where it fails or prints nothing. */
  run(program: string, args: readonly string[]): string | undefined;
  /** Whether a process has this number, whosever it is. */
  exists(pid: number): boolean;
}

export const THIS_SYSTEM: System = {
  platform: process.platform,
  host: hostname(),
  read: (file) => orUndefined(() => readFileSync(file, 'utf8').trim()),
  link: (file) => orUndefined(() => readlinkSync(file)),
  run: (program, args) =>
    orUndefined(() => {
      // The same words in every language, and nothing else of what this process knows.
      const env = { LC_ALL: 'C', TZ: 'UTC' };
      const text = execFileSync(program, args, { encoding: 'utf8', env, timeout: 2000, stdio: ['ignore', 'pipe', 'ignore'] }).trim();
      return text === '' ? undefined : text;
    }),
  exists(pid) {
    if (!Number.isInteger(pid) || pid <= 0) return false;
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return errnoOf(error) === 'EPERM';
    }
  },
};

function orUndefined<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
