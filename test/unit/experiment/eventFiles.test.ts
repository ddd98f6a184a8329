import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { crc32c, maskedCrc32c } from '../../../src/experiment/crc32c';
import { EventDecoder } from '../../../src/experiment/eventReader';
import type { DepthLayout, RunEvent } from '../../../src/experiment/events';
import { EventWriter } from '../../../src/experiment/eventWriter';
import { watchDisk } from '../../faults/disk';
import { scratch } from './scratch';

const layout: DepthLayout = { rows: ['embedding', 'layer 1', 'head'], columns: ['activation_rms', 'gradient_rms'] };

function written(write: (writer: EventWriter) => void, options?: { sessionStart?: number }): Uint8Array {
  const writer = EventWriter.open(scratch(), options);
  write(writer);
  writer.close();
  return readFileSync(writer.file);
}

function decode(bytes: Uint8Array): { events: RunEvent[]; decoder: EventDecoder } {
  const decoder = new EventDecoder('file');
  return { events: decoder.push(bytes), decoder };
}

const sample = () =>
  written((writer) => {
    writer.scalars(1, { 'loss/train': 5.5, lr: 0.25 });
    writer.depth(1, layout, Float32Array.of(1, 2, 3, 4, 5, 6));
    writer.text(2, 'alert', '{"what":"ä"}');
  });

/** The records of a file, framing included. */
function records(bytes: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 16 + Number(new DataView(bytes.buffer, bytes.byteOffset + at).getBigUint64(0, true));
    found.push(bytes.slice(at, at + length));
    at += length;
  }
  return found;
}

