import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportCsv } from '../../../src/exchange/csv';
import { EventWriter } from '../../../src/experiment/eventWriter';
import { scratch } from '../experiment/scratch';

const layout = {
  rows: ['embedding', 'layer 1'],
  columns: ['activation_rms', 'branch_ratio'],
  absent: [[0, 1]] as const,
};

function session(directory: string, write: (writer: EventWriter) => void, sessionStart?: number): string {
  const writer = EventWriter.open(directory, sessionStart === undefined ? {} : { sessionStart });
  write(writer);
  writer.close();
  return writer.file;
}

async function tables(directory: string) {
  const folder = scratch();
  const found = await exportCsv(directory, folder);
  const lines = (name: string): string[] => readFileSync(path.join(folder, name), 'utf8').trimEnd().split('\r\n');
  return { ...found, lines };
}

describe('an export to CSV', () => {
  it('has a line for each step and a column for each tag', async () => {
    const run = scratch();
    session(run, (writer) => {
      writer.scalars(1, { 'loss/train': 5.5, lr: 1e-3 });
      writer.scalars(2, { 'loss/train': 0.1, lr: 2e-8 });
      writer.scalars(2, { 'loss/validation': Number.NaN });
      writer.text(2, 'alert', '{}');
      writer.scalars(3, { 'loss/train': Number.POSITIVE_INFINITY, 'a,b "c"': 1 });
    });
    const { files, lines } = await tables(run);
    expect(files).toEqual(['scalars.csv']);
    expect(lines('scalars.csv')).toEqual([
      'step,loss/train,lr,loss/validation,"a,b ""c"""',
      '1,5.5,0.001,,',
      '2,0.1,2e-8,NaN,',
      '3,Infinity,,,1',
    ]);
  });

  it('has a line for each number of the depth picture that exists', async () => {
    const run = scratch();
    session(run, (writer) => {
      writer.depth(10, layout, Float32Array.of(0.5, 0, 1.25, -3));
      writer.depth(20, layout, Float32Array.of(0.3, 0, Number.NaN, 1 / 3));
    });
    const { files, lines } = await tables(run);
    expect(files).toEqual(['scalars.csv', 'depth.csv']);
    expect(lines('depth.csv')).toEqual([
      'step,row,statistic,value',
      '10,embedding,activation_rms,0.5',
      '10,layer 1,activation_rms,1.25',
      '10,layer 1,branch_ratio,-3',
      '20,embedding,activation_rms,0.3',
      '20,layer 1,activation_rms,NaN',
      '20,layer 1,branch_ratio,0.33333334',
    ]);
  });

  it('leaves out what a resumption superseded', async () => {
    const run = scratch();
    session(run, (writer) => {
      for (let step = 1; step <= 4; step++) {
        writer.scalars(step, { 'loss/train': step });
        writer.depth(step, layout, Float32Array.of(step, 0, step, step));
      }
    });
    session(run, (writer) => writer.scalars(3, { 'loss/train': 30 }), 3);
    session(run, (writer) => writer.scalars(4, { 'loss/train': 40 }), 4);
    const { lines } = await tables(run);
    expect(lines('scalars.csv')).toEqual(['step,loss/train', '1,1', '2,2', '3,30', '4,40']);
    expect(lines('depth.csv').map((each) => each.split(',')[0])).toEqual(['step', '1', '1', '1', '2', '2', '2']);
  });

  it('gives back every 32-bit float', async () => {
    const value = fc.float({ noNaN: true, noDefaultInfinity: true });
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 50 }), async (values) => {
        const run = scratch();
        session(run, (writer) => {
          for (const [step, each] of values.entries()) writer.scalars(step, { x: each });
        });
        const { lines } = await tables(run);
        const read = lines('scalars.csv').slice(1);
        for (const [step, each] of values.entries()) expect(Math.fround(Number(read[step]?.split(',')[1])) - Math.fround(each)).toBe(0);
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  it('keeps what comes before damage, and says where that is', async () => {
    const run = scratch();
    const file = session(run, (writer) => {
      writer.scalars(1, { 'loss/train': 1 });
      writer.scalars(2, { 'loss/train': 2 });
    });
    const bytes = readFileSync(file);
    bytes[bytes.length - 6] = (bytes[bytes.length - 6] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const { lines, problems } = await tables(run);
    expect(lines('scalars.csv')).toEqual(['step,loss/train', '1,1']);
    expect(problems).toMatchObject([{ code: 'events-bad-checksum' }]);
  });
});
