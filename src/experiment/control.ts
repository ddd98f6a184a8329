// Commands to a trainer: one JSON file each in `control/`, renamed into place, deleted by the trainer,
// its outcome written as a `command` text event.

import type { MessageArgs } from './messages';

export type ControlCommand =
  | { readonly command: 'pause' }
  | { readonly command: 'resume' }
  | { readonly command: 'stop' }
  | { readonly command: 'checkpoint' }
  /** Other values for fields that a running trainer takes, by dotted path. */
  | { readonly command: 'set'; readonly values: Readonly<Record<string, unknown>> };

export type ControlFile = ControlCommand & {
  readonly format: number;
  /** Unique; the outcome names it. */
  readonly id: string;
  /** `started` of the process the command is meant for; a command for an earlier start is discarded. */
  readonly started: string;
  readonly pid: number;
};

export interface CommandOutcome {
  readonly id: string;
  readonly command: string;
  readonly outcome: 'obeyed' | 'refused';
  /** A code of the message table, and what its words are about. */
  readonly why?: string;
  readonly args?: MessageArgs;
}

export const CONTROL_FORMAT = 1;
