// Reads the official files of tasks, line by line. Whatever is wrong becomes one `Failure` that names
// file, line and field, so that a person can look at the very place.

import { Failure } from '../experiment/failure';
import { LONGEST_TEXT, readText } from '../experiment/files';

export interface FileLine {
  readonly file: string;
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/**
 * The lines that hold something, at most `limit`. Throws `Failure` `evaluation-file-unreadable` or `evaluation-file-empty`.
 */
export async function linesOf(file: string, limit = Number.POSITIVE_INFINITY): Promise<readonly FileLine[]> {
  const text = await readText(file, LONGEST_TEXT).catch((error: unknown) => {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Failure('evaluation-file-unreadable', { file, detail }, { cause: error });
  });
  const lines = text
    .replace(/^\u{feff}/u, '')
    .split('\n')
    .map((line, i) => ({ file, number: i + 1, text: line.replace(/\r$/, '') }))
    .filter((line) => line.text.trim() !== '');
  if (lines.length === 0) throw new Failure('evaluation-file-empty', { file });
  return lines.slice(0, limit);
}

/** A line with named fields, whatever the file's format. */
export class Fields {
  constructor(
    private readonly line: Pick<FileLine, 'file' | 'number'>,
    private readonly values: Readonly<Record<string, unknown>>,
  ) {}

  text(name: string): string {
    const value = this.values[name];
    return typeof value === 'string' ? value : this.wrong(name, 'a text');
  }

  /** @param count how many there have to be */
  texts(name: string, count: number): readonly string[] {
    const value = this.values[name];
    const fits = Array.isArray(value) && value.length === count && value.every((one): one is string => typeof one === 'string');
    return fits ? value : this.wrong(name, `a list of ${count} texts`);
  }

  /** Index of the value among `known`; a number counts as its digits. */
  oneOf(name: string, known: readonly string[]): number {
    const value = this.values[name];
    const index = typeof value === 'string' || typeof value === 'number' ? known.indexOf(String(value)) : -1;
    return index >= 0 ? index : this.wrong(name, known.join(' / '));
  }

  /** Throws the `Failure` for a field that is not what it has to be. */
  wrong(name: string, expected: string): never {
    const { file, number } = this.line;
    const shown = JSON.stringify(this.values[name]);
    if (shown === undefined) throw new Failure('evaluation-field-missing', { file, line: number, field: name, expected });
    throw new Failure('evaluation-field-wrong', { file, line: number, field: name, value: shown.slice(0, 80), expected });
  }
}

/** One JSON object a line. Throws `Failure` `evaluation-line-not-json` and those of `linesOf`. */
export async function jsonLines(file: string, limit: number): Promise<readonly Fields[]> {
  return (await linesOf(file, limit)).map((line) => new Fields(line, parseObject(line)));
}

function parseObject({ file, number, text }: FileLine): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Failure('evaluation-line-not-json', { file, line: number, detail }, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Failure('evaluation-line-not-json', { file, line: number, detail: 'it is no object in braces' });
}

export interface TabLines {
  readonly lines: readonly Fields[];
  /** Lines left out because they have more or fewer columns than the first names. */
  readonly uneven: number;
}

/**
 * Columns between tabs, named by the first line; quotation marks are ordinary characters, as in GLUE.
 * @param lenient whether lines with another number of columns are left out, unless all are
 * Throws `Failure` `evaluation-line-columns` and those of `linesOf`.
 */
export async function tabLines(file: string, limit: number, lenient = false): Promise<TabLines> {
  const [header, ...lines] = await linesOf(file, limit + 1);
  const names = header?.text.split('\t') ?? [];
  if (lines.length === 0) throw new Failure('evaluation-file-empty', { file });
  const cut = lines.map((line) => ({ line, values: line.text.split('\t') }));
  const even = cut.filter(({ values }) => values.length === names.length);
  const [odd] = cut.filter(({ values }) => values.length !== names.length);
  if (odd && (!lenient || even.length === 0))
    throw new Failure('evaluation-line-columns', { file, line: odd.line.number, value: odd.values.length, expected: names.length });
  return {
    lines: even.map(({ line, values }) => new Fields(line, Object.fromEntries(names.map((name, i) => [name, values[i]])))),
    uneven: cut.length - even.length,
  };
}
