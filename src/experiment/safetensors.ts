// Tensors in files, in the format that the rest of the field reads: `u64 header length | JSON header |
// data`. Node writes and reads at most 2 GiB at once, and its buffers end at 4 GiB, so everything here
// goes through the file in chunks. Numbers are little-endian, as is every machine that Node runs on.

import { type FileHandle, open, unlink } from 'node:fs/promises';
import { getFloat16 } from '@petamoriken/float16';
import { Failure } from './failure';
import { diskFailure, openRegular } from './files';
import {
  countOf,
  DTYPE_BYTES,
  type Dtype,
  formatHeader,
  HEADER_LIMIT,
  PREFIX_BYTES,
  parseHeader,
  type SafetensorsHeader,
  type TensorInfo,
} from './safetensorsHeader';

/** Largest single read or write, in bytes. */
const CHUNK = 2 ** 26;
/** Tensors smaller than this are gathered: a deep model has tens of thousands of them. */
const STAGING = 2 ** 22;

export type TensorData = Float32Array | Int32Array | Uint8Array | BigInt64Array;

export interface TensorEntry {
  readonly name: string;
  readonly shape: readonly number[];
  /** F32 unless given; `data` must be of the array type that holds it. */
  readonly dtype?: 'F32' | 'I32' | 'U8' | 'I64';
  /** A function is called when the tensor's turn has come, and what it gives may be reused after that. */
  readonly data: TensorData | (() => TensorData | Promise<TensorData>);
}

/**
 * Writes `file` and makes it durable; tensors follow each other as given, wider types first.
 * Throws disk `Failure`s (the file is then removed), and a RangeError for data that does not agree
 * with its entry.
 * @param metadata strings beside `format: pt`, which other tools expect
 */
