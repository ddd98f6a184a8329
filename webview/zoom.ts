// Zooming and panning as arithmetic on windows: what is shown never leaves what exists, and never
// shrinks below a few cells.

import type { Span } from '../src/experiment/view';
import type { Window } from './grid';

const LEAST_COLUMNS = 8;
const LEAST_ROWS = 4;

/** Which of the shared axes a plot has: one that lacks an axis leaves its span alone. */
export type Axes = 'both' | 'columns' | 'rows';

interface Place {
  readonly column: number;
  readonly row: number;
}

function inside(from: number, length: number, whole: Span): Span {
  const size = Math.min(length, whole.to - whole.from);
  const start = Math.round(Math.min(Math.max(from, whole.from), whole.to - size));
  return { from: start, to: start + Math.round(size) };
}

function scaled(span: Span, centre: number, factor: number, least: number, whole: Span): Span {
  const length = Math.max(Math.min(least, whole.to - whole.from), Math.round((span.to - span.from) * factor));
  const share = (centre - span.from) / (span.to - span.from);
  return inside(centre - share * length, length, whole);
}

/** The window as a selection keeps it: undefined where it shows everything. */
function unlessWhole(window: Window, whole: Window): Window | undefined {
  const all =
    window.columns.from <= whole.columns.from &&
    window.columns.to >= whole.columns.to &&
    window.rows.from <= whole.rows.from &&
    window.rows.to >= whole.rows.to;
  return all ? undefined : window;
}

/**
 * The window scaled by a factor (< 1 looks closer) around a place that stays where it is.
 *
 * @returns undefined where that shows everything
 */
export function zoomed(
  window: Window,
  whole: Window,
  centre: Place,
  factor: { readonly columns: number; readonly rows: number },
): Window | undefined {
  const next = {
    columns: scaled(window.columns, centre.column, factor.columns, LEAST_COLUMNS, whole.columns),
    rows: scaled(window.rows, centre.row, factor.rows, LEAST_ROWS, whole.rows),
  };
  return unlessWhole(next, whole);
}

/**
 * A window around a dragged rectangle, in any direction; undefined where it shows everything.
 *
 * @param kept the axes that were not dragged along stay as in this window
 */
export function framed(whole: Window, one: Place, other: Place, axes: Axes = 'both', kept: Window = whole): Window | undefined {
  const around = (a: number, b: number, least: number, all: Span): Span => {
    const from = Math.min(a, b);
    const length = Math.max(least, Math.abs(a - b) + 1);
    return inside(from - Math.max(0, (length - Math.abs(a - b) - 1) / 2), length, all);
  };
  const next = {
    columns: axes === 'rows' ? kept.columns : around(one.column, other.column, LEAST_COLUMNS, whole.columns),
    rows: axes === 'columns' ? kept.rows : around(one.row, other.row, LEAST_ROWS, whole.rows),
  };
  return unlessWhole(next, whole);
}

/** The window with one or both axes showing everything again; undefined where then everything shows. */
export function opened(window: Window, whole: Window, axes: Axes): Window | undefined {
  const next = {
    columns: axes === 'rows' ? window.columns : whole.columns,
    rows: axes === 'columns' ? window.rows : whole.rows,
  };
  return unlessWhole(next, whole);
}

/** The window moved by columns and rows, as far as there is anything to see; its size stays. */
export function moved(window: Window, whole: Window, by: { readonly columns: number; readonly rows: number }): Window | undefined {
  const next = {
    columns: inside(window.columns.from + by.columns, window.columns.to - window.columns.from, whole.columns),
    rows: inside(window.rows.from + by.rows, window.rows.to - window.rows.from, whole.rows),
  };
  return unlessWhole(next, whole);
}

/** A stored window as far as it still fits what exists. */
export function clamped(window: Window | undefined, whole: Window): Window {
  if (!window) return whole;
  return {
    columns: inside(window.columns.from, window.columns.to - window.columns.from, whole.columns),
    rows: inside(window.rows.from, window.rows.to - window.rows.from, whole.rows),
  };
}

/** The window moved just far enough to show a place. */
export function revealing(window: Window, whole: Window, place: Place): Window {
  const shift = (span: Span, at: number, all: Span): Span => {
    const length = span.to - span.from;
    if (at < span.from) return inside(at, length, all);
    return at >= span.to ? inside(at + 1 - length, length, all) : span;
  };
  return { columns: shift(window.columns, place.column, whole.columns), rows: shift(window.rows, place.row, whole.rows) };
}
