// What a section of the bench found, for people and for machines.

import { table } from '../src/cli/display/table';
import { paint } from '../src/cli/display/text';

export interface Section {
  readonly name: string;
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Conclusions, a line each. */
  readonly notes: readonly string[];
  /** The figures behind the rows, unrounded. */
  readonly data: unknown;
}

/** The first column is text, the others numbers. */
export function shown({ title, columns, rows, notes }: Section): string {
  const lines = table(
    columns.map((column, i) => ({ title: column, align: i === 0 ? 'left' : 'right' })),
    rows,
  );
  return ['', title, ...lines.map((line) => `  ${paint(line, 'none')}`), ...notes.map((note) => `  ${note}`)].join('\n');
}

export const milliseconds = (seconds: number | undefined): string => (seconds === undefined ? '–' : (1000 * seconds).toPrecision(3));
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
export const gigaflops = (perSecond: number): string => `${(perSecond / 1e9).toFixed(0)} GFLOP/s`;
