// The header of a safetensors file: a JSON object from tensor name to type, shape and place. It is read
// from files that anybody may have written, so nothing in it is believed before it is checked, and it
// is never asked to be larger than the file or than the format allows.

export const DTYPE_BYTES = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const;
export type Dtype = keyof typeof DTYPE_BYTES;

/** The format's own limit on a header, in bytes. */
export const HEADER_LIMIT = 100_000_000;
/** The header's length stands before it, a little-endian u64. */
export const PREFIX_BYTES = 8;

export interface TensorInfo {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Bytes from the beginning of the data (after the header), end exclusive. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Elements of a shape; undefined where it is no shape or too large to count. */
export function countOf(shape: readonly unknown[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
    count *= size;
  }
  return Number.isSafeInteger(count) ? count : undefined;
}

/** Prefix and header, filled up with spaces so that the data begins at a multiple of 8 bytes. */
export function formatHeader({ tensors, metadata }: SafetensorsHeader): Uint8Array {
  const entries = [...tensors].map(([name, { dtype, shape, begin, end }]) => [name, { dtype, shape, data_offsets: [begin, end] }] as const);
  const json = Buffer.from(JSON.stringify(Object.fromEntries([['__metadata__', metadata], ...entries])));
  const length = Math.ceil(json.length / PREFIX_BYTES) * PREFIX_BYTES;
  const header = Buffer.alloc(PREFIX_BYTES + length, ' ');
  header.writeBigUInt64LE(BigInt(length));
  header.set(json, PREFIX_BYTES);
  return header;
}

/**
 * The header that `json` is, every claim checked: known types, sizes that agree with shapes, and
 * tensors that fill the data without gap or overlap. Throws an `Error` that says what is wrong.
 * @param dataLength bytes of the file after the header
 */
export function parseHeader(json: Uint8Array, dataLength: number): SafetensorsHeader {
  const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  if (!isObject(value)) throw new Error('the header is not an object');
  let metadata: Record<string, string> = {};
  const found: (readonly [string, TensorInfo])[] = [];
  for (const [name, entry] of Object.entries(value)) {
    if (name === '__metadata__') metadata = parseMetadata(entry);
    else found.push([name, parseInfo(name, entry)]);
  }
  found.sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  for (const [name, { begin, end }] of found) {
    if (begin !== at) throw new Error(`${quote(name)} begins at byte ${begin} where ${at} was expected`);
    at = end;
  }
  if (at !== dataLength) throw new Error(`the tensors take ${at} bytes and the file holds ${dataLength}`);
  return { tensors: new Map(found), metadata };
}

function parseInfo(name: string, entry: unknown): TensorInfo {
  if (!isObject(entry)) throw new Error(`${quote(name)} is not an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !isDtype(dtype)) throw new Error(`${quote(name)} has the unknown type ${quote(dtype)}`);
  const count = Array.isArray(shape) ? countOf(shape) : undefined;
  if (!Array.isArray(shape) || count === undefined) throw new Error(`${quote(name)} has an impossible shape`);
  const [begin, end]: unknown[] = Array.isArray(offsets) && offsets.length === 2 ? offsets : [];
  if (!isOffset(begin) || !isOffset(end)) throw new Error(`${quote(name)} has impossible offsets`);
  if (end - begin !== count * DTYPE_BYTES[dtype]) {
    throw new Error(`${quote(name)} has ${end - begin} bytes, which does not agree with its shape`);
  }
  return { dtype, shape, begin, end };
}

function parseMetadata(entry: unknown): Record<string, string> {
  if (!isObject(entry)) throw new Error('the metadata are not an object');
  const pairs = Object.entries(entry).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(pairs);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDtype(value: string): value is Dtype {
  return Object.hasOwn(DTYPE_BYTES, value);
}

function isOffset(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Names come from the file and may be of any length. */
function quote(value: unknown): string {
  return JSON.stringify(String(value).slice(0, 80));
}