export async function writeSafetensors(
  file: string,
  entries: Iterable<TensorEntry>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const ordered = [...entries].sort((a, b) => DTYPE_BYTES[b.dtype ?? 'F32'] - DTYPE_BYTES[a.dtype ?? 'F32']);
  const tensors = new Map<string, TensorInfo>();
  let at = 0;
  for (const { name, shape, dtype = 'F32' } of ordered) {
    const count = countOf(shape);
    if (count === undefined || tensors.has(name)) throw new RangeError(`tensor ${name} has an impossible shape or is given twice`);
    const end = at + count * DTYPE_BYTES[dtype];
    tensors.set(name, { dtype, shape, begin: at, end });
    at = end;
  }
  try {
    const handle = await open(file, 'w');
    try {
      const writer = new ChunkWriter(handle);
      await writer.write(formatHeader({ tensors, metadata: { format: 'pt', ...metadata } }));
      for (const entry of ordered) await writer.write(await dataOf(entry));
      await writer.flush();
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    await unlink(file).catch(() => undefined);
    throw diskFailure(error, file);
  }
}

async function dataOf({ name, shape, dtype = 'F32', data: source }: TensorEntry): Promise<Uint8Array> {
  const data = typeof source === 'function' ? await source() : source;
  if (data.length !== countOf(shape) || dtypeOf(data) !== dtype) {
    throw new RangeError(`tensor ${name} is ${dtype} [${shape}] but was given ${data.length} numbers of ${dtypeOf(data)}`);
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function dtypeOf(data: TensorData): Dtype {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Int32Array) return 'I32';
  return data instanceof Uint8Array ? 'U8' : 'I64';
}

class ChunkWriter {
  private readonly staging = new Uint8Array(STAGING);
  private staged = 0;

  constructor(private readonly handle: FileHandle) {}

  async write(bytes: Uint8Array): Promise<void> {
    if (this.staged + bytes.length > STAGING) await this.flush();
    if (bytes.length > STAGING) return await this.writeThrough(bytes);
    this.staging.set(bytes, this.staged);
    this.staged += bytes.length;
  }

  async flush(): Promise<void> {
    await this.writeThrough(this.staging.subarray(0, this.staged));
    this.staged = 0;
  }

  private async writeThrough(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.handle.write(bytes, done, Math.min(CHUNK, bytes.length - done), null);
      done += bytesWritten;
    }
  }
}

/** An open file whose header agrees with its size; tensors are read one at a time. */
export class SafetensorsReader {
  /** In the order of the data. */
  readonly names: readonly string[];

  private constructor(
    private readonly file: string,
    private readonly handle: FileHandle,
    private readonly header: SafetensorsHeader,
    private readonly dataStart: number,
  ) {
    this.names = [...header.tensors.keys()];
  }

  /** Throws `Failure` `safetensors-malformed` or a disk failure, and what `open` throws for a missing file. */
  static async open(file: string): Promise<SafetensorsReader> {
    const handle = await openRegular(file).catch((error: unknown) => {
      throw diskFailure(error, file);
    });
    try {
      const { size } = await handle.stat();
      if (size < PREFIX_BYTES) throw new Error(`${size} bytes are too few for a header`);
      const prefix = Buffer.alloc(PREFIX_BYTES);
      await readExactly(handle, prefix, 0);
      const length = prefix.readBigUInt64LE();
      if (length > HEADER_LIMIT || Number(length) > size - PREFIX_BYTES) throw new Error(`a header of ${length} bytes is impossible`);
      const json = new Uint8Array(Number(length));
      await readExactly(handle, json, PREFIX_BYTES);
      const dataStart = PREFIX_BYTES + json.length;
      return new SafetensorsReader(file, handle, parseHeader(json, size - dataStart), dataStart);
    } catch (error) {
      await handle.close();
      throw malformed(file, error);
    }
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.header.metadata;
  }

  has(name: string): boolean {
    return this.header.tensors.has(name);
  }

  /** Throws `Failure` `safetensors-missing` where there is no such tensor. */
  info(name: string): TensorInfo {
    const info = this.header.tensors.get(name);
    if (info === undefined) throw new Failure('safetensors-missing', { file: this.file, name });
    return info;
  }

  /**
   * A tensor's numbers, row-major, as 32-bit floats (rounded where its type is wider).
   * @param into as long as the tensor, which a RangeError insists on; made where it is not given
   * Throws `Failure` `safetensors-missing`, or `safetensors-malformed` where the file has shrunk since.
   */
  async read(name: string, into?: Float32Array): Promise<Float32Array> {
    const { dtype, begin, end } = this.info(name);
    const count = (end - begin) / DTYPE_BYTES[dtype];
    const target = into ?? new Float32Array(count);
    if (target.length !== count) throw new RangeError(`tensor ${name} has ${count} numbers, not ${target.length}`);
    try {
      if (dtype === 'F32') {
        await readExactly(this.handle, new Uint8Array(target.buffer, target.byteOffset, target.byteLength), this.dataStart + begin);
      } else {
        await this.convert(dtype, this.dataStart + begin, target);
      }
    } catch (error) {
      throw malformed(this.file, error);
    }
    return target;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  private async convert(dtype: Dtype, start: number, target: Float32Array): Promise<void> {
    const width = DTYPE_BYTES[dtype];
    const scratch = new Uint8Array(Math.min(STAGING, target.length * width));
    const view = new DataView(scratch.buffer);
    const perChunk = STAGING / width;
    for (let done = 0; done < target.length; done += perChunk) {
      const count = Math.min(perChunk, target.length - done);
      await readExactly(this.handle, scratch.subarray(0, count * width), start + done * width);
      for (let i = 0; i < count; i++) target[done + i] = NUMBER_AT[dtype](view, i * width);
    }
  }
}

const NUMBER_AT: Readonly<Record<Dtype, (view: DataView, offset: number) => number>> = {
  F64: (view, offset) => view.getFloat64(offset, true),
  I64: (view, offset) => Number(view.getBigInt64(offset, true)),
  U64: (view, offset) => Number(view.getBigUint64(offset, true)),
  F32: (view, offset) => view.getFloat32(offset, true),
  I32: (view, offset) => view.getInt32(offset, true),
  U32: (view, offset) => view.getUint32(offset, true),
  F16: (view, offset) => getFloat16(view, offset, true),
  BF16: (view, offset) => bfloatToNumber(view.getUint16(offset, true)),
  I16: (view, offset) => view.getInt16(offset, true),
  U16: (view, offset) => view.getUint16(offset, true),
  I8: (view, offset) => view.getInt8(offset),
  U8: (view, offset) => view.getUint8(offset),
  BOOL: (view, offset) => view.getUint8(offset),
};

/** The upper half of a 32-bit float is one. */
const widened = new DataView(new ArrayBuffer(4));

function bfloatToNumber(half: number): number {
  widened.setUint16(0, half);
  return widened.getFloat32(0);
}

async function readExactly(handle: FileHandle, target: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < target.length; ) {
    const { bytesRead } = await handle.read(target, done, Math.min(CHUNK, target.length - done), position + done);
    if (bytesRead === 0) throw new Error(`it ends at byte ${position + done}`);
    done += bytesRead;
  }
}

function malformed(file: string, error: unknown): unknown {
  const known = diskFailure(error, file);
  if (known instanceof Failure) return known;
  return new Failure('safetensors-malformed', { file, detail: error instanceof Error ? error.message : String(error) }, { cause: error });
}
