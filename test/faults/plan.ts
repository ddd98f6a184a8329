// What a test asks for of the world around a trainer's process; it reaches the process through its environment.

import type { DiskOperation } from './disk';

/** The environment variable that carries a `TrainerPlan`. */
export const PLAN = 'FATHOM_TEST_DISK';

export interface DiskFault {
  readonly name: DiskOperation['name'];
  /** Regular expression that the operation's path, or the new one of a rename, matches. */
  readonly file: string;
  /** Operations that are left alone first, and how many are not after that. */
  readonly from?: number;
  readonly times?: number;
  /** What the disk answers; without it, the operation is only late by `delay` milliseconds. */
  readonly code?: string;
  /** Bytes of a write that are done before it fails. */
  readonly bytes?: number;
  readonly delay?: number;
}

export interface TrainerPlan {
  /** SIGKILL in the middle of the `at`-th operation, after some bytes where it is a write. */
  readonly kill?: { readonly at: number; readonly bytes: number };
  readonly faults?: readonly DiskFault[];
  /** Seconds that its clock is put forward. */
  readonly clock?: number;
  /** After so many programs the engine aborts the process, or throws an error of these words. */
  readonly engine?: { readonly after: number; readonly how: string };
  /** File that is told which operation was killed, or how many there were. */
  readonly said?: string;
}
