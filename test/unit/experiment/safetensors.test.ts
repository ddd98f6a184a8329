import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Failure } from '../../../src/experiment/failure';
import { SafetensorsReader, writeSafetensors } from '../../../src/experiment/safetensors';

let root: string;
let file: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'fathom-safetensors-'));
  file = path.join(root, 'tensors.safetensors');
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/** A file with this header and `data` zero bytes after it. */
async function writeRaw(header: string | Uint8Array, data = 0, length?: bigint): Promise<void> {
  const json = Buffer.from(header);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(json.length));
  await writeFile(file, Buffer.concat([prefix, json, Buffer.alloc(data)]));
}

async function openFailure(): Promise<unknown> {
  return await SafetensorsReader.open(file).then(
    (reader) => reader.close(),
    (error: unknown) => error,
  );
}

describe('writeSafetensors', () => {
  test('what was written is read back, in any order, ready or supplied late', async () => {
    const scratch = new Float32Array(3);
    const late = (value: number) => () => scratch.fill(value);
    await writeSafetensors(
      file,
      [
        { name: 'flags', shape: [3], dtype: 'U8', data: Uint8Array.of(1, 0, 255) },
        { name: 'a', shape: [2, 2], data: Float32Array.of(1.5, -2, Number.NaN, Number.POSITIVE_INFINITY) },
        { name: 'late 7', shape: [3], data: late(7) },
        { name: 'late 8', shape: [1, 3], data: async () => late(8)() },
        { name: 'count', shape: [], dtype: 'I32', data: Int32Array.of(-5) },
        { name: 'wide', shape: [2], dtype: 'I64', data: BigInt64Array.of(2n ** 40n, -1n) },
        { name: 'none', shape: [0, 4], data: new Float32Array(0) },
      ],
      { step: '200' },
    );
    const reader = await SafetensorsReader.open(file);
    expect([...reader.names].sort()).toEqual(['a', 'count', 'flags', 'late 7', 'late 8', 'none', 'wide']);
    expect(reader.metadata).toEqual({ format: 'pt', step: '200' });
    expect(reader.info('late 8')).toMatchObject({ dtype: 'F32', shape: [1, 3] });
    expect(await reader.read('late 8')).toEqual(Float32Array.of(8, 8, 8));
    expect(await reader.read('late 7')).toEqual(Float32Array.of(7, 7, 7));
    expect(await reader.read('a')).toEqual(Float32Array.of(1.5, -2, Number.NaN, Number.POSITIVE_INFINITY));
    expect(await reader.read('flags')).toEqual(Float32Array.of(1, 0, 255));
    expect(await reader.read('count')).toEqual(Float32Array.of(-5));
    expect(await reader.read('wide')).toEqual(Float32Array.of(2 ** 40, -1));
    expect(await reader.read('none')).toHaveLength(0);
    const into = new Float32Array(6);
    await reader.read('late 7', into.subarray(2, 5));
    expect(into).toEqual(Float32Array.of(0, 0, 7, 7, 7, 0));
    await expect(reader.read('a', into)).rejects.toThrow(RangeError);
    await expect(reader.read('b')).rejects.toMatchObject({ code: 'safetensors-missing', args: { name: 'b' } });
    await reader.close();
  });

  test('data begin at a multiple of 8 bytes and every tensor at a multiple of its width', async () => {
    await writeSafetensors(file, [
      { name: 'odd', shape: [3], dtype: 'U8', data: Uint8Array.of(1, 2, 3) },
      { name: 'x', shape: [1], data: Float32Array.of(1) },
    ]);
    const bytes = await readFile(file);
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).toBe(0);
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
    expect(header.x.data_offsets).toEqual([0, 4]);
    expect(header.odd).toEqual({ dtype: 'U8', shape: [3], data_offsets: [4, 7] });
    expect(bytes.length).toBe(8 + length + 7);
  });

  test('many small tensors and one larger than the staging buffer keep their places', async () => {
    const count = 3000;
    const large = Float32Array.from({ length: 1_500_000 }, (_, i) => i % 1009);
    const small = Array.from({ length: count }, (_, i) => ({ name: `t${i}`, shape: [700], data: () => new Float32Array(700).fill(i) }));
    await writeSafetensors(file, [...small.slice(0, 1234), { name: 'large', shape: [large.length], data: large }, ...small.slice(1234)]);
    const reader = await SafetensorsReader.open(file);
    expect(Buffer.from((await reader.read('large')).buffer).equals(Buffer.from(large.buffer))).toBe(true);
    for (const i of [0, 1233, 1234, count - 1]) expect(await reader.read(`t${i}`)).toEqual(new Float32Array(700).fill(i));
    await reader.close();
  });

  test('data that do not agree with their entry are refused and leave no file', async () => {
    const other = path.join(root, 'other.safetensors');
    await expect(writeSafetensors(other, [{ name: 'x', shape: [2], data: Float32Array.of(1) }])).rejects.toThrow(RangeError);
    await expect(writeSafetensors(other, [{ name: 'x', shape: [1], data: () => Int32Array.of(1) }])).rejects.toThrow(RangeError);
    const twice = { name: 'x', shape: [1], data: Float32Array.of(1) };
    await expect(writeSafetensors(other, [twice, twice])).rejects.toThrow(RangeError);
    expect(existsSync(other)).toBe(false);
  });

  test.skipIf(process.platform !== 'linux')('a full disk is a failure that says so', async () => {
    const full = path.join(root, 'full.safetensors');
    await symlink('/dev/full', full);
    const error: unknown = await writeSafetensors(full, [{ name: 'x', shape: [1], data: Float32Array.of(1) }]).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'disk-full', args: { path: full } });
  });
});

