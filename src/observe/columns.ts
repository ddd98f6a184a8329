// The depth statistics that one event file recorded, turned from rows per step into columns per
// statistic, with the pyramid above them. Only the last, incomplete block of each level is held here;
// complete ones go to the block store. What is stored follows from the event file alone.

import type { DepthLayout } from '../experiment/events';
import type { BlockStore } from './blocks';
import { GrowingFloat64 } from './growing';
import { type Block, blockOver, entryBytes, FACTOR, foldBlock } from './pyramid';

/** Transposed together, so that what is read with strides stays in the processor's nearest cache. */
const ROWS_AT_ONCE = 64;

/** What a later reader continues from; the complete blocks are in the block store's files. */
export interface ColumnsState {
  readonly layout: DepthLayout;
  readonly steps: Float64Array<ArrayBuffer>;
  /** The incomplete block of level 0, all statistics. */
  readonly tail: Uint8Array<ArrayBuffer>;
}

export class ColumnStore {
  private readonly recorded: GrowingFloat64;
  /** The block being filled, by level. */
  private readonly tails: Uint8Array<ArrayBuffer>[] = [];

  /** Throws `DamagedBlock` where `state` is given and its blocks are not as they were. */
  constructor(
    readonly layout: DepthLayout,
    private readonly blocks: BlockStore,
    state?: ColumnsState,
  ) {
    this.recorded = new GrowingFloat64(state?.steps);
    if (state === undefined) return;
    // Copied, because floats need an aligned place.
    this.tails.push(state.tail.slice());
    for (let level = 1; this.entries(level) > 0; level++) this.refold(level);
  }

  /** Recorded columns. */
  get length(): number {
    return this.recorded.length;
  }

  get steps(): GrowingFloat64 {
    return this.recorded;
  }

  get rows(): number {
    return this.layout.rows.length;
  }

  /** Adds a column; `values` is row-major [rows, statistics] as recorded. */
  append(step: number, values: Float32Array): void {
    const { rows } = this;
    const statistics = this.layout.columns.length;
    const entry = this.length % FACTOR;
    const tail = this.tail(0);
    const floats = new Float32Array(tail.buffer, tail.byteOffset, tail.length / 4);
    for (let begin = 0; begin < rows; begin += ROWS_AT_ONCE) {
      const end = Math.min(rows, begin + ROWS_AT_ONCE);
      for (let statistic = 0; statistic < statistics; statistic++) {
        const start = (statistic * FACTOR + entry) * rows;
        for (let row = begin; row < end; row++) floats[start + row] = values[row * statistics + statistic] ?? Number.NaN;
      }
    }
    this.recorded.push(step);
    if (entry === FACTOR - 1) this.complete(0);
  }

  /** One block of one statistic, complete or not; valid until the next call. Throws `DamagedBlock`. */
  block(level: number, index: number, statistic: number): Block {
    if (index < Math.floor(this.entries(level) / FACTOR)) return this.blocks.read(level, index, statistic);
    return this.part(this.tail(level), level, statistic);
  }

  /** What continues this store, once the block store has flushed; a copy. */
  state(): ColumnsState {
    return { layout: this.layout, steps: this.recorded.view().slice(), tail: this.tail(0).slice() };
  }

  /** Complete entries of a level. */
  private entries(level: number): number {
    return Math.floor(this.length / FACTOR ** level);
  }

  /** The tail of `level` is full: sum it up into the level above and hand it over. */
  private complete(level: number): void {
    const full = this.tail(level);
    const above = this.entries(level + 1) - 1;
    this.sumUp(level, above, (statistic) => this.part(full, level, statistic));
    this.blocks.append(level, full);
    this.tails[level] = this.blocks.fresh(level);
    if (above % FACTOR === FACTOR - 1) this.complete(level + 1);
  }

  /** Restores the incomplete block of a level from the complete blocks below it. */
  private refold(level: number): void {
    const entries = this.entries(level);
    for (let entry = entries - (entries % FACTOR); entry < entries; entry++) {
      this.sumUp(level - 1, entry, (statistic) => this.blocks.read(level - 1, entry, statistic));
    }
  }

  /** Makes entry `entry` of the level above `level` out of one whole block of each statistic. */
  private sumUp(level: number, entry: number, blockOf: (statistic: number) => Block): void {
    const target = this.tail(level + 1);
    for (let statistic = 0; statistic < this.layout.columns.length; statistic++) {
      foldBlock(blockOf(statistic), level, this.rows, this.part(target, level + 1, statistic), entry % FACTOR);
    }
  }

  private tail(level: number): Uint8Array<ArrayBuffer> {
    let tail = this.tails[level];
    if (tail === undefined) {
      tail = this.blocks.fresh(level);
      this.tails[level] = tail;
    }
    return tail;
  }

  private part(block: Uint8Array<ArrayBuffer>, level: number, statistic: number): Block {
    const length = FACTOR * entryBytes(level, this.rows);
    return blockOver(block.buffer, block.byteOffset + statistic * length, length);
  }
}
