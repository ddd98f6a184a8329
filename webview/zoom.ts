// Zooming and panning as arithmetic on windows: what is shown never leaves what exists, and never
// shrinks below a few cells.

import type { Span } from '../src/experiment/view';
import type { Window } from './grid';

const LEAST_COLUMNS = 8;
const LEAST_ROWS = 4;

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

function isWhole(window: Window, whole: Window): boolean {
  return (
    window.columns.from <= whole.columns.from &&
    window.columns.to >= whole.columns.to &&
    window.rows.from <= whole.rows.from &&
    window.rows.to >= whole.rows.to
  );
}

/**
 * The window scaled by a factor (< 1 looks closer) around a place that stays where it is.
 *
 * @returns undefined where that shows everything
 */
export function zoomed(
  window: Window,
  whole: Window,
  centre: { readonly column: number; readonly row: number },
  factor: { readonly columns: number; readonly rows: number },
): Window | undefined {
  const next = {
    columns: scaled(window.columns, centre.column, factor.columns, LEAST_COLUMNS, whole.columns),
    rows: scaled(window.rows, centre.row, factor.rows, LEAST_ROWS, whole.rows),
  };
  return isWhole(next, whole) ? undefined : next;
}

/** A window around a dragged rectangle, in any direction; undefined where it shows everything. */
export function framed(
  whole: Window,
  one: { readonly column: number; readonly row: number },
  other: { readonly column: number; readonly row: number },
): Window | undefined {
  const around = (a: number, b: number, least: number, all: Span): Span => {
    const from = Math.min(a, b);
    const length = Math.max(least, Math.abs(a - b) + 1);
    return inside(from - Math.max(0, (length - Math.abs(a - b) - 1) / 2), length, all);
  };
  const next = {
    columns: around(one.column, other.column, LEAST_COLUMNS, whole.columns),
    rows: around(one.row, other.row, LEAST_ROWS, whole.rows),
  };
  return isWhole(next, whole) ? undefined : next;
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
export function revealing(window: Window, whole: Window, place: { readonly column: number; readonly row: number }): Window {
  const shift = (span: Span, at: number, all: Span): Span => {
    const length = span.to - span.from;
    if (at < span.from) return inside(at, length, all);
    return at >= span.to ? inside(at + 1 - length, length, all) : span;
  };
  return { columns: shift(window.columns, place.column, whole.columns), rows: shift(window.rows, place.row, whole.rows) };
}
