// Columns of text, as wide as they need to be.

import { type Line, type Piece, width } from './text';

export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** A cell is a text or a styled piece. The first line holds the titles, unless all are empty. */
export function table(columns: readonly Column[], rows: readonly (readonly (Piece | string)[])[]): Line[] {
  const titles = columns.map(({ title }): Piece => ({ text: title, style: 'dim' }));
  const all: (readonly (Piece | string)[])[] = columns.some(({ title }) => title !== '') ? [titles, ...rows] : [...rows];
  const widths = columns.map((_, c) => Math.max(...all.map((row) => width([row[c] ?? '']))));
  return all.map((row) =>
    columns.flatMap(({ align }, c): (Piece | string)[] => {
      const cell = row[c] ?? '';
      const padding = ' '.repeat((widths[c] ?? 0) - width([cell]));
      const gap = c === 0 ? '' : '  ';
      if (align === 'right') return [gap + padding, cell];
      return c === columns.length - 1 ? [gap, cell] : [gap, cell, padding];
    }),
  );
}

/** Lines set off from those around them. */
export function indented(lines: readonly Line[]): Line[] {
  return lines.map((line) => ['  ', ...line]);
}
