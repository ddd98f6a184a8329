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

/** `FACTOR` consecutive entries of one statistic; all views cover the same bytes. */
export interface Block {
  readonly floats: Float32Array;
  /** The floats' bits. */
  readonly bits: Int32Array;
  readonly bytes: Uint8Array;
}

export function blockOver(buffer: ArrayBufferLike, byteOffset: number, byteLength: number): Block {
  return {
    floats: new Float32Array(buffer, byteOffset, byteLength / 4),
    bits: new Int32Array(buffer, byteOffset, byteLength / 4),
    bytes: new Uint8Array(buffer, byteOffset, byteLength),
  };
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

/** Where folded values go: minimum and maximum (as the bits of floats) and flags of each cell. */
export interface Cells {
  readonly minimum: Int32Array;
  readonly maximum: Int32Array;
  readonly flags: Uint8Array;
}

const INFINITY_BITS = 0x7f800000;
const NEGATIVE_INFINITY_BITS = 0xff800000 | 0;

/** Empties cells: nothing is above +Infinity's minimum and below −Infinity's maximum. */
function emptied(cells: Cells): Cells {
  cells.minimum.fill(INFINITY_BITS);
  cells.maximum.fill(NEGATIVE_INFINITY_BITS);
  cells.flags.fill(0);
  return cells;
}

/** The bits of floats, made to compare as signed integers do, and back again. */
function ordered(bits: number): number {
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

// Of values in no order half the comparisons surprise the processor; these two have no branch, which
// makes folding three times as quick (2.3 against 6.7 ns per value).
function smaller(a: number, b: number): number {
  return a ^ ((a ^ b) & -+(b < a));
}
function larger(a: number, b: number): number {
  return a ^ ((a ^ b) & -+(b > a));
}

/** Rows that each cell of a picture's column takes: cell y those from `from[y]` up to `to[y]`. */
export interface RowSpans {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
}

/** Folds entries [from, to) of a block into the cells `base`, `base` + 1, …, each from its span of rows. */
export function foldEntries(
  block: Block,
  level: number,
  rows: number,
  from: number,
  to: number,
  spans: RowSpans,
  base: number,
  into: Cells,
): void {
  if (level === 0) foldColumns(block, rows, from, to, spans, base, into);
  else foldSums(block, entryBytes(level, rows), rows, from, to, spans, base, into);
}

// In both loops every index is inside by the callers' doing; the zeros behind `??` are never used.

function foldColumns({ bits }: Block, rows: number, from: number, to: number, spans: RowSpans, base: number, into: Cells): void {
  const { minimum, maximum, flags } = into;
  const cells = spans.from.length;
  for (let y = 0; y < cells; y++) {
    const cell = base + y;
    const end = spans.to[y] ?? 0;
    let least = ordered(minimum[cell] ?? 0);
    let most = ordered(maximum[cell] ?? 0);
    let flag = flags[cell] ?? 0;
    for (let row = spans.from[y] ?? 0; row < end; row++) {
      for (let at = from * rows + row, stop = to * rows; at < stop; at += rows) {
        const word = bits[at] ?? 0;
        if ((word & INFINITY_BITS) !== INFINITY_BITS) {
          const value = ordered(word);
          least = smaller(least, value);
          most = larger(most, value);
        } else {
          flag |= (word & ~NEGATIVE_INFINITY_BITS) === 0 ? CELL_INFINITE : CELL_NAN;
        }
      }
    }
    minimum[cell] = ordered(least);
    maximum[cell] = ordered(most);
    flags[cell] = flag;
  }
}

function foldSums(
  { bits, bytes }: Block,
  stride: number,
  rows: number,
  from: number,
  to: number,
  spans: RowSpans,
  base: number,
  { minimum, maximum, flags }: Cells,
): void {
  const cells = spans.from.length;
  for (let y = 0; y < cells; y++) {
    const cell = base + y;
    const end = spans.to[y] ?? 0;
    let least = ordered(minimum[cell] ?? 0);
    let most = ordered(maximum[cell] ?? 0);
    let flag = flags[cell] ?? 0;
    for (let row = spans.from[y] ?? 0; row < end; row++) {
      for (let entry = from; entry < to; entry++) {
        const at = (entry * stride) / 4 + row;
        least = smaller(least, ordered(bits[at] ?? 0));
        most = larger(most, ordered(bits[at + rows] ?? 0));
        flag |= bytes[entry * stride + 8 * rows + row] ?? 0;
      }
    }
    minimum[cell] = ordered(least);
    maximum[cell] = ordered(most);
    flags[cell] = flag;
  }
}

/** Folds a whole block of `level` into one entry of the level above, kept in `target` at `entry`. */
export function foldBlock(block: Block, level: number, rows: number, target: Block, entry: number): void {
  const stride = entryBytes(level + 1, rows);
  const start = (entry * stride) / 4;
  const cells = emptied({
    minimum: target.bits.subarray(start, start + rows),
    maximum: target.bits.subarray(start + rows, start + 2 * rows),
    flags: target.bytes.subarray(entry * stride + 8 * rows, entry * stride + 9 * rows),
  });
  foldEntries(block, level, rows, 0, FACTOR, eachRow(rows), 0, cells);
}

let knownRows = new Uint32Array(0);

/** Spans that give every row a cell of its own. */
function eachRow(rows: number): RowSpans {
  if (knownRows.length <= rows) knownRows = Uint32Array.from({ length: rows + 1 }, (_, row) => row);
  return { from: knownRows.subarray(0, rows), to: knownRows.subarray(1, rows + 1) };
}
