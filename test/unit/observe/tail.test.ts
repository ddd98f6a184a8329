import { appendFileSync, copyFileSync, mkdirSync, readFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/experiment/events';
import { EventWriter } from '../../../src/experiment/eventWriter';
import { EventFileTail } from '../../../src/observe/tail';
import { Folders, layoutOf } from './helpers';

const folders = new Folders();
afterEach(() => folders.clean());

/** The bytes of an event file with one scalar per step. */
function bytesOf(steps: number, value = 1): Buffer {
  const writer = EventWriter.open(folders.make());
  for (let step = 0; step < steps; step++) writer.scalars(step, { loss: value });
  writer.close();
  return readFileSync(writer.file);
}

function newFile(bytes: Uint8Array): string {
  const file = path.join(folders.make(), 'events.out.tfevents.1.host.1.0');
  writeFileSync(file, bytes);
  return file;
}

/** Everything that a few looks find. */
async function readAll(tail: EventFileTail, looks = 5): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (let look = 0; look < looks; look++) {
    for (let more = true; more; ) {
      const read = await tail.read();
      events.push(...read.events);
      more = read.more;
    }
  }
  return events;
}

const stepsOf = (events: readonly RunEvent[]) => events.filter((event) => event.kind === 'scalars').map((event) => event.step);

describe('the tail of an event file', () => {
  it('gives each event once, whatever the pieces in which it arrives', async () => {
    const bytes = bytesOf(20);
    const file = newFile(bytes.subarray(0, 0));
    const tail = new EventFileTail(file);
    const events: RunEvent[] = [];
    for (let at = 0; at < bytes.length; at += 7) {
      appendFileSync(file, bytes.subarray(at, at + 7));
      events.push(...(await readAll(tail, 1)));
    }
    expect(stepsOf(events)).toEqual(Array.from({ length: 20 }, (_, step) => step));
    expect(tail.problem).toBeUndefined();
    expect(tail.resting.offset).toBe(bytes.length);
  });

  it('waits for the rest of a torn record without a problem', async () => {
    const bytes = bytesOf(3);
    const tail = new EventFileTail(newFile(bytes.subarray(0, bytes.length - 5)));
    expect(stepsOf(await readAll(tail))).toEqual([0, 1]);
    expect(tail.problem).toBeUndefined();
  });

  it('follows a writer that took back a part of a record and wrote another', async () => {
    const bytes = bytesOf(3);
    const record = (bytes.length - bytesOf(2).length) | 0;
    const good = bytes.length - record;
    const file = newFile(bytes.subarray(0, bytes.length - 5));
    const tail = new EventFileTail(file);
    expect(stepsOf(await readAll(tail, 1))).toEqual([0, 1]);
    // Taken back and written over between two looks, so that the file never looks shorter.
    truncateSync(file, good);
    const other = bytesOf(6, 7);
    appendFileSync(file, other.subarray(good));
    expect(stepsOf(await readAll(tail))).toEqual([2, 3, 4, 5]);
    expect(tail.problem).toBeUndefined();
  });

  it('reports damage once with its offset, keeps what came before, and stays quiet', async () => {
    const bytes = bytesOf(10);
    const at = bytesOf(4).length;
    bytes[at + 20] = (bytes[at + 20] ?? 0) ^ 0xff;
    const file = newFile(bytes);
    const tail = new EventFileTail(file);
    expect(stepsOf(await readAll(tail))).toEqual([0, 1, 2, 3]);
    expect(tail.problem).toEqual({ code: 'events-bad-checksum', args: { file: path.basename(file), offset: at } });
    appendFileSync(file, bytes);
    expect(await readAll(tail)).toEqual([]);
    expect(tail.problem?.code).toBe('events-bad-checksum');
  });

  it('says that a file became shorter, and that it was replaced by another', async () => {
    const bytes = bytesOf(10);
    const file = newFile(bytes);
    const shortened = new EventFileTail(file);
    const replaced = new EventFileTail(file);
    await readAll(shortened);
    await readAll(replaced);

    truncateSync(file, 100);
    expect(await readAll(shortened)).toEqual([]);
    expect(shortened.problem).toMatchObject({ code: 'events-truncated', args: { offset: bytes.length, value: 100 } });

    renameSync(newFile(bytesOf(30, 5)), file);
    expect(await readAll(replaced)).toEqual([]);
    expect(replaced.problem).toMatchObject({ code: 'events-replaced', args: { offset: bytes.length } });
  });

  it('goes on in a file that was replaced by a longer copy of itself', async () => {
    const bytes = bytesOf(10);
    const file = newFile(bytes.subarray(0, bytes.length - 30));
    const tail = new EventFileTail(file);
    const before = stepsOf(await readAll(tail));
    renameSync(newFile(bytes), file);
    expect([...before, ...stepsOf(await readAll(tail))]).toEqual(Array.from({ length: 10 }, (_, step) => step));
    expect(tail.problem).toBeUndefined();
  });

  it('says that a file is gone or cannot be read, and goes on when it is back', async () => {
    const bytes = bytesOf(4);
    const file = newFile(bytes);
    const tail = new EventFileTail(file);
    await readAll(tail);
    const copy = `${file}.copy`;
    copyFileSync(file, copy);
    unlinkSync(file);
    await readAll(tail);
    expect(tail.problem?.code).toBe('events-deleted');
    mkdirSync(file);
    await readAll(tail);
    expect(tail.problem?.code).toMatch(/events-(unreadable|truncated|replaced)/);

    const other = new EventFileTail(copy);
    await readAll(other);
    renameSync(copy, `${copy}.away`);
    await readAll(other);
    renameSync(`${copy}.away`, copy);
    appendFileSync(copy, bytesOf(6).subarray(bytes.length));
    expect(stepsOf(await readAll(other))).toEqual([4, 5]);
    expect(other.problem).toBeUndefined();
  });

  it('reads a large file in chunks, giving way between them', async () => {
    const folder = folders.make();
    const writer = EventWriter.open(folder);
    const layout = layoutOf(500, 10);
    const values = new Float32Array(5000);
    for (let step = 0; step < 400; step++) writer.depth(step, layout, values);
    writer.close();
    const tail = new EventFileTail(writer.file);
    let largest = 0;
    let calls = 0;
    let seen = 0;
    for (let more = true; more; calls++) {
      const read = await tail.read();
      largest = Math.max(largest, read.events.length);
      seen += read.events.length;
      more = read.more;
    }
    expect(seen).toBe(402);
    expect(calls).toBeGreaterThan(3);
    expect(largest).toBeLessThan(200);
  });

  it('goes on from where an earlier reader rested', async () => {
    const bytes = bytesOf(10);
    const file = newFile(bytes.subarray(0, bytesOf(5).length + 11));
    const first = new EventFileTail(file);
    await readAll(first);
    writeFileSync(file, bytes);
    const second = new EventFileTail(file, first.resting);
    expect(stepsOf(await readAll(second))).toEqual([5, 6, 7, 8, 9]);
  });
});
