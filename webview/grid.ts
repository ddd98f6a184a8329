// How a picture is cut into cells and what has to be asked for to fill it: pure planning, so that a
// growing run costs one narrow question per growth and never the whole picture again.

import type { Span } from '../src/experiment/view';

/** What the axes show: recorded columns and rows of the depth layout, both possibly fractional while dragging. */
export interface Window {
  readonly columns: Span;
  readonly rows: Span;
}

/** Cells of a picture: `stride` columns to a cell, counted from `columns.from`; rows spread over `height` cells. */
export interface Grid {
  readonly columns: Span;
  readonly rows: Span;
  readonly stride: number;
  /** Cells along the steps, for data that may still come included. */
  readonly width: number;
  readonly height: number;
}

/** A question for columns `[from, to)` as `width` cells. */
export interface ColumnQuestion extends Span {
  readonly width: number;
}

const LEAST_CAPACITY = 32;

/**
 * Columns the step axis makes room for. While a run grows the room is widened by a quarter or less
 * whenever it is full, so that the picture stays put in between; it never exceeds what the run is
 * planned to record.
 *
 * @param columns recorded so far
 * @param planned columns of the whole run, where known
 * @param growing whether more may come
 */
export function capacity(columns: number, planned: number | undefined, growing: boolean): number {
  if (!growing) return Math.max(1, columns);
  let octave = LEAST_CAPACITY;
  while (2 * octave <= columns) octave *= 2;
  const quarter = octave / 4;
  const room = Math.max(octave, Math.ceil(columns / quarter) * quarter);
  // A plan that a person has changed while it ran is none any more.
  return planned === undefined || columns > planned ? room : Math.max(1, columns, Math.min(room, planned));
}

/**
 * The grid for a window: at most `pixels` cells, the stride a power of two so that it changes rarely
 * while a run grows, and the first cell aligned to it so that neighbouring windows cut alike.
 *
 * @param side largest number of cells along one side that the surface can hold
 */
export function planGrid(window: Window, pixels: { readonly width: number; readonly height: number }, side: number): Grid {
  const width = Math.max(1, Math.min(side, Math.floor(pixels.width)));
  const height = Math.max(1, Math.min(side, Math.floor(pixels.height)));
  const rows = { from: Math.floor(window.rows.from), to: Math.ceil(window.rows.to) };
  const to = Math.ceil(window.columns.to);
  for (let stride = 1; ; stride *= 2) {
    const from = Math.floor(window.columns.from / stride) * stride;
    const cells = Math.max(1, Math.ceil((to - from) / stride));
    if (cells <= width) {
      return { columns: { from, to }, rows, stride, width: cells, height: Math.max(1, Math.min(height, rows.to - rows.from)) };
    }
  }
}

export function sameGrid(one: Grid, other: Grid): boolean {
  return (
    one.columns.from === other.columns.from &&
    one.columns.to === other.columns.to &&
    one.rows.from === other.rows.from &&
    one.rows.to === other.rows.to &&
    one.stride === other.stride &&
    one.height === other.height
  );
}

/** Whether one grid is another with more or less room at its end: what it holds can be taken over. */
export function sameCut(one: Grid, other: Grid): boolean {
  return sameGrid({ ...one, columns: other.columns }, other) && one.columns.from === other.columns.from;
}

/**
 * What to ask so that a grid filled up to column `have` covers everything recorded up to column
 * `recorded`. A cell that was only partly covered is asked again; the last, still incomplete cell is
 * a question of its own, because a tile spreads its columns evenly.
 *
 * @param most cells one answer may hold
 */
export function planColumns(grid: Grid, have: number, recorded: number, most: number): ColumnQuestion[] {
  const end = Math.min(recorded, grid.columns.to);
  if (end <= have || end <= grid.columns.from) return [];
  const align = (column: number): number => grid.columns.from + Math.floor((column - grid.columns.from) / grid.stride) * grid.stride;
  const questions: ColumnQuestion[] = [];
  const whole = align(end);
  const perQuestion = Math.max(1, Math.floor(most / grid.height));
  let from = align(Math.max(have, grid.columns.from));
  while (from < whole) {
    const width = Math.min(perQuestion, (whole - from) / grid.stride);
    questions.push({ from, to: from + width * grid.stride, width });
    from += width * grid.stride;
  }
  if (whole < end) questions.push({ from: whole, to: end, width: 1 });
  return questions;
}
