// A run's numbers as Parquet (Apache, format 2, Snappy): the tables of the CSV export for tools that read
// columns, with 32-bit floats as they were recorded.

import path from 'node:path';
import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import { diskFailure } from '../experiment/files';
import type { ExportedTables } from './csv';
import { readRunEvents } from './events';
import { type DepthRows, depthRows, type ScalarRow, scalarRows } from './tables';

export const SCALARS_FILE = 'scalars.parquet';
export const DEPTH_FILE = 'depth.parquet';

/** Rows that are in memory at a time. */
const ROW_GROUP = 100_000;

/**
 * Writes `scalars.parquet` (`step` int32 and a nullable float for each tag) and `depth.parquet` (`step` int32,
 * `row` and `statistic` text, `value` float) into `folder`, which is there. Throws disk `Failure`s.
 */
export async function exportParquet(run: string, folder: string): Promise<ExportedTables> {
  const events = await readRunEvents(run);
  const step = { name: 'step', type: 'INT32', nullable: false } as const;
  const tags = events.tags.map((name) => ({ name, type: 'FLOAT', nullable: true }) as const);
  await write(path.join(folder, SCALARS_FILE), [step, ...tags], scalarRecords(events.tags, scalarRows(events.read())));
  if (!events.hasDepth) return { files: [SCALARS_FILE], problems: events.problems };
  const columns = [
    step,
    { name: 'row', type: 'STRING', nullable: false },
    { name: 'statistic', type: 'STRING', nullable: false },
    { name: 'value', type: 'FLOAT', nullable: false },
  ] as const;
  await write(path.join(folder, DEPTH_FILE), columns, depthRecords(depthRows(events.read())));
  return { files: [SCALARS_FILE, DEPTH_FILE], problems: events.problems };
}

interface Column {
  readonly name: string;
  readonly type: 'INT32' | 'STRING' | 'FLOAT';
  readonly nullable: boolean;
}

type Cells = Record<string, string | number | null>;

async function write(file: string, columns: readonly Column[], rows: AsyncIterable<Cells>): Promise<void> {
  try {
    await parquetWriteRows({ writer: fileWriter(file), columns: [...columns], rows, rowGroupSize: ROW_GROUP, createdBy: 'Fathom' });
  } catch (error) {
    throw diskFailure(error, file);
  }
}

async function* scalarRecords(tags: readonly string[], rows: AsyncIterable<ScalarRow>): AsyncGenerator<Cells> {
  for await (const { step, values } of rows) yield { step, ...Object.fromEntries(tags.map((tag) => [tag, values.get(tag) ?? null])) };
}

async function* depthRecords(rows: AsyncIterable<DepthRows>): AsyncGenerator<Cells> {
  for await (const { step, names, values } of rows) {
    for (const [i, name] of names.entries())
      if (name) yield { step, row: name.row, statistic: name.statistic, value: values[i] ?? Number.NaN };
  }
}