describe('SafetensorsReader', () => {
  test('reads half, brain and wider floats and small integers', async () => {
    const header = {
      half: { dtype: 'F16', shape: [6], data_offsets: [0, 12] },
      brain: { dtype: 'BF16', shape: [2], data_offsets: [12, 16] },
      double: { dtype: 'F64', shape: [1], data_offsets: [16, 24] },
      short: { dtype: 'I16', shape: [1], data_offsets: [24, 26] },
    };
    await writeRaw(JSON.stringify(header), 26);
    const handle = await open(file, 'r+');
    const data = Buffer.alloc(26);
    // 1, −2, 65504, 2⁻²⁴, infinity, and 1/3 rounded.
    for (const [i, half] of [0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0x3555].entries()) data.writeUInt16LE(half, 2 * i);
    data.writeUInt16LE(0x3f80, 12);
    data.writeUInt16LE(0xc049, 14);
    data.writeDoubleLE(0.1, 16);
    data.writeInt16LE(-300, 24);
    await handle.write(data, 0, 26, (await stat(file)).size - 26);
    await handle.close();
    const reader = await SafetensorsReader.open(file);
    expect(await reader.read('half')).toEqual(Float32Array.of(1, -2, 65504, 2 ** -24, Number.POSITIVE_INFINITY, 0.333251953125));
    expect(await reader.read('brain')).toEqual(Float32Array.of(1, -3.140625));
    expect(await reader.read('double')).toEqual(Float32Array.of(0.1));
    expect(await reader.read('short')).toEqual(Float32Array.of(-300));
    await reader.close();
  });

  const tensor = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype: unknown = 'F32') => ({
    dtype,
    shape,
    data_offsets: [begin, end],
  });
  test.each([
    ['not JSON', 'nonsense', 0],
    ['an array', '[]', 0],
    ['invalid UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 0],
    ['an unknown type', JSON.stringify({ a: tensor(0, 4, [1], 'F7') }), 4],
    ['a type from the prototype', JSON.stringify({ a: tensor(0, 4, [1], 'toString') }), 4],
    ['a negative size', JSON.stringify({ a: tensor(0, 4, [-1]) }), 4],
    ['a size that overflows', JSON.stringify({ a: tensor(0, 4, [2 ** 40, 2 ** 40]) }), 4],
    ['a size with a fraction', JSON.stringify({ a: tensor(0, 4, [0.5, 2]) }), 4],
    ['a shape that disagrees', JSON.stringify({ a: tensor(0, 4, [2]) }), 4],
    ['offsets backwards', JSON.stringify({ a: tensor(4, 0, [1]) }), 4],
    ['offsets that are no numbers', JSON.stringify({ a: { dtype: 'F32', shape: [1], data_offsets: ['0', '4'] } }), 4],
    ['offsets past the end', JSON.stringify({ a: tensor(0, 8) }), 4],
    ['a gap', JSON.stringify({ a: tensor(0, 4), b: tensor(8, 12) }), 12],
    ['an overlap', JSON.stringify({ a: tensor(0, 8), b: tensor(4, 12) }), 12],
    ['bytes left over', JSON.stringify({ a: tensor(0, 4) }), 5],
    ['metadata that is no object', JSON.stringify({ __metadata__: 3 }), 0],
    ['a tensor that is no object', JSON.stringify({ a: null }), 0],
  ])('refuses %s with one failure', async (_, header, data) => {
    await writeRaw(header, data);
    const error = await openFailure();
    expect(error).toBeInstanceOf(Failure);
    expect(error).toMatchObject({ code: 'safetensors-malformed', args: { file } });
  });

  test.each([2n ** 64n - 1n, 2n ** 40n, 100n])('refuses a header said to be %i bytes long without making room for it', async (length) => {
    await writeRaw('{}', 0, length);
    expect(await openFailure()).toMatchObject({ code: 'safetensors-malformed' });
  });

  test('refuses an empty, a torn and a shrunken file', async () => {
    await writeFile(file, '');
    expect(await openFailure()).toMatchObject({ code: 'safetensors-malformed' });
    await writeSafetensors(file, [{ name: 'x', shape: [100], data: new Float32Array(100) }]);
    const { size } = await stat(file);
    const reader = await SafetensorsReader.open(file);
    await truncate(file, size - 1);
    expect(await openFailure()).toMatchObject({ code: 'safetensors-malformed' });
    await expect(reader.read('x')).rejects.toMatchObject({ code: 'safetensors-malformed' });
    await reader.close();
  });

  test('never throws anything but a failure, whatever bytes it is given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.nat(16), async (header, data) => {
        await writeRaw(header, data);
        const error = await openFailure();
        if (error !== undefined) expect(error).toBeInstanceOf(Failure);
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  test('reads a tensor that lies beyond 4 GiB', async () => {
    const before = 5 * 2 ** 28;
    await writeRaw(JSON.stringify({ big: tensor(0, 4 * before), x: tensor(4 * before, 4 * before + 8) }), 0);
    const start = (await stat(file)).size;
    await truncate(file, start + 4 * before + 8);
    const handle = await open(file, 'r+');
    await handle.write(Buffer.from(Float32Array.of(3, 4).buffer), 0, 8, start + 4 * before);
    await handle.close();
    const reader = await SafetensorsReader.open(file);
    expect(await reader.read('x')).toEqual(Float32Array.of(3, 4));
    await reader.close();
  });
});
