// The state of one run directory, looked at again and again: `run.json` is read only when it changed,
// and whether its process lives is asked each time.

import { stat } from 'node:fs/promises';
import { Failure } from '../experiment/failure';
import { errnoOf } from '../experiment/files';
import { deriveState, type SeenHeartbeat, seeHeartbeat } from '../experiment/processes';
import type { RunRecord } from '../experiment/run';
import { runFile } from '../experiment/runDirectory';
import type { FileProblem, RunStatus } from '../experiment/view';
import { type Disk, PATIENT_DISK } from './disk';

/** How often a run that could be read must fail to be read: replacing a file is not atomic on every disk. */
const LOOKS_BEFORE_UNREADABLE = 2;

export class RunStatusReader {
  private signature: string | undefined;
  private record: RunRecord | undefined;
  private heartbeat: SeenHeartbeat | undefined;
  private failures = 0;
  private current: RunStatus | undefined;

  constructor(readonly directory: string) {}

  /** The status now; the same object as long as nothing changed. Never throws. */
  async look(disk: Disk = PATIENT_DISK): Promise<RunStatus> {
    const signature = await disk.signature(runFile(this.directory));
    if (signature === undefined || signature !== this.signature) {
      try {
        this.record = await disk.record(this.directory);
        this.heartbeat = seeHeartbeat(this.heartbeat, this.record);
        this.signature = signature;
        this.failures = 0;
      } catch (error) {
        this.signature = undefined;
        if (this.record === undefined || ++this.failures >= LOOKS_BEFORE_UNREADABLE) return this.unreadable(error);
      }
    }
    const { record } = this;
    if (record === undefined) return this.unreadable(new Failure('run-missing', { path: this.directory }));
    const state = deriveState(record, this.heartbeat);
    if (this.current?.record !== record || this.current.state !== state) {
      this.current = { directory: this.directory, state, record, problems: [] };
    }
    return this.current;
  }

  private async unreadable(error: unknown): Promise<RunStatus> {
    this.record = undefined;
    const there = await stat(this.directory).then(
      (found) => found.isDirectory(),
      (reason: unknown) => !['ENOENT', 'ENOTDIR'].includes(errnoOf(reason) ?? ''),
    );
    const state = there ? 'unreadable' : 'missing';
    const problems = there ? [problemOf(error, this.directory)] : [];
    if (this.current?.state !== state || this.current.problems[0]?.code !== problems[0]?.code) {
      this.current = { directory: this.directory, state, problems };
    }
    return this.current;
  }
}

function problemOf(error: unknown, directory: string): FileProblem {
  if (error instanceof Failure) return { code: error.code, args: error.args };
  return { code: 'run-malformed', args: { path: directory, field: error instanceof Error ? error.message : String(error) } };
}
