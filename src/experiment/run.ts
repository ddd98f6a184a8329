// `run.json`: what a run says about itself. Written whole, by atomic rename; by the launcher until
// the trainer is up, then by the trainer alone (design: formats.md, "Run directory").

import type { AppliedEdit } from './liveEdits';

export const RUN_FORMAT = 1;

/** States a trainer writes. `lost` is never written: a watcher derives it. */
export type WrittenState = 'queued' | 'starting' | 'running' | 'paused' | 'finished' | 'stopped' | 'failed';
export type RunState = WrittenState | 'lost';

const ENDED_STATES: readonly RunState[] = ['finished', 'stopped', 'failed', 'lost'];

/** Whether nothing more will come of a run by itself. @param state a run's, or what a watcher calls its directory */
export function isEnded(state: string): state is RunState {
  return (ENDED_STATES as readonly string[]).includes(state);
}

/** Enough to know, later and from another process, whether this very process still lives. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time as the operating system tells it (clock ticks since boot on Linux), or empty where it cannot be read. */
  readonly started: string;
  /** Boot id, or empty. */
  readonly boot: string;
  /** Pid namespace, or empty. */
  readonly namespace: string;
  readonly host: string;
}

export interface RunError {
  readonly code: string;
  readonly args: Readonly<Record<string, string | number>>;
  /** English, one sentence or two, naming field, value and remedy. */
  readonly message: string;
}

/** What the trainer noticed, as the event of the same step says it. */
export interface RunAlert {
  readonly code: string;
  readonly args: Readonly<Record<string, string | number>>;
}

/** Where a fork begins, and where what it was forked from had begun: it can still be told when those runs are deleted. */
export interface Lineage {
  /** Id of the parent. */
  readonly run: string;
  /** Steps of the parent that the fork builds on. */
  readonly step: number;
  /** The parent's own. */
  readonly lineage?: Lineage;
}

export interface RunRecord {
  readonly format: number;
  readonly id: string;
  readonly name: string;
  readonly kind: 'run' | 'probe';
  readonly state: WrittenState;
  /** ISO time of creation, of the launching machine's clock; for display only. */
  readonly created: string;
  readonly process?: ProcessIdentity;
  /** Counts up while the trainer lives; only a change has meaning, never its distance to a clock. */
  readonly heartbeat: number;
  readonly step: number;
  readonly steps: number;
  /** Last known values by scalar tag, such as `loss/train`. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly engine?: { readonly name: string; readonly version: string; readonly device: string; readonly reason: string };
  readonly parameters?: number;
  /** Resident memory of the trainer, bytes: its peak as predicted, and as the operating system tells it. */
  readonly memory?: { readonly predicted: number; readonly peak?: number };
  readonly lineage?: Lineage;
  /** Path of the configuration file this run was started from, where there was one. */
  readonly configuration?: string;
  readonly error?: RunError;
  /** What was changed while it trained; `config.json` stays what it began with. */
  readonly edits?: readonly AppliedEdit[];
  /** A divergence that lasts, while the run goes on. */
  readonly alert?: RunAlert;
}
