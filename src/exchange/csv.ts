// A run's numbers as tables that every other tool reads (RFC 4180): one of scalars, a column for each tag,
// and one of depth statistics, a line for each number.

import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RunEvent } from '../experiment/events';
import { diskFailure } from '../experiment/files';
import type { FileProblem } from '../experiment/view';
import { readRunEvents } from './events';
import { type CellName, depthRows, scalarRows } from './tables';

export const SCALARS_FILE = 'scalars.csv';
export const DEPTH_FILE = 'depth.csv';

export interface ExportedTables {
  /** Files written, by name: without depth statistics there is only one. */
  readonly files: readonly string[];
  readonly problems: readonly FileProblem[];
}

/**
 * Writes `scalars.csv` (`step` and a column for each tag; empty where a step has no such number) and
 * `depth.csv` (`step,row,statistic,value`) into `folder`, which is there. What a resumption superseded is
 * left out. Throws disk `Failure`s.
 */
export async function exportCsv(run: string, folder: string): Promise<ExportedTables> {
  const events = await readRunEvents(run);
  await write(path.join(folder, SCALARS_FILE), scalarLines(events.tags, events.read()));
  if (events.hasDepth) await write(path.join(folder, DEPTH_FILE), depthLines(events.read()));
  return { files: events.hasDepth ? [SCALARS_FILE, DEPTH_FILE] : [SCALARS_FILE], problems: events.problems };
}

async function write(file: string, lines: AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(lines), createWriteStream(file));
  } catch (error) {
    throw diskFailure(error, file);
  }
}

async function* scalarLines(tags: readonly string[], events: AsyncIterable<RunEvent>): AsyncGenerator<string> {
  yield line(['step', ...tags]);
  for await (const { step, values } of scalarRows(events))
    yield line([String(step), ...tags.map((tag) => (values.has(tag) ? spelled(values.get(tag) ?? Number.NaN) : ''))]);
}

async function* depthLines(events: AsyncIterable<RunEvent>): AsyncGenerator<string> {
  yield line(['step', 'row', 'statistic', 'value']);
  const cells = new Map<CellName, string>();
  const spelledName = (name: CellName): string => {
    const known = cells.get(name) ?? `${quoted(name.row)},${quoted(name.statistic)}`;
    cells.set(name, known);
    return known;
  };
  for await (const { step, names, values } of depthRows(events))
    yield names
      .map((name, i) => (name === undefined ? '' : `${step},${spelledName(name)},${spelled(values[i] ?? Number.NaN)}\r\n`))
      .join('');
}

/** The fewest digits that give the same 32-bit float back: events hold no more than that. */
function spelled(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

const line = (cells: readonly string[]): string => `${cells.map(quoted).join(',')}\r\n`;
const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
