// One statistic over layers and steps, as far as it has been received: the cells behind the heatmap.
// Values are kept as they came, so that scale, range and colours change without asking anybody.

import { CELL_EMPTY, type Tile } from '../src/experiment/view';
import type { Grid } from './grid';

/** Which of a merged cell's two values is looked at. */
export type Extreme = 'maximum' | 'minimum';

/** Range of the numbers in each cell along the steps, over the layers; infinite where there is none. */
interface ColumnBounds {
  readonly low: Float32Array;
  /** Least number above zero. */
  readonly positive: Float32Array;
  readonly high: Float32Array;
}

function noBounds(width: number): ColumnBounds {
  const filled = (value: number): Float32Array => new Float32Array(width).fill(value);
  return { low: filled(Number.POSITIVE_INFINITY), positive: filled(Number.POSITIVE_INFINITY), high: filled(Number.NEGATIVE_INFINITY) };
}

export class Picture {
  /** Cells by column: index `x · height + y`. */
  readonly minimum: Float32Array;
  readonly maximum: Float32Array;
  readonly flags: Uint8Array;
  /** Training step of each cell's first column; NaN where none was received. */
  readonly steps: Float64Array;
  /** Kept as cells come, so that a growing picture never has to be searched as a whole. */
  readonly bounds: Readonly<Record<Extreme, ColumnBounds>>;
  /** Recorded columns received without a gap, counted from the run's start. */
  received: number;
  /** Counts placements, so that a drawing knows when it is stale. */
  version = 0;

  constructor(
    readonly statistic: string,
    readonly generation: number,
    readonly grid: Grid,
  ) {
    const cells = grid.width * grid.height;
    this.minimum = new Float32Array(cells);
    this.maximum = new Float32Array(cells);
    this.flags = new Uint8Array(cells).fill(CELL_EMPTY);
    this.steps = new Float64Array(grid.width).fill(Number.NaN);
    this.bounds = { minimum: noBounds(grid.width), maximum: noBounds(grid.width) };
    this.received = grid.columns.from;
  }

  private bound(from: number, to: number): void {
    const { height } = this.grid;
    for (const extreme of ['minimum', 'maximum'] as const) {
      const values = this[extreme];
      const bounds = this.bounds[extreme];
      for (let x = from; x < to; x++) {
        let [low, positive, high] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
        for (let cell = x * height; cell < (x + 1) * height; cell++) {
          const value = values[cell] ?? 0;
          if (this.flags[cell] !== 0) continue;
          if (value < low) low = value;
          if (value > high) high = value;
          if (value > 0 && value < positive) positive = value;
        }
        bounds.low[x] = low;
        bounds.positive[x] = positive;
        bounds.high[x] = high;
      }
    }
  }

  /** The same picture with more (or less) room at its end; both grids have the same cut. */
  widened(grid: Grid): Picture {
    const wide = new Picture(this.statistic, this.generation, grid);
    const width = Math.min(grid.width, this.filled);
    const cells = width * grid.height;
    wide.minimum.set(this.minimum.subarray(0, cells));
    wide.maximum.set(this.maximum.subarray(0, cells));
    wide.flags.set(this.flags.subarray(0, cells));
    wide.steps.set(this.steps.subarray(0, width));
    for (const extreme of ['minimum', 'maximum'] as const) {
      for (const end of ['low', 'positive', 'high'] as const) wide.bounds[extreme][end].set(this.bounds[extreme][end].subarray(0, width));
    }
    wide.received = Math.min(this.received, grid.columns.to);
    wide.version = this.version;
    return wide;
  }

  /** Cells along the steps that hold something. */
  get filled(): number {
    return Math.max(0, Math.min(this.grid.width, Math.ceil((this.received - this.grid.columns.from) / this.grid.stride)));
  }

  /**
   * Writes a tile's cells where they belong. Tiles arrive in the order they were asked for.
   *
   * @throws RangeError where the tile was not cut by this grid.
   */
  place(tile: Tile): void {
    const { grid } = this;
    const at = (tile.columns.from - grid.columns.from) / grid.stride;
    if (!Number.isInteger(at) || at < 0 || at + tile.width > grid.width || tile.height !== grid.height) {
      throw new RangeError('The tile does not fit the picture.');
    }
    this.minimum.set(tile.minimum, at * grid.height);
    this.maximum.set(tile.maximum, at * grid.height);
    this.flags.set(tile.flags, at * grid.height);
    this.steps.set(tile.steps, at);
    this.bound(at, at + tile.width);
    this.received = Math.max(this.received, tile.columns.to);
    this.version++;
  }

  /** Training step of a (fractional) column; beyond what was received the last spacing goes on. */
  stepAt(column: number): number {
    const x = (column - this.grid.columns.from) / this.grid.stride;
    const left = Math.max(0, Math.min(this.filled - 2, Math.floor(x)));
    const one = this.steps[left] ?? Number.NaN;
    const other = this.steps[left + 1];
    if (other === undefined || Number.isNaN(other)) return one + (x - left);
    return one + (x - left) * (other - one);
  }

  /** The (fractional) column of a training step; inverse of `stepAt`. */
  columnAt(step: number): number {
    let low = 0;
    let high = Math.max(0, this.filled - 2);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.steps[middle] ?? Number.POSITIVE_INFINITY) <= step) low = middle;
      else high = middle - 1;
    }
    const one = this.steps[low] ?? 0;
    const other = this.steps[low + 1];
    const spacing = other === undefined || Number.isNaN(other) || other <= one ? 1 : other - one;
    return this.grid.columns.from + this.grid.stride * (low + (step - one) / spacing);
  }
}
