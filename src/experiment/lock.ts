// One trainer at a time on a run directory. A holder is told from the remains of one by pid *and* start time,
// because numbers are reused; and no lock is ever deleted by anybody but its holder's successor, because who
// deletes what looks stale may delete what somebody else has just taken.

import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { link, open, readdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from './failure';
import { diskFailure, errnoOf, readJson } from './files';
import { identify, isAlive } from './processes';
import type { ProcessIdentity } from './run';
import { readRun } from './runDirectory';
import { parseIdentity } from './runRecord';

/** `.trainer-7.lock`: the one with the highest number counts. */
const LOCK = /^\.trainer-(\d{1,9})\.lock$/;
const TEMPORARY = /^\.trainer-\d+\.lock\..+\.tmp$/;

/**
 * A holder that cannot be asked about shows its life by its heartbeat, once a second. Of another machine it comes over
 * a disk that may keep what it showed for a minute; of this one it is about a start of the machine before the last.
 */
const PATIENCE_MS = { elsewhere: 60_000, here: 10_000 };
const LOOK_MS = 1000;

/** What disks answer that have no links: FAT, some network ones. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL']);

interface Held {
  readonly number: number;
  readonly file: string;
}

export interface LockOptions {
  /** Called where it takes a while to find out whether this trainer still lives. */
  readonly waiting?: (holder: ProcessIdentity) => void;
  /** Milliseconds that a heartbeat must stand still where nothing else tells. */
  readonly patience?: number;
  readonly own?: ProcessIdentity;
}

export class RunLock {
  private constructor(private readonly file: string) {}

  /**
   * Takes the lock of a run directory for this process. Throws `Failure` `run-busy`, which names the holder, where a
   * trainer lives there, and disk failures.
   */
  static async take(directory: string, options: LockOptions = {}): Promise<RunLock> {
    const own = options.own ?? identify();
    for (;;) {
      const before = (await locks(directory)).at(-1);
      if (before) await checkGone(directory, before, own, options);
      const number = (before?.number ?? 0) + 1;
      const file = path.join(directory, `.trainer-${number}.lock`);
      // Where somebody else was quicker, it is looked at anew who holds it.
      if (!(await claim(file, own))) continue;
      const lock = new RunLock(file);
      await lock.replaceOthers(directory);
      return lock;
    }
  }

  /** Who slept between looking and taking may find that others came and went meanwhile, and one of them stayed. */
  private async replaceOthers(directory: string): Promise<void> {
    const others = (await locks(directory)).filter(({ file }) => file !== this.file);
    for (const other of others) {
      const holder = await holderOf(other);
      if (holder === undefined || isAlive(holder) !== 'alive') continue;
      await this.release();
      throw busy(directory, holder);
    }
    for (const { file } of others) await unlink(file).catch(() => undefined);
    const names = await readdir(directory).catch(() => []);
    for (const name of names) if (TEMPORARY.test(name)) await unlink(path.join(directory, name)).catch(() => undefined);
  }

  /** Whether the run was deleted under its trainer, or taken by one that thought this one dead. */
  get isLost(): boolean {
    try {
      return statSync(this.file, { throwIfNoEntry: false }) === undefined;
    } catch {
      // A disk that does not answer just now says neither.
      return false;
    }
  }

  /** Lets another trainer in. */
  async release(): Promise<void> {
    await unlink(this.file).catch(() => undefined);
  }
}

async function locks(directory: string): Promise<readonly Held[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    throw diskFailure(error, directory);
  });
  const found = names.flatMap((name) => {
    const number = LOCK.exec(name)?.[1];
    return number === undefined ? [] : [{ number: Number(number), file: path.join(directory, name) }];
  });
  return found.sort((a, b) => a.number - b.number);
}

/** Undefined for a lock that is gone by now, or that a loss of power left without its content. */
async function holderOf({ file }: Held): Promise<ProcessIdentity | undefined> {
  return parseIdentity(await readJson(file).catch(() => undefined));
}

/** Returns once it is certain, or as good as, that the holder is gone; throws `run-busy` where it lives. */
async function checkGone(directory: string, held: Held, own: ProcessIdentity, { waiting, patience }: LockOptions): Promise<void> {
  const holder = await holderOf(held);
  if (holder === undefined) return;
  const heartbeat = async (): Promise<number | undefined> => (await readRun(directory).catch(() => undefined))?.heartbeat;
  const first = await heartbeat();
  const until = performance.now() + (patience ?? (holder.host === own.host ? PATIENCE_MS.here : PATIENCE_MS.elsewhere));
  for (let looks = 0; ; looks++) {
    const alive = isAlive(holder);
    if (alive === 'gone') return;
    if (alive === 'alive' || (await heartbeat()) !== first) throw busy(directory, holder);
    const left = until - performance.now();
    if (left <= 0) return;
    if (looks === 0) waiting?.(holder);
    await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_MS, left)));
  }
}

/** Makes `file` with its content at once; false where it is there. Throws disk failures. */
async function claim(file: string, own: ProcessIdentity): Promise<boolean> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await write(temporary, own);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw diskFailure(error, file);
  }
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    // Who took the lock clears away what others left, this file perhaps.
    if (errno === 'EEXIST' || errno === 'ENOENT') return false;
    if (NO_LINKS.has(errno)) return await claimPlainly(file, own);
    throw diskFailure(error, file);
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

async function claimPlainly(file: string, own: ProcessIdentity): Promise<boolean> {
  try {
    await write(file, own);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw diskFailure(error, file);
  }
}

async function write(file: string, own: ProcessIdentity): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(JSON.stringify(own));
  } finally {
    await handle.close();
  }
}

function busy(directory: string, { pid, host }: ProcessIdentity): Failure {
  return new Failure('run-busy', { path: directory, pid, host });
}
