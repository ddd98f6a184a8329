// Cutting spans into parts and folding values into cells: what tiles and series share.

import { CELL_EMPTY, CELL_INFINITE, CELL_NAN, type Span } from '../experiment/view';

/** What cells come to. */
export interface Values {
  readonly minimum: Float32Array<ArrayBuffer>;
  readonly maximum: Float32Array<ArrayBuffer>;
  readonly flags: Uint8Array<ArrayBuffer>;
}

export function foldValue({ minimum, maximum, flags }: Values, cell: number, value: number): void {
  if (Number.isFinite(value)) {
    if (value < (minimum[cell] ?? 0)) minimum[cell] = value;
    if (value > (maximum[cell] ?? 0)) maximum[cell] = value;
  } else {
    flags[cell] = (flags[cell] ?? 0) | (Number.isNaN(value) ? CELL_NAN : CELL_INFINITE);
  }
}

export function newValues(size: number): Values {
  return {
    minimum: new Float32Array(size).fill(Number.POSITIVE_INFINITY),
    maximum: new Float32Array(size).fill(Number.NEGATIVE_INFINITY),
    flags: new Uint8Array(size),
  };
}

/** Cells without a finite value hold 0, and those without any value say that they are empty. */
export function settle({ minimum, maximum, flags }: Values): void {
  for (let cell = 0; cell < flags.length; cell++) {
    if ((minimum[cell] ?? 0) <= (maximum[cell] ?? 0)) continue;
    minimum[cell] = maximum[cell] = 0;
    if (flags[cell] === 0) flags[cell] = CELL_EMPTY;
  }
}

/** Where each of `parts` parts of a span begins; part `parts` begins at its end. */
export function startsOf({ from, to }: Span, parts: number): (part: number) => number {
  return (part) => from + Math.floor((part * (to - from)) / parts);
}

export function sideOf(wanted: number, span: Span): number {
  return Math.min(whole(wanted, span.to - span.from), span.to - span.from);
}

/** A whole number from 0 to `most`; what is not a number counts as 0. */
export function whole(value: number, most: number): number {
  return value > 0 ? Math.min(Math.floor(value), most) : 0;
}
