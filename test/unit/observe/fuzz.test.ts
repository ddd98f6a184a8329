// Files broken in ways that nobody thought of: whatever they hold, a watcher keeps what is good, says
// what is not, and goes on. FATHOM_FUZZ_RUNS asks for more cases than the suite has time for.

import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { maskedCrc32c } from '../../../src/experiment/crc32c';
import { EventDecoder } from '../../../src/experiment/eventReader';
import type { RunEvent } from '../../../src/experiment/events';
import { EventWriter } from '../../../src/experiment/eventWriter';
import { runFile } from '../../../src/experiment/runDirectory';
import { FileHistory, RunHistory } from '../../../src/observe/history';
import { RunStatusReader } from '../../../src/observe/status';
import { EventFileTail } from '../../../src/observe/tail';
import { answerSeries, answerTile } from '../../../src/observe/tiles';
import { Folders, layoutOf, record } from './helpers';

const runs = Number(process.env.FATHOM_FUZZ_RUNS ?? 150);
const folders = new Folders();
afterAll(() => folders.clean());

const folder = folders.make();
const good = (() => {
  const writer = EventWriter.open(folder, { sessionStart: 0 });
  for (let step = 0; step < 6; step++) {
    writer.scalars(step, { 'loss/train': 1 / (step + 1), lr: Number.NaN });
    writer.depth(step, layoutOf(3, 2), new Float32Array(6).fill(step));
    writer.text(step, 'alert', '{"words":"spike"}');
  }
  writer.close();
  const bytes = readFileSync(writer.file);
  rmSync(writer.file);
  return bytes;
})();
const goodEvents = new EventDecoder().push(good);

interface Harm {
  readonly at: number;
  readonly kind: 'flip' | 'cut' | 'insert' | 'end' | 'repeat';
  readonly bytes: Uint8Array;
}

const harms = fc.record<Harm>({
  at: fc.nat(good.length - 1),
  kind: fc.constantFrom('flip', 'cut', 'insert', 'end', 'repeat'),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
});

function harmed(bytes: Buffer, { at: anywhere, kind, bytes: some }: Harm): Buffer {
  const at = anywhere % Math.max(1, bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (kind) {
    case 'flip':
      return Buffer.concat([
        before,
        Buffer.from(after.subarray(0, some.length).map((byte, index) => byte ^ (some[index] ?? 0))),
        after.subarray(some.length),
      ]);
    case 'cut':
      return Buffer.concat([before, after.subarray(some.length)]);
    case 'insert':
      return Buffer.concat([before, some, after]);
    case 'end':
      return before;
    case 'repeat':
      return Buffer.concat([before, after, after]);
  }
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return at;
}

/** Applies events to a history and asks it everything: nothing may throw. */
function check(events: readonly RunEvent[]): void {
  const history = new RunHistory();
  const file = new FileHistory('a', { prefix: 'a', memoryBytes: Number.POSITIVE_INFINITY });
  history.setFiles([file]);
  history.apply(file, events);
  const { layout, columns, scalars } = history.extent();
  for (const statistic of layout?.columns ?? []) {
    answerTile(history, { statistic, rows: { from: 0, to: 5 }, columns: { from: 0, to: columns }, width: 4, height: 2 });
  }
  for (const scalar of scalars) answerSeries(history, { source: { scalar }, steps: { from: 0, to: 10 }, points: 3 });
  history.problems();
}

/** A record with right checksums around any payload. */
function framed(payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(payload.length + 16);
  bytes.writeBigUInt64LE(BigInt(payload.length));
  bytes.writeUInt32LE(maskedCrc32c(bytes.subarray(0, 8)), 8);
  bytes.set(payload, 12);
  bytes.writeUInt32LE(maskedCrc32c(payload), 12 + payload.length);
  return bytes;
}

describe('broken event files', () => {
  it('give what comes before the damage, then nothing or what is good again, and one problem at most', async () => {
    const file = path.join(folder, 'events.out.tfevents.1.fuzz');
    await fc.assert(
      fc.asyncProperty(fc.array(harms, { minLength: 1, maxLength: 3 }), fc.nat(), async (list, piece) => {
        const broken = list.reduce(harmed, good);
        const reached = piece % (broken.length + 1);
        writeFileSync(file, broken.subarray(0, reached));
        const tail = new EventFileTail(file);
        const events: RunEvent[] = [];
        const look = async () => {
          for (let more = true; more; ) {
            const read = await tail.read();
            events.push(...read.events);
            more = read.more;
          }
        };
        await look();
        writeFileSync(file, broken);
        for (let times = 0; times < 4; times++) await look();
        const whole = new EventDecoder().push(good.subarray(0, firstDifference(good, broken)));
        expect(events.slice(0, whole.length)).toEqual(goodEvents.slice(0, whole.length));
        expect(tail.resting.offset).toBeLessThanOrEqual(broken.length);
        check(events);
        const { problem } = tail;
        await look();
        expect(tail.problem).toEqual(problem);
        truncateSync(file, 0);
        await look();
        if (problem === undefined && tail.resting.offset > 0) expect(tail.problem?.code).toBe('events-truncated');
      }),
      { seed: 11, numRuns: runs },
    );
  });

  it('with right checksums around wrong events never break the history', () => {
    const payloads: Uint8Array[] = [];
    for (let at = 0; at < good.length; ) {
      const length = Number(good.readBigUInt64LE(at));
      payloads.push(good.subarray(at + 12, at + 12 + length));
      at += length + 16;
    }
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), harms), { minLength: 1, maxLength: 4 }), (list) => {
        const records: Buffer[] = payloads.map((payload) => Buffer.from(payload));
        for (const [which, harm] of list) {
          const index = which % records.length;
          records[index] = harmed(records[index] ?? Buffer.alloc(0), harm);
        }
        check(new EventDecoder().push(Buffer.concat(records.map(framed))));
      }),
      { seed: 12, numRuns: runs * 2 },
    );
  });
});

describe('broken run.json', () => {
  const states = ['queued', 'starting', 'running', 'paused', 'finished', 'stopped', 'failed', 'lost', 'unreadable'];
  const directory = folders.make();

  async function look(content: string | Uint8Array): Promise<void> {
    writeFileSync(runFile(directory), content);
    const status = await new RunStatusReader(directory).look();
    expect(states).toContain(status.state);
    expect(status.state === 'unreadable').toBe(status.record === undefined);
    expect(status.problems.length).toBe(status.record === undefined ? 1 : 0);
  }

  it('is unreadable or a whole record, whatever bytes it holds', async () => {
    const text = Buffer.from(JSON.stringify(record({ process: { pid: 1, started: '', boot: '', namespace: '', host: 'elsewhere' } })));
    await fc.assert(
      fc.asyncProperty(fc.array(harms, { minLength: 1, maxLength: 3 }), (list) => look(list.reduce(harmed, text))),
      { seed: 13, numRuns: runs },
    );
  });

  it('is unreadable or a whole record, whatever values it holds', async () => {
    const names = fc.constantFrom(
      'format',
      'id',
      'name',
      'kind',
      'state',
      'process',
      'heartbeat',
      'step',
      'metrics',
      'engine',
      'lineage',
      'error',
    );
    const whole = record({ state: 'running' });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(names, fc.jsonValue(), { minKeys: 1, maxKeys: 3 }), (fields) =>
        look(JSON.stringify({ ...whole, ...fields })),
      ),
      { seed: 14, numRuns: runs },
    );
    await fc.assert(fc.asyncProperty(fc.json(), look), { seed: 15, numRuns: runs });
  });
});
