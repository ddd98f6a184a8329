// Runs that wait for another to end: state `queued` in `run.json`, and a ticket beside it. Whoever takes the
// ticket away starts the run; a file is taken away only once, so it does not matter how many look.

import { readFile, rm, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { errnoOf, writeJsonAtomic } from './files';
import { isRecord } from './record';
import type { RunRecord, WrittenState } from './run';
import { readRun, writeRun } from './runDirectory';

const FORMAT = 1;

export interface Ticket {
  readonly format: number;
  /** The machine that it waits on. */
  readonly host: string;
  /** Milliseconds since the epoch, of that machine. */
  readonly since: number;
  /** The state of a run that had ended and is to be continued. */
  readonly before?: WrittenState;
}

function ticketFile(directory: string): string {
  return path.join(directory, 'queue.json');
}

/**
 * Lets a run wait that has no trainer. Throws what `readRun` does, and disk `Failure`s.
 * @param kind `new` for one that has never been started, `ended` for one that is to go on
 * @param now milliseconds since the epoch
 */
export async function enqueue(directory: string, kind: 'new' | 'ended', now: number): Promise<void> {
  const record = await readRun(directory);
  const ticket: Ticket = { format: FORMAT, host: hostname(), since: now, ...(kind === 'ended' && { before: record.state }) };
  await writeJsonAtomic(ticketFile(directory), ticket);
  await writeRun(directory, { ...record, state: 'queued' });
}

/** The ticket of a run that waits on this machine; undefined for any other. Never throws. */
export async function ticketOf(directory: string): Promise<Ticket | undefined> {
  const ticket = await readTicket(directory).catch(() => undefined);
  return ticket?.host === hostname() ? ticket : undefined;
}

/**
 * Takes a run out of the queue to start it: it is in state `starting` with nothing left of an earlier start. False
 * where somebody else was first. Throws what `readRun` does, and disk `Failure`s.
 */
export async function takeFromQueue(directory: string): Promise<boolean> {
  if (!(await takeTicket(directory))) return false;
  await writeRun(directory, anew(await readRun(directory)));
  return true;
}

/**
 * Takes a run out of the queue for good: one that had ended is again as it was, and a new one, which has recorded
 * nothing, is deleted. False where it was started meanwhile.
 */
export async function leaveQueue(directory: string): Promise<boolean> {
  const ticket = await takeTicket(directory);
  if (!ticket) return false;
  if (ticket.before === undefined) await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  else await writeRun(directory, { ...(await readRun(directory)), state: ticket.before });
  return true;
}

/** A record as a trainer wants to find it. */
export function anew({ process: _process, error: _error, alert: _alert, ...record }: RunRecord): RunRecord {
  return { ...record, state: 'starting' };
}

async function takeTicket(directory: string): Promise<Ticket | undefined> {
  const ticket = await readTicket(directory);
  if (!ticket) return undefined;
  try {
    await unlink(ticketFile(directory));
    return ticket;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function readTicket(directory: string): Promise<Ticket | undefined> {
  const text = await readFile(ticketFile(directory), 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  const value: unknown = text === undefined ? undefined : JSON.parse(text);
  if (!isRecord(value) || value.format !== FORMAT || typeof value.host !== 'string' || typeof value.since !== 'number') return undefined;
  const before = (['finished', 'stopped', 'failed', 'running', 'paused', 'starting'] as const).find((state) => state === value.before);
  return { format: FORMAT, host: value.host, since: value.since, ...(before && { before }) };
}
