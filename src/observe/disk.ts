// Two ways to look at a run's small files. A disk of this machine answers at once, and asking it without waiting in
// line takes a tenth of the processor; one at the end of a network is asked many things at a time instead. Only
// for a thread of its own: the quick way holds up whoever shares it.

import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import type { RunRecord } from '../experiment/run';
import { parseRun, readRun, runFile } from '../experiment/runDirectory';
import { signatureOf } from './signature';

/** Answers without waiting where it can. */
export interface Disk {
  /** As `signatureOf`. */
  signature(file: string): string | undefined | Promise<string | undefined>;
  /** As `readRun`. */
  record(directory: string): RunRecord | Promise<RunRecord>;
}

export const PATIENT_DISK: Disk = { signature: signatureOf, record: readRun };

/** A record is a few kilobytes; whatever is larger is left to the patient way, which knows what to say. */
const SMALL_BYTES = 256 * 1024;

/** A pipe in the place of a file must not be waited for. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

export const QUICK_DISK: Disk = {
  signature(file) {
    try {
      const found = statSync(file, { bigint: true, throwIfNoEntry: false });
      return found && `${found.mtimeNs}:${found.size}:${found.ino}`;
    } catch {
      return undefined;
    }
  },
  record(directory) {
    try {
      return parseRun(JSON.parse(readSmall(runFile(directory))), directory);
    } catch {
      // Why it cannot be read is the patient way's to tell.
      return readRun(directory);
    }
  },
};

function readSmall(file: string): string {
  const handle = openSync(file, FLAGS);
  try {
    const found = fstatSync(handle);
    if (!found.isFile() || found.size > SMALL_BYTES) throw new Error('not a small file');
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}

/** Milliseconds for one run, above which a disk is a slow one. */
const SLOW_MS = 2;
/** Runs that are judged together: a single one may have been unlucky. */
const JUDGED = 16;

/** Begins quick, and becomes patient for good once the disk turns out to be slow. */
export class AdaptiveDisk {
  private took: number[] = [];
  private patient = false;

  get current(): Disk {
    return this.patient ? PATIENT_DISK : QUICK_DISK;
  }

  /** @param milliseconds that a look at one run held up this thread */
  told(milliseconds: number): void {
    if (this.patient) return;
    this.took.push(milliseconds);
    if (this.took.length < JUDGED) return;
    // The median: on a busy machine some looks take long for reasons that no disk knows.
    this.patient = (this.took.sort((a, b) => a - b)[JUDGED >> 1] ?? 0) > SLOW_MS;
    this.took = [];
  }
}
