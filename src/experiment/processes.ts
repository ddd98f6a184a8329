// Whether the process that a run names still lives, told from outside and much later. A pid alone is
// not enough: numbers are reused, machines restart, and containers number their own.

import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from './files';
import { ENDED_STATES, type ProcessIdentity, type RunRecord, type RunState } from './run';

/** A heartbeat that has not changed for this long means lost, where the pid cannot be asked about. */
const HEARTBEAT_LIMIT_MS = 60_000;

/**
 * The identity of a process of this machine; of this very process by default. What the platform does
 * not tell stays empty: Linux tells everything, macOS all but the namespace, Windows pid and host.
 */
export function identify(pid: number = process.pid): ProcessIdentity {
  return { pid, started: startTime(pid) ?? '', boot: bootId(), namespace: pidNamespace(), host: hostname() };
}

/** `unknown` for another host, boot or pid namespace, and where the platform cannot tell a reused pid. */
export function isAlive(identity: ProcessIdentity): 'alive' | 'gone' | 'unknown' {
  if (identity.host !== hostname() || identity.namespace !== pidNamespace()) return 'unknown';
  // Another boot of the same host: that process is gone for certain, but two machines may share a name.
  if (identity.boot !== bootId()) return 'unknown';
  if (!exists(identity.pid)) return 'gone';
  const started = startTime(identity.pid);
  if (started === undefined) return process.platform === 'linux' ? 'gone' : 'unknown';
  if (identity.started === '') return 'unknown';
  return started === identity.started ? 'alive' : 'gone';
}

/** A heartbeat value and since when (milliseconds of this process's monotonic clock) a watcher has seen it. */
export interface SeenHeartbeat {
  readonly value: number;
  readonly since: number;
}

/** Folds a newly read record into what was seen before; a watcher keeps the result for the next call. */
export function seeHeartbeat(previous: SeenHeartbeat | undefined, record: RunRecord, now: number = performance.now()): SeenHeartbeat {
  return previous?.value === record.heartbeat ? previous : { value: record.heartbeat, since: now };
}

/**
 * The state to show: what the record says, or `lost` where its process is gone. Without `seen` (a
 * single look) only a process of this machine can be found lost.
 */
export function deriveState(record: RunRecord, seen?: SeenHeartbeat, now: number = performance.now()): RunState {
  if (ENDED_STATES.includes(record.state) || record.state === 'queued') return record.state;
  const alive = record.process === undefined ? 'unknown' : isAlive(record.process);
  if (alive === 'alive') return record.state;
  if (alive === 'gone') return 'lost';
  const silent = seen !== undefined && seen.value === record.heartbeat && now - seen.since >= HEARTBEAT_LIMIT_MS;
  return silent ? 'lost' : record.state;
}

function exists(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

/** Undefined where there is no such process (or only its remains) or the platform does not tell. */
function startTime(pid: number): string | undefined {
  if (process.platform === 'linux') {
    const stat = tryRead(`/proc/${pid}/stat`);
    // The second field is the command's name in parentheses and may itself hold spaces and parentheses.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields?.[0], fields?.[19]];
    return state === 'Z' || state === 'X' ? undefined : started;
  }
  if (process.platform === 'darwin') return tryRun('ps', ['-o', 'lstart=', '-p', String(pid)]);
  return undefined;
}

let cachedBoot: string | undefined;

function bootId(): string {
  cachedBoot ??=
    (process.platform === 'linux' ? tryRead('/proc/sys/kernel/random/boot_id') : undefined) ??
    (process.platform === 'darwin' ? tryRun('sysctl', ['-n', 'kern.bootsessionuuid']) : undefined) ??
    '';
  return cachedBoot;
}

/** The namespace in which this process's pids, and those of its children, are numbers. */
function pidNamespace(): string {
  if (process.platform !== 'linux') return '';
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

function tryRead(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function tryRun(command: string, args: readonly string[]): string | undefined {
  try {
    const env = { PATH: process.env.PATH ?? '/usr/bin:/bin:/usr/sbin', LC_ALL: 'C', TZ: 'UTC' };
    const text = execFileSync(command, args, { encoding: 'utf8', env, timeout: 2000, stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return text === '' ? undefined : text;
  } catch {
    return undefined;
  }
}
