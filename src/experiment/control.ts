// Commands to a trainer: one JSON file each in `control/`, renamed into place, deleted by the trainer,
// its outcome written as a `command` text event.

export type ControlCommand =
  | { readonly command: 'pause' }
  | { readonly command: 'resume' }
  | { readonly command: 'stop' }
  | { readonly command: 'checkpoint' };

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
  readonly why?: string;
}

export const CONTROL_FORMAT = 1;
