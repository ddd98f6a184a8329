// The terminal that a command talks to, as an interface so that tests can be one.

import { type Colours, type Line, paint } from './display/text';

export interface Terminal {
  /** Whether its cursor can be moved: a person is watching. */
  readonly interactive: boolean;
  readonly columns: number;
  readonly colours: Colours;
  write(text: string): void;
  writeError(text: string): void;
}

const COLUMNS_OF_A_FILE = 100;

/** Node's own; `NO_COLOR`, `FORCE_COLOR` and `TERM=dumb` are respected. */
export const processTerminal: Terminal = {
  get interactive() {
    return process.stdout.isTTY === true && process.env.TERM !== 'dumb';
  },
  get columns() {
    return process.stdout.columns ?? COLUMNS_OF_A_FILE;
  },
  get colours() {
    const depth = process.stdout.isTTY ? process.stdout.getColorDepth() : 1;
    if (depth >= 8) return 'palette';
    return depth >= 4 ? 'basic' : 'none';
  },
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
};

export function writeLine(terminal: Terminal, ...line: Line): void {
  terminal.write(`${paint(line, terminal.colours)}\n`);
}

export function writeLines(terminal: Terminal, lines: readonly Line[]): void {
  for (const line of lines) writeLine(terminal, ...line);
}

/** Lines at the bottom of an interactive terminal that are drawn again and again in their place. */
export class LiveLines {
  private height = 0;
  private drawn = '';
  private readonly showCursor = () => this.terminal.write('\x1b[?25h');

  constructor(private readonly terminal: Terminal) {
    terminal.write('\x1b[?25l');
    process.once('exit', this.showCursor);
  }

  /** Draws the lines where the last ones stood; nothing is written where nothing changed. */
  draw(lines: readonly Line[]): void {
    const { columns, colours } = this.terminal;
    // A line as wide as the window would wrap in some terminals.
    const text = lines.map((line) => `${paint(line, colours, columns - 1)}\x1b[K\n`).join('');
    if (text === this.drawn) return;
    this.terminal.write(`${this.home()}${text}\x1b[J`);
    this.height = lines.length;
    this.drawn = text;
  }

  /** Wipes the lines, so that ordinary ones can follow. */
  close(): void {
    this.terminal.write(`${this.home()}\x1b[J`);
    this.height = 0;
    this.showCursor();
    process.off('exit', this.showCursor);
  }

  private home(): string {
    return this.height > 0 ? `\r\x1b[${this.height}A` : '\r';
  }
}
