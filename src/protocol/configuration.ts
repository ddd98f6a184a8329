// What the dashboard's form says and is told: the run's configuration field by field, what a person wants
// otherwise, and what follows from it. The host computes it; words go as codes with arguments.

import type { Change } from '../experiment/change';
import type { Severity } from '../experiment/finding';
import type { FieldEdit } from '../experiment/formEdits';
import type { MessageArgs } from '../experiment/messages';

/** A field and the value that a person wants it to have, plain JSON; without one, its default. */
export type ConfigEdit = FieldEdit;

/** A code of the message table or a key of the page's words. */
export interface Said {
  readonly code: string;
  readonly args: MessageArgs;
}

export interface ConfigFix {
  readonly title: Said;
  /** To be made on top of those that led to the finding. */
  readonly edits: readonly ConfigEdit[];
}

export interface ConfigFinding {
  /** Dotted path, that of a scheme's option included; empty for the whole. */
  readonly field: string;
  readonly severity: Severity;
  readonly said: Said;
  readonly fixes: readonly ConfigFix[];
}

/** The file that a run was started from, as it is now: in the editor where it is open there, else on disk. */
export interface ConfigFile {
  /** `none`: the run names no file. `broken`: no JSON. `unsound`: a finding is an error. */
  readonly state: 'none' | 'missing' | 'unreadable' | 'broken' | 'unsound' | 'sound';
  readonly name?: string;
  /** What is wrong with it. */
  readonly why?: Said;
  /** The editor holds changes that are not on disk. */
  readonly unsaved: boolean;
  /** From the run to the file; of a sound one only. */
  readonly changes: readonly Change[];
}

/** What a fork descends from. */
export interface ConfigParent {
  /** Id of the run. */
  readonly run: string;
  readonly step: number;
  /** From the parent at that step to the run; absent where the parent is gone. */
  readonly changes?: readonly Change[];
}

export type ConfigAction = 'save' | 'apply' | 'fork';

/** An answer to the edits that it was asked with. */
export interface ConfigState {
  /** In force in the run, by dotted path. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Fields whose value in the run stays as it is whatever else is edited. */
  readonly given: readonly string[];
  /** That fields have beside the edited values; fields without one are left out. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Fields that are not edited and follow from those that are. */
  readonly follow: readonly Change[];
  readonly findings: readonly ConfigFinding[];
  readonly file: ConfigFile;
  readonly parent?: ConfigParent;
  /** Steps, newest first. */
  readonly checkpoints: readonly number[];
  /** Why something cannot be done; what is absent can. */
  readonly refusals: Readonly<Partial<Record<ConfigAction, Said>>>;
}