describe('checksums', () => {
  it('are those of RFC 3720 and of the record format', () => {
    const text = (value: string) => new TextEncoder().encode(value);
    expect(crc32c(text('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(maskedCrc32c(new Uint8Array(0))).toBe(0xa282ead8);
  });
});

describe('an event file', () => {
  it('says its version first, then what was written, in order', () => {
    const { events, decoder } = decode(sample());
    expect(decoder.problem).toBeUndefined();
    expect(events.map((event) => event.kind)).toEqual(['version', 'session-start', 'scalars', 'depth', 'text']);
    expect(events[0]).toMatchObject({ version: 'brain.Event:2' });
    expect(events[1]).toMatchObject({ step: 0 });
    expect(events[2]).toMatchObject({ step: 1, values: { 'loss/train': 5.5, lr: 0.25 } });
    expect(events[3]).toMatchObject({ step: 1, rows: 3, columns: 2, layout, values: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect(events[4]).toMatchObject({ step: 2, tag: 'alert', text: '{"what":"ä"}' });
    for (const event of events) expect(Math.abs(event.wallTime - Date.now() / 1000)).toBeLessThan(60);
  });

  it('holds histograms under tags of their own, named once each', () => {
    const [first, second] = [
      { rows: ['layer 1', 'layer 2'], edges: [-1, 1] },
      { rows: ['layer 1'], edges: [0.5] },
    ];
    const { events } = decode(
      written((writer) => {
        for (const step of [1, 5]) {
          writer.histogram(step, 'activations', first, Float32Array.of(1, 2, 3, 4, 5, 6));
          writer.histogram(step, 'weights', second, Float32Array.of(7, 8));
        }
        expect(() => writer.histogram(6, 'weights', second, Float32Array.of(7))).toThrow(RangeError);
      }),
    );
    expect(events.slice(2)).toMatchObject([
      { kind: 'histogram', step: 1, name: 'activations', layout: first, rows: 2, bins: 3, values: Float32Array.of(1, 2, 3, 4, 5, 6) },
      { kind: 'histogram', step: 1, name: 'weights', layout: second, rows: 1, bins: 2, values: Float32Array.of(7, 8) },
      { kind: 'histogram', step: 5, name: 'activations', rows: 2, bins: 3 },
      { kind: 'histogram', step: 5, name: 'weights' },
    ]);
    expect(events.at(-1)).not.toHaveProperty('layout');
  });

  it('is on the disk before the next call, without closing', () => {
    const writer = EventWriter.open(scratch());
    writer.scalars(1, { a: 1 });
    expect(decode(readFileSync(writer.file)).events.length).toBe(3);
    writer.close();
    writer.close();
    expect(() => writer.scalars(2, { a: 1 })).toThrow(/closed/);
  });

  it('starts a resumed session at its step', () => {
    const { events } = decode(written(() => undefined, { sessionStart: 201 }));
    expect(events[1]).toMatchObject({ kind: 'session-start', step: 201 });
  });

  it('names rows and columns once, and again when they change', () => {
    const wider: DepthLayout = { ...layout, columns: [...layout.columns, 'weight_norm'] };
    const { events } = decode(
      written((writer) => {
        writer.depth(1, layout, new Float32Array(6));
        writer.depth(2, layout, new Float32Array(6));
        writer.depth(3, wider, new Float32Array(9));
      }),
    );
    expect(events.slice(2).map((event) => event.kind === 'depth' && event.layout)).toEqual([layout, undefined, wider]);
  });

  it('refuses a depth tensor of another shape than its names', () => {
    const writer = EventWriter.open(scratch());
    expect(() => writer.depth(1, layout, new Float32Array(5))).toThrow(RangeError);
    writer.close();
  });

  it('never writes into an older file', () => {
    const folder = scratch();
    const first = EventWriter.open(folder);
    const second = EventWriter.open(folder);
    expect(path.basename(first.file)).toMatch(/^events\.out\.tfevents\.\d{10}\..+\.\d+\.\d+$/);
    expect(second.file).not.toBe(first.file);
    first.close();
    second.close();
    // Without a session start of its own, a later file adds to what older ones say.
    expect(decode(readFileSync(second.file)).events.map((event) => event.kind)).toEqual(['version']);
  });

  it('sorts after older ones, though the clock was put back or the second is the same', () => {
    const folder = scratch();
    onTestFinished(() => void vi.useRealTimers());
    const files = [2_000_000_000, 1_000_000_000, 1_000_000_000, 2_000_000_100].map((seconds) => {
      vi.useFakeTimers({ now: 1000 * seconds });
      const writer = EventWriter.open(folder, { sessionStart: 1 });
      writer.close();
      return path.basename(writer.file);
    });
    expect(files.toSorted()).toEqual(files);
    expect(new Set(files.map((name) => name.split('.')[3]))).toEqual(new Set(['2000000000', '2000000001', '2000000002', '2000000100']));
  });

  it('goes on whole after a write that the disk did not finish', () => {
    let code: string | undefined;
    onTestFinished(watchDisk(({ name }) => (name === 'write' && code !== undefined ? { code, bytes: 5 } : undefined)));
    const writer = EventWriter.open(scratch());
    writer.scalars(1, { loss: 1 });
    code = 'ENOSPC';
    expect(() => writer.scalars(2, { loss: 2 })).toThrow(
      expect.objectContaining({ code: 'disk-full', args: { path: writer.file, errno: 'ENOSPC' } }),
    );
    code = 'EIO';
    expect(() => writer.scalars(2, { loss: 2 })).toThrow(/EIO/);
    code = undefined;
    writer.scalars(3, { loss: 3 });
    const { events, decoder } = decode(readFileSync(writer.file));
    expect(events.flatMap((event) => (event.kind === 'scalars' ? [event.step] : []))).toEqual([1, 3]);
    expect(decoder.problem).toBeUndefined();
  });

  it('says by name when its folder cannot be written', () => {
    const blocked = path.join(scratch(), 'file');
    writeFileSync(blocked, '');
    expect(() => EventWriter.open(blocked)).toThrow();
  });

  it.runIf(existsSync('/dev/full'))('becomes a clear failure on a full disk', () => {
    const writer = EventWriter.open(scratch());
    writer.close();
    // The descriptor is the writer's own affair; a device that is always full stands in for the disk.
    const descriptor = openSync('/dev/full', 'w');
    Object.assign(writer, { descriptor });
    expect(() => writer.scalars(1, { a: 1 })).toThrow(/is full/);
    writer.close();
  });
});

describe('round trips', () => {
  it('keeps every float32, NaN and infinities included, bit for bit', () => {
    const values = fc.float32Array({ minLength: 6, maxLength: 6 });
    const step = fc.nat({ max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(values, step, (array, at) => {
        const { events } = decode(written((writer) => writer.depth(at, layout, array)));
        expect(events[2]).toMatchObject({ kind: 'depth', step: at, values: array });
        const scalars = decode(written((writer) => writer.scalars(at, { a: array[0] ?? 0, __proto__x: array[1] ?? 0 }))).events[2];
        expect(scalars).toMatchObject({ kind: 'scalars', values: { a: array[0], __proto__x: array[1] } });
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('keeps every text and tag', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, tag) => {
        const { events } = decode(written((writer) => writer.text(1, `x${tag}`, text)));
        expect(events[2]).toMatchObject({ kind: 'text', tag: `x${tag}`, text });
      }),
      { numRuns: 60, seed: 2 },
    );
  });
});

describe('reading a file as it grows', () => {
  it('gives the same events however the bytes arrive, and knows where it is', () => {
    const bytes = sample();
    const whole = decode(bytes).events;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 20 }), (cuts) => {
        const decoder = new EventDecoder('file');
        const events: RunEvent[] = [];
        let from = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), bytes.length]) {
          events.push(...decoder.push(bytes.subarray(from, cut)));
          expect(decoder.offset).toBeLessThanOrEqual(cut);
          from = cut;
        }
        expect(events).toEqual(whole);
        expect(decoder.offset).toBe(bytes.length);
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  it('takes a torn end for patience, and goes on from its offset in a new reader', () => {
    const bytes = sample();
    for (let length = 0; length < bytes.length; length++) {
      const { events, decoder } = decode(bytes.subarray(0, length));
      expect(decoder.problem).toBeUndefined();
      const later = new EventDecoder('file', decoder.offset);
      expect([...events, ...later.push(bytes.subarray(decoder.offset))]).toEqual(decode(bytes).events);
      expect(later.offset).toBe(bytes.length);
    }
  });

  it('does not let its events change when more arrives', () => {
    const bytes = sample();
    const decoder = new EventDecoder('file');
    const depth = decoder.push(bytes).find((event) => event.kind === 'depth');
    decoder.push(new Uint8Array(1_000_000).fill(255));
    expect(depth).toMatchObject({ values: Float32Array.of(1, 2, 3, 4, 5, 6) });
  });

  it('reports any flipped byte once, keeps what came before, and stops for good', () => {
    const bytes = sample();
    const whole = decode(bytes).events;
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      const { events, decoder } = decode(damaged);
      expect(decoder.problem).toEqual({ code: 'events-bad-checksum', args: { file: 'file', offset: decoder.offset } });
      expect(decoder.offset).toBeLessThanOrEqual(at);
      expect(events).toEqual(whole.slice(0, events.length));
      expect(decoder.push(bytes)).toEqual([]);
    }
  });

  it('spends no memory on a length that a file only claims', () => {
    for (const length of [2n ** 63n, 2n ** 32n, 65n * 1024n * 1024n]) {
      const header = new Uint8Array(12);
      const view = new DataView(header.buffer);
      view.setBigUint64(0, length, true);
      view.setUint32(8, maskedCrc32c(header.subarray(0, 8)), true);
      const { decoder } = decode(header);
      expect(decoder.problem).toMatchObject({ code: 'events-too-long', args: { offset: 0 } });
    }
  });

  it.each([
    ['values', Buffer.from([0x0a, 0x00])],
    ['texts', Buffer.from([0x42, 0x00])],
    ['dimensions', Buffer.from([0x12, 0x00])],
  ])('spends no memory on %s of two bytes by the million', (what, two) => {
    const field = (number: number, content: Buffer): Buffer => {
      const length: number[] = [];
      for (let left = content.length; ; left >>>= 7) {
        length.push(left > 127 ? (left & 127) | 128 : left);
        if (left <= 127) break;
      }
      return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), content]);
    };
    const many = Buffer.alloc(4_000_000, two);
    const tensor = { values: many, texts: field(1, field(8, many)), dimensions: field(1, field(8, field(2, many))) }[what] ?? many;
    const payload = field(5, tensor);
    const record = Buffer.alloc(payload.length + 16);
    record.writeBigUInt64LE(BigInt(payload.length));
    record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
    record.set(payload, 12);
    record.writeUInt32LE(maskedCrc32c(payload), 12 + payload.length);
    const before = process.memoryUsage();
    const { events, decoder } = decode(record);
    const after = process.memoryUsage();
    expect(events).toEqual([]);
    expect(decoder.problem?.code).toBe('events-malformed');
    expect(after.heapTotal - before.heapTotal).toBeLessThan(30e6);
  });

  it('survives any bytes whose checksums agree', () => {
    const bytes = sample();
    const depthRecord = records(bytes)[3] ?? bytes;
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.tuple(fc.nat(), fc.nat(255)).map(([at, value]) => {
        const record = depthRecord.slice(12);
        const inner = record.slice(0, -4);
        inner[at % inner.length] = value;
        return inner;
      }),
    );
    fc.assert(
      fc.property(payload, (bytes) => {
        const record = new Uint8Array(bytes.length + 16);
        const view = new DataView(record.buffer);
        view.setBigUint64(0, BigInt(bytes.length), true);
        view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
        record.set(bytes, 12);
        view.setUint32(12 + bytes.length, maskedCrc32c(bytes), true);
        const { decoder } = decode(record);
        expect([undefined, 'events-malformed']).toContain(decoder.problem?.code);
      }),
      { numRuns: 300, seed: 4 },
    );
  });
});
