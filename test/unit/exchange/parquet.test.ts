// What is written is read back by the format's own reader in JavaScript.

import path from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { exportParquet } from '../../../src/exchange/parquet';
import { EventWriter } from '../../../src/experiment/eventWriter';
import { scratch } from '../experiment/scratch';

const layout = { rows: ['embedding', 'layer 1'], columns: ['activation_rms', 'branch_ratio'], absent: [[0, 1]] as const };

function session(directory: string, write: (writer: EventWriter) => void, sessionStart?: number): void {
  const writer = EventWriter.open(directory, sessionStart === undefined ? {} : { sessionStart });
  write(writer);
  writer.close();
}

async function exported(directory: string) {
  const folder = scratch();
  const found = await exportParquet(directory, folder);
  const file = (name: string) => asyncBufferFromFile(path.join(folder, name));
  return { ...found, rows: async (name: string) => parquetReadObjects({ file: await file(name) }), file };
}

describe('an export to Parquet', () => {
  it('has the scalars by step, null where a step has none, and what is not finite as it is', async () => {
    const run = scratch();
    session(run, (writer) => {
      writer.scalars(1, { 'loss/train': 5.5, lr: 1e-3 });
      writer.scalars(2, { 'loss/train': 0.1 });
      writer.scalars(2, { 'loss/validation': Number.NaN });
      writer.scalars(3, { 'loss/train': Number.POSITIVE_INFINITY });
    });
    const { files, rows } = await exported(run);
    expect(files).toEqual(['scalars.parquet']);
    expect(await rows('scalars.parquet')).toEqual([
      { step: 1, 'loss/train': 5.5, lr: Math.fround(1e-3), 'loss/validation': null },
      { step: 2, 'loss/train': Math.fround(0.1), lr: null, 'loss/validation': Number.NaN },
      { step: 3, 'loss/train': Number.POSITIVE_INFINITY, lr: null, 'loss/validation': null },
    ]);
  });

  it('has a row for each number of the depth picture that exists, without what a resumption superseded', async () => {
    const run = scratch();
    const depth = (step: number, value: number) => (writer: EventWriter) =>
      writer.depth(step, layout, Float32Array.of(value, 0, -value, value / 3));
    session(run, (writer) => {
      depth(10, 0.5)(writer);
      depth(20, 99)(writer);
    });
    session(run, depth(20, Number.NaN), 20);
    const { files, rows } = await exported(run);
    expect(files).toEqual(['scalars.parquet', 'depth.parquet']);
    const cell = (step: number, row: string, statistic: string, value: number) => ({ step, row, statistic, value });
    expect(await rows('depth.parquet')).toEqual([
      cell(10, 'embedding', 'activation_rms', 0.5),
      cell(10, 'layer 1', 'activation_rms', -0.5),
      cell(10, 'layer 1', 'branch_ratio', Math.fround(0.5 / 3)),
      cell(20, 'embedding', 'activation_rms', Number.NaN),
      cell(20, 'layer 1', 'activation_rms', Number.NaN),
      cell(20, 'layer 1', 'branch_ratio', Number.NaN),
    ]);
  });

  it('writes a long run in groups of rows, each number where it was', async () => {
    const run = scratch();
    const rows = Array.from({ length: 500 }, (_, i) => `layer ${i + 1}`);
    const columns = Array.from({ length: 10 }, (_, i) => `statistic ${i}`);
    session(run, (writer) => {
      for (let step = 1; step <= 30; step++)
        writer.depth(
          step,
          { rows, columns },
          Float32Array.from({ length: 5000 }, (_, i) => step + i / 8192),
        );
    });
    const { rows: read, file } = await exported(run);
    const metadata = await parquetMetadataAsync(await file('depth.parquet'));
    expect(metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([100_000, 50_000]);
    expect(metadata.schema.map(({ name, type }) => [name, type])).toEqual([
      ['root', undefined],
      ['step', 'INT32'],
      ['row', 'BYTE_ARRAY'],
      ['statistic', 'BYTE_ARRAY'],
      ['value', 'FLOAT'],
    ]);
    const all = await read('depth.parquet');
    expect(all[123_456]).toEqual({ step: 25, row: 'layer 346', statistic: 'statistic 6', value: 25 + 3456 / 8192 });
    expect(all.every(({ value }, i) => value === Math.floor(i / 5000) + 1 + (i % 5000) / 8192)).toBe(true);
  });

  it('of a run that has recorded nothing yet is a table without rows', async () => {
    const run = scratch();
    session(run, () => undefined);
    expect(await (await exported(run)).rows('scalars.parquet')).toEqual([]);
  });
});
