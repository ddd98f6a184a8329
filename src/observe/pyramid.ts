// The arithmetic of the pyramid over recorded columns. Level 0 holds the columns themselves; an entry
// of level k sums up `FACTOR`^k columns by the minimum and maximum of their finite values and flags for
// what was not finite, row by row. Any range of columns is a few entries per level, so a picture of a
// million columns reads about as much as a picture of a thousand, and no spike is lost.

import { CELL_INFINITE, CELL_NAN } from '../experiment/view';

/** Entries per block, and blocks of one level per entry of the next. A block is what is read and checked at once. */
export const FACTOR = 8;

/** Bytes of one entry of one statistic: values, or minimum | maximum | flags padded to whole floats. */
export function entryBytes(level: number, rows: number): number {
  return level === 0 ? 4 * rows : 8 * rows + 4 * Math.ceil(rows / 4);
}

/** `FACTOR` consecutive entries of one statistic; both views cover the same bytes. */
export interface Block {
  readonly floats: Float32Array;
  readonly bytes: Uint8Array;
}

export function blockOver(buffer: ArrayBufferLike, byteOffset: number, byteLength: number): Block {
  return { floats: new Float32Array(buffer, byteOffset, byteLength / 4), bytes: new Uint8Array(buffer, byteOffset, byteLength) };
}

/**
 * The fewest entries that cover columns [from, to) exactly: calls `emit` with half-open ranges of
 * entries, level by level. Only entries that lie wholly inside are named, so all of them are complete.
 */
export function decompose(from: number, to: number, emit: (level: number, from: number, to: number) => void): void {
  let [low, high] = [from, to];
  for (let level = 0; low < high; level++) {
    const nextLow = Math.ceil(low / FACTOR);
    const nextHigh = Math.floor(high / FACTOR);
    if (nextLow >= nextHigh) {
      emit(level, low, high);
      return;
    }
    if (low < nextLow * FACTOR) emit(level, low, nextLow * FACTOR);
    if (nextHigh * FACTOR < high) emit(level, nextHigh * FACTOR, high);
    [low, high] = [nextLow, nextHigh];
  }
}

/** Where folded values go: one cell per target index; start with +Infinity, −Infinity and 0. */
export interface Cells {
  readonly minimum: Float32Array;
  readonly maximum: Float32Array;
  readonly flags: Uint8Array;
}

/**
 * Folds rows [from, from + cellOf.length) of entry `entry` into cells: row from + i goes to cell
 * `base + cellOf[i]`.
 */
export function foldEntry(
  block: Block,
  level: number,
  rows: number,
  entry: number,
  from: number,
  cellOf: Uint32Array,
  base: number,
  into: Cells,
): void {
  const { minimum, maximum, flags } = into;
  const { floats, bytes } = block;
  const count = cellOf.length;
  // Bounds are the callers' (`noUncheckedIndexedAccess` cannot see them); the zeros are never used.
  if (level === 0) {
    const start = entry * rows + from;
    for (let i = 0; i < count; i++) {
      const value = floats[start + i] ?? 0;
      const cell = base + (cellOf[i] ?? 0);
      if (value - value === 0) {
        if (value < (minimum[cell] ?? 0)) minimum[cell] = value;
        if (value > (maximum[cell] ?? 0)) maximum[cell] = value;
      } else {
        flags[cell] = (flags[cell] ?? 0) | (Number.isNaN(value) ? CELL_NAN : CELL_INFINITE);
      }
    }
    return;
  }
  const stride = entryBytes(level, rows);
  const low = (entry * stride) / 4 + from;
  const high = low + rows;
  const flag = entry * stride + 8 * rows + from;
  for (let i = 0; i < count; i++) {
    const cell = base + (cellOf[i] ?? 0);
    const least = floats[low + i] ?? 0;
    const most = floats[high + i] ?? 0;
    if (least < (minimum[cell] ?? 0)) minimum[cell] = least;
    if (most > (maximum[cell] ?? 0)) maximum[cell] = most;
    flags[cell] = (flags[cell] ?? 0) | (bytes[flag + i] ?? 0);
  }
}

/** Folds a whole block of `level` into one entry of the level above, kept in `target` at `entry`. */
export function foldBlock(block: Block, level: number, rows: number, target: Block, entry: number): void {
  const stride = entryBytes(level + 1, rows);
  const start = (entry * stride) / 4;
  const cells: Cells = {
    minimum: target.floats.subarray(start, start + rows).fill(Number.POSITIVE_INFINITY),
    maximum: target.floats.subarray(start + rows, start + 2 * rows).fill(Number.NEGATIVE_INFINITY),
    flags: target.bytes.subarray(entry * stride + 8 * rows, entry * stride + 9 * rows).fill(0),
  };
  const identity = identityRows(rows);
  for (let each = 0; each < FACTOR; each++) foldEntry(block, level, rows, each, 0, identity, 0, cells);
}

let knownIdentity = new Uint32Array(0);

function identityRows(rows: number): Uint32Array {
  if (knownIdentity.length < rows) knownIdentity = Uint32Array.from({ length: rows }, (_, row) => row);
  return knownIdentity.subarray(0, rows);
}
