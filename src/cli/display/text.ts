// Lines of a terminal, built from pieces that know their width before they have a colour, so that a
// line can be cut to the window without cutting an escape sequence in half.

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | { readonly palette: number };

export interface Piece {
  readonly text: string;
  readonly style?: Style;
}

export type Line = readonly (Piece | string)[];

const CODES = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33', blue: '34', magenta: '35', cyan: '36' } as const;

/** How many colours a terminal has: none, the basic eight, or a palette of 256. */
export type Colours = 'none' | 'basic' | 'palette';

/** Columns that a text takes; ours has no characters that take two. */
export function width(line: Line): number {
  return line.reduce((sum, piece) => sum + [...textOf(piece)].length, 0);
}

/** The line as characters, cut with an ellipsis where it is wider than `columns`. */
export function paint(line: Line, colours: Colours, columns = Number.POSITIVE_INFINITY): string {
  let room = width(line) > columns ? columns - 1 : columns;
  let painted = '';
  for (const piece of line) {
    const characters = [...textOf(piece)];
    painted += styled(characters.slice(0, room).join(''), typeof piece === 'string' ? undefined : piece.style, colours);
    room -= characters.length;
    if (room <= 0) break;
  }
  return width(line) > columns ? `${painted}…` : painted;
}

function textOf(piece: Piece | string): string {
  return typeof piece === 'string' ? piece : piece.text;
}

function styled(text: string, style: Style | undefined, colours: Colours): string {
  if (style === undefined || text === '' || colours === 'none') return text;
  if (typeof style === 'string') return `\x1b[${CODES[style]}m${text}\x1b[0m`;
  return colours === 'palette' ? `\x1b[38;5;${style.palette}m${text}\x1b[0m` : text;
}

/** Letters, digits and dots of whatever came from a file; a name must not move the cursor. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '\u{fffd}');
}
