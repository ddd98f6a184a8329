// The guard before `RunRecord`: whatever a `run.json` on disk says is checked here before anybody
// believes it, and a newer format is refused by name rather than misread.

import { Failure } from './failure';
import type { AppliedEdit } from './liveEdits';
import { isRecord } from './record';
import { type Lineage, type ProcessIdentity, RUN_FORMAT, type RunAlert, type RunRecord, type WrittenState } from './run';

const WRITTEN_STATES: readonly WrittenState[] = ['queued', 'starting', 'running', 'paused', 'finished', 'stopped', 'failed'];

/**
 * The record that `value` is; `where` is the run directory, for the words. Unknown fields are left
 * out. Throws `Failure` `run-newer-format` or `run-malformed`, which names the field.
 */
export function parseRun(value: unknown, where = 'run.json'): RunRecord {
  const wrong = (field: string) => new Failure('run-malformed', { path: where, field });
  if (!isRecord(value)) throw wrong('the whole file');
  const format = value.format;
  if (typeof format !== 'number') throw wrong('format');
  if (format > RUN_FORMAT) throw new Failure('run-newer-format', { path: where, value: format, known: RUN_FORMAT });

  const text = (name: string): string => {
    const field = value[name];
    if (typeof field !== 'string') throw wrong(name);
    return field;
  };
  const count = (name: string): number => {
    const field = value[name];
    if (typeof field !== 'number' || !Number.isFinite(field)) throw wrong(name);
    return field;
  };
  const optional = <T>(name: string, parse: (field: unknown) => T | undefined): T | undefined => {
    const field = value[name];
    if (field === undefined || field === null) return undefined;
    const parsed = parse(field);
    if (parsed === undefined) throw wrong(name);
    return parsed;
  };

  const state = WRITTEN_STATES.find((known) => known === value.state);
  if (state === undefined) throw wrong('state');
  const kind = value.kind;
  if (kind !== 'run' && kind !== 'probe') throw wrong('kind');

  const process = optional('process', parseIdentity);
  const engine = optional('engine', parseEngine);
  const parameters = optional('parameters', (field) => (typeof field === 'number' ? field : undefined));
  const lineage = optional('lineage', (field) => parseLineage(field));
  const configuration = optional('configuration', (field) => (typeof field === 'string' ? field : undefined));
  const error = optional('error', parseError);
  const edits = optional('edits', parseEdits);
  const alert = optional('alert', parseAlert);
  return {
    format,
    id: text('id'),
    name: text('name'),
    kind,
    state,
    created: text('created'),
    ...(process && { process }),
    heartbeat: count('heartbeat'),
    step: count('step'),
    steps: count('steps'),
    metrics: numbersOf(value.metrics),
    ...(engine && { engine }),
    ...(parameters !== undefined && { parameters }),
    ...(lineage && { lineage }),
    ...(configuration !== undefined && { configuration }),
    ...(error && { error }),
    ...(edits && { edits }),
    ...(alert && { alert }),
  };
}

/** The process that `value` names. */
export function parseIdentity(value: unknown): ProcessIdentity | undefined {
  if (!isRecord(value)) return undefined;
  const { pid, started, boot, namespace, host } = value;
  if (typeof pid !== 'number' || typeof started !== 'string' || typeof boot !== 'string') return undefined;
  if (typeof namespace !== 'string' || typeof host !== 'string') return undefined;
  return { pid, started, boot, namespace, host };
}

function parseEngine(value: unknown): RunRecord['engine'] {
  if (!isRecord(value)) return undefined;
  const { name, version, device, reason } = value;
  if (typeof name !== 'string' || typeof version !== 'string') return undefined;
  if (typeof device !== 'string' || typeof reason !== 'string') return undefined;
  return { name, version, device, reason };
}

/** Ancestors beyond this many are not told: a file may claim so many that following them exhausts the stack. */
const MOST_ANCESTORS = 1000;

function parseLineage(value: unknown, before = 0): Lineage | undefined {
  if (!isRecord(value) || before >= MOST_ANCESTORS) return undefined;
  const { run, step } = value;
  const lineage = parseLineage(value.lineage, before + 1);
  return typeof run === 'string' && typeof step === 'number' ? { run, step, ...(lineage && { lineage }) } : undefined;
}

function parseError(value: unknown): RunRecord['error'] {
  const alert = parseAlert(value);
  if (!alert || !isRecord(value) || typeof value.message !== 'string') return undefined;
  return { ...alert, message: value.message };
}

function parseAlert(value: unknown): RunAlert | undefined {
  if (!isRecord(value) || typeof value.code !== 'string') return undefined;
  const args = isRecord(value.args) ? Object.entries(value.args) : [];
  return {
    code: value.code,
    args: Object.fromEntries(args.filter((entry): entry is [string, string | number] => /^(string|number)$/.test(typeof entry[1]))),
  };
}

/** A resumed run takes them again, so that one which cannot be understood must not be passed over. */
function parseEdits(value: unknown): readonly AppliedEdit[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const parsed = value.map(parseEdit).filter((edit) => edit !== undefined);
  return parsed.length === value.length ? parsed : undefined;
}

function parseEdit(value: unknown): AppliedEdit | undefined {
  if (!isRecord(value) || !Array.isArray(value.changes)) return undefined;
  const { id, step } = value;
  const changes = value.changes.filter(isRecord).flatMap(({ field, from, to }) => (typeof field === 'string' ? [{ field, from, to }] : []));
  if (typeof id !== 'string' || typeof step !== 'number' || changes.length !== value.changes.length) return undefined;
  return { id, step, changes };
}

/** JSON has no NaN: a metric that was not finite comes back as null, and is shown as NaN again. */
function numbersOf(value: unknown): Readonly<Record<string, number>> {
  if (!isRecord(value)) return {};
  const entries = Object.entries(value).map(([tag, field]) => [tag, field === null ? Number.NaN : field] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
}
