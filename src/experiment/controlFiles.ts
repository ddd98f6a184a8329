// Commands to a trainer, as files: a watcher drops one, the trainer takes it away and obeys. A command
// names the very start of the process that it is meant for, so that a `stop` which arrives too late
// does not stop the next start of the same run.

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { CONTROL_FORMAT, type ControlCommand, type ControlFile } from './control';
import { diskFailure, errnoOf, writeJsonAtomic } from './files';
import { isRecord } from './record';
import type { ProcessIdentity } from './run';
import { controlFolder } from './runDirectory';

const COMMANDS: readonly ControlCommand['command'][] = ['pause', 'resume', 'stop', 'checkpoint', 'set'];

/** A command is a few hundred bytes; nothing larger is read. */
const MAX_BYTES = 64 * 1024;

/** Commands of one millisecond and process keep their order by this. */
let sent = 0;
let latest = 0;

/**
 * Drops a command for the process that `run.json` names; its outcome comes back as a `command` text
 * event with the same id. Throws disk `Failure`s.
 */
export async function sendCommand(directory: string, command: ControlCommand, identity: ProcessIdentity): Promise<string> {
  const id = randomUUID();
  const content: ControlFile = { ...command, format: CONTROL_FORMAT, id, started: identity.started, pid: identity.pid };
  // A clock that is put back must not put a command before the one that it follows.
  latest = Math.max(latest, Date.now());
  const order = `${String(latest).padStart(15, '0')}-${String(sent++).padStart(6, '0')}`;
  await writeJsonAtomic(path.join(controlFolder(directory), `${order}-${id}.json`), content);
  return id;
}

/** A file that was not obeyed; `why` is a code of the message table with `{file}`. */
export interface DiscardedCommand {
  readonly file: string;
  /** Where the file could be read that far: what its sender waits for. */
  readonly id?: string;
  readonly command?: string;
  readonly why: string;
}

/** What `takeCommands` found, oldest first. */
export interface TakenCommands {
  readonly obey: readonly ControlFile[];
  readonly discard: readonly DiscardedCommand[];
}

/**
 * Takes every command that lies there; each file is deleted before its command is handed out, so that
 * none is obeyed twice. Throws disk `Failure`s only where the folder itself cannot be read.
 */
export function takeCommands(directory: string, own: ProcessIdentity): TakenCommands {
  const folder = controlFolder(directory);
  const obey: ControlFile[] = [];
  const discard: DiscardedCommand[] = [];
  for (const name of commandFiles(folder)) {
    const file = path.join(folder, name);
    const command = validate(read(file));
    const known = typeof command === 'string' ? {} : { id: command.id, command: command.command };
    if (!remove(file)) discard.push({ file: name, ...known, why: 'command-not-deletable' });
    else if (typeof command === 'string') discard.push({ file: name, why: command });
    else if (command.pid !== own.pid || command.started !== own.started) discard.push({ file: name, ...known, why: 'command-other-start' });
    else obey.push(command);
  }
  return { obey, discard };
}

/** The command that `value` is, or the code of what is wrong with it. */
export function validate(value: unknown): ControlFile | 'command-malformed' | 'command-newer-format' {
  if (!isRecord(value) || typeof value.format !== 'number') return 'command-malformed';
  if (value.format > CONTROL_FORMAT) return 'command-newer-format';
  const { id, started, pid } = value;
  const command = COMMANDS.find((known) => known === value.command);
  if (command === undefined || typeof id !== 'string' || typeof started !== 'string' || typeof pid !== 'number') return 'command-malformed';
  const about = { format: value.format, id, started, pid };
  if (command !== 'set') return { command, ...about };
  return isRecord(value.values) ? { command, values: value.values, ...about } : 'command-malformed';
}

function commandFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
      .sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw diskFailure(error, folder);
  }
}

function read(file: string): unknown {
  try {
    const stat = statSync(file);
    return !stat.isFile() || stat.size > MAX_BYTES ? undefined : (JSON.parse(readFileSync(file, 'utf8')) as unknown);
  } catch {
    return undefined;
  }
}

function remove(file: string): boolean {
  try {
    unlinkSync(file);
    return true;
  } catch {
    return false;
  }
}
