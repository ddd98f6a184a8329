// `fathom runs`: every run of a folder, newest first.

import path from 'node:path';
import { deriveState } from '../../experiment/processes';
import type { RunState } from '../../experiment/run';
import { listRuns, type RunEntry } from '../../experiment/runDirectory';
import { type Command, RUNS_OPTION } from '../command';
import { ago } from '../display/durations';
import { grouped } from '../display/numbers';
import { table } from '../display/table';
import { type Line, type Piece, printable, type Style } from '../display/text';
import { runsOf, shortPath } from '../runs';
import { writeLine, writeLines } from '../terminal';

const STATE_STYLES: Readonly<Partial<Record<RunState, Style>>> = {
  running: 'cyan',
  starting: 'cyan',
  paused: 'yellow',
  finished: 'green',
  failed: 'red',
  lost: 'red',
};

export const runs: Command = {
  spec: { name: 'runs', summary: 'List runs: state, step, loss, age.', words: [], options: [RUNS_OPTION] },
  async run(args, { terminal, cwd }) {
    const folder = runsOf(cwd, args.value(RUNS_OPTION.name));
    const entries = await listRuns(folder);
    if (entries.length === 0) writeLine(terminal, `No runs in ${shortPath(folder, cwd)}.`);
    else writeLines(terminal, runLines(entries, new Date()));
    return 0;
  },
};

export function runLines(entries: readonly RunEntry[], now: Date): Line[] {
  const columns = ['run', 'state', 'step', 'loss', 'validation', 'started'].map((title) => ({
    title,
    align: ['step', 'loss', 'validation'].includes(title) ? ('right' as const) : ('left' as const),
  }));
  return table(
    columns,
    entries.map((entry) => rowOf(entry, now)),
  );
}

function rowOf(entry: RunEntry, now: Date): (Piece | string)[] {
  const id = printable(path.basename(entry.directory));
  if ('problem' in entry) return [id, { text: 'unreadable', style: 'red' }, '', '', '', printable(entry.problem.message)];
  const { record } = entry;
  const state = deriveState(record);
  const style = STATE_STYLES[state];
  return [
    id,
    { text: record.kind === 'probe' ? `${state} (probe)` : state, ...(style && { style }) },
    record.kind === 'probe' ? '' : `${grouped(record.step)}/${grouped(record.steps)}`,
    record.metrics['loss/train']?.toFixed(4) ?? '',
    record.metrics['loss/validation']?.toFixed(4) ?? '',
    ago(new Date(record.created), now),
  ];
}
