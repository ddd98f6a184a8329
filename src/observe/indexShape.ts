// What an index in `derived/` is made of, and the guard before it: a run directory may come from a stranger, and a
// checksum only tells that nothing was lost on the way.

import { isRecord } from '../experiment/record';
import type { FileProblem, RunText } from '../experiment/view';
import type { BlockChecksums } from './blocks';
import type { ColumnsState } from './columns';
import type { HistogramsState } from './histograms';
import { entryBytes, FACTOR } from './pyramid';
import type { TailPosition } from './tail';

export interface Index {
  readonly file: string;
  readonly resting: TailPosition;
  readonly sessionStart: number | undefined;
  readonly columns: ColumnsState | undefined;
  readonly checksums: BlockChecksums;
  readonly scalars: readonly {
    readonly tag: string;
    readonly steps: Float64Array<ArrayBuffer>;
    readonly values: Float32Array<ArrayBuffer>;
    readonly times: Float64Array<ArrayBuffer>;
  }[];
  readonly histograms: HistogramsState;
  readonly texts: readonly RunText[];
  readonly problems: readonly FileProblem[];
}

/** Bytes before an offset that a reader remembers, at most. */
const MOST_BEFORE = 4096;

/** Whether `value` is an index that the rest of this room can work with. Never throws. */
export function isIndex(value: unknown): value is Index {
  if (!isRecord(value) || typeof value.file !== 'string' || !isPosition(value.resting)) return false;
  const { sessionStart, columns, checksums, scalars, histograms, texts, problems } = value;
  if (sessionStart !== undefined && typeof sessionStart !== 'number') return false;
  const isSound = (list: unknown, sound: (one: unknown) => boolean): boolean => Array.isArray(list) && list.every(sound);
  return (
    (columns === undefined ? isSound(checksums, isEmpty) : isColumns(columns) && isSound(checksums, (one) => one instanceof Uint32Array)) &&
    isSound(scalars, isScalar) &&
    histograms instanceof Map &&
    [...histograms].every(([name, kept]) => typeof name === 'string' && isSound(kept, isHistogram)) &&
    isSound(texts, isText) &&
    isSound(problems, isProblem)
  );
}

/** Whether the checksums are of as many blocks as so many columns fill. */
export function agree({ columns, checksums }: Pick<Index, 'columns' | 'checksums'>): boolean {
  if (columns === undefined) return true;
  const statistics = columns.layout.columns.length;
  const blocks = (level: number): number => Math.floor(columns.steps.length / FACTOR ** (level + 1));
  return checksums.every((known, level) => known.length === statistics * blocks(level)) && blocks(checksums.length) === 0;
}

function isPosition(value: unknown): boolean {
  if (!isRecord(value) || !(value.before instanceof Uint8Array) || value.before.length > MOST_BEFORE) return false;
  return Number.isSafeInteger(value.offset) && (value.offset as number) >= value.before.length;
}

function isColumns(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value.layout) || !(value.steps instanceof Float64Array) || !(value.tail instanceof Uint8Array))
    return false;
  const { rows, columns, absent } = value.layout;
  if (!isNames(rows) || !isNames(columns) || rows.length * columns.length === 0) return false;
  const isCell = (cell: unknown): boolean => Array.isArray(cell) && cell.length === 2 && cell.every((index) => typeof index === 'number');
  if (absent !== undefined && !(Array.isArray(absent) && absent.every(isCell))) return false;
  return value.tail.length === FACTOR * entryBytes(0, rows.length) * columns.length && ascends(value.steps);
}

function isScalar(value: unknown): boolean {
  if (!isRecord(value) || typeof value.tag !== 'string') return false;
  const { steps, values, times } = value;
  if (!(steps instanceof Float64Array) || !(values instanceof Float32Array) || !(times instanceof Float64Array)) return false;
  return steps.length > 0 && steps.length === values.length && steps.length === times.length && ascends(steps);
}

function isHistogram(value: unknown): boolean {
  if (!isRecord(value) || typeof value.step !== 'number' || !isRecord(value.layout) || !(value.values instanceof Float32Array))
    return false;
  const { rows, edges } = value.layout;
  return (
    isNames(rows) &&
    Array.isArray(edges) &&
    edges.every((edge) => typeof edge === 'number') &&
    value.values.length === rows.length * (edges.length + 1)
  );
}

function isText(value: unknown): boolean {
  return isRecord(value) && typeof value.step === 'number' && typeof value.tag === 'string' && typeof value.text === 'string';
}

function isProblem(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value.code === 'string' &&
    isRecord(value.args) &&
    Object.values(value.args).every((arg) => /^(string|number)$/.test(typeof arg))
  );
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function isEmpty(value: unknown): boolean {
  return value instanceof Uint32Array && value.length === 0;
}

function ascends(steps: Float64Array): boolean {
  return steps.every((step, at) => at === 0 || step > (steps[at - 1] ?? Number.NaN));
}
