// Whether the process that a run names still lives, told from outside and much later. A pid alone is
// not enough: numbers are reused, machines restart, and containers number their own.

import { isEnded, type ProcessIdentity, type RunRecord, type RunState } from './run';
import { type System, THIS_SYSTEM } from './system';

/** A heartbeat that has not changed for this long means lost, where the pid cannot be asked about. */
const HEARTBEAT_LIMIT_MS = 60_000;

/**
 * The identity of a process of this machine; of this very process by default. What the platform does
 * not tell stays empty: Linux tells everything, macOS all but the namespace, Windows pid and host.
 */
export function identify(pid: number = process.pid, system: System = THIS_SYSTEM): ProcessIdentity {
  return { pid, started: startTime(pid, system) ?? '', boot: bootId(system), namespace: pidNamespace(system), host: system.host };
}

/** `unknown` for another host, boot or pid namespace, and where the platform cannot tell a reused pid. */
export function isAlive(identity: ProcessIdentity, system: System = THIS_SYSTEM): 'alive' | 'gone' | 'unknown' {
  if (identity.host !== system.host || identity.namespace !== pidNamespace(system)) return 'unknown';
  // Another boot of the same host: that process is gone for certain, but two machines may share a name.
  if (identity.boot !== bootId(system)) return 'unknown';
  if (!system.exists(identity.pid)) return 'gone';
  const started = startTime(identity.pid, system);
  if (started === undefined) return system.platform === 'linux' ? 'gone' : 'unknown';
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
  if (isEnded(record.state) || record.state === 'queued') return record.state;
  const alive = record.process === undefined ? 'unknown' : isAlive(record.process);
  if (alive === 'alive') return record.state;
  if (alive === 'gone') return 'lost';
  const silent = seen !== undefined && seen.value === record.heartbeat && now - seen.since >= HEARTBEAT_LIMIT_MS;
  return silent ? 'lost' : record.state;
}

/** Undefined where there is no such process (or only its remains) or the platform does not tell. */
function startTime(pid: number, { platform, read, run }: System): string | undefined {
  if (platform === 'linux') {
    const stat = read(`/proc/${pid}/stat`);
    // The second field is the command's name in parentheses and may itself hold spaces and parentheses.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields?.[0], fields?.[19]];
    return state === 'Z' || state === 'X' ? undefined : started;
  }
  return platform === 'darwin' ? run('/bin/ps', ['-o', 'lstart=', '-p', String(pid)]) : undefined;
}

/** It does not change while a process lives. */
const boots = new WeakMap<System, string>();

function bootId(system: System): string {
  const known = boots.get(system);
  if (known !== undefined) return known;
  const { platform, read, run } = system;
  const asked =
    (platform === 'linux' ? read('/proc/sys/kernel/random/boot_id') : undefined) ??
    (platform === 'darwin' ? run('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid']) : undefined) ??
    '';
  boots.set(system, asked);
  return asked;
}

/** The namespace in which this process's pids, and those of its children, are numbers. */
function pidNamespace({ platform, link }: System): string {
  return platform === 'linux' ? (link('/proc/self/ns/pid') ?? '') : '';
}
