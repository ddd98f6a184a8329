// Answers the dashboard's questions from a run's history: a picture, a curve, a profile. Whatever is
// merged keeps its minimum, its maximum and whether anything in it was not finite.

import type { DepthLayout } from '../experiment/events';
import { Failure } from '../experiment/failure';
import type { Profile, ProfileRequest, Series, SeriesRequest, Span, Tile, TileRequest } from '../experiment/view';
import type { RunHistory, Stretch } from './history';
import { type Block, type Cells, decompose, FACTOR, foldEntries, type RowSpans } from './pyramid';
import { scalarSeries } from './scalars';
import { newValues, settle, sideOf, startsOf, type Values, whole } from './spans';

/** Throws `Failure` `unknown-statistic` or, where `derived/` is damaged, `DamagedBlock`. */
export function answerTile(history: RunHistory, request: TileRequest): Tile {
  const { statistic } = request;
  const stretches = knownStretches(history, statistic);
  const rows = clamp(request.rows, stretches[0]?.columns.rows ?? 0);
  const columns = clamp(request.columns, total(stretches));
  const width = sideOf(request.width, columns);
  const height = sideOf(request.height, rows);
  const values = fold(stretches, statistic, rows, columns, width, height);
  const steps = new Float64Array(width);
  const first = startsOf(columns, width);
  for (let x = 0; x < width; x++) steps[x] = stepOf(stretches, first(x));
  return { statistic, rows, columns, width, height, ...values, steps };
}

/** Throws `Failure` `unknown-statistic` or, where `derived/` is damaged, `DamagedBlock`. A scalar without points gives none. */
export function answerSeries(history: RunHistory, request: SeriesRequest): Series {
  const { source, steps, points } = request;
  if ('scalar' in source) {
    return { source, ...scalarSeries(history.scalar(source.scalar), steps, points, request.smoothing ?? 0) };
  }
  const { statistic, row } = source;
  const stretches = knownStretches(history, statistic);
  const columns = { from: columnAt(stretches, steps.from), to: columnAt(stretches, steps.to) };
  const request_ = { statistic, rows: { from: row, to: row + 1 }, columns, width: points, height: 1 };
  const tile = answerTile(history, request_);
  // No such row: no points either.
  const count = tile.height === 0 ? 0 : tile.width;
  return { source, steps: tile.steps.slice(0, count), minimum: tile.minimum, maximum: tile.maximum, flags: tile.flags };
}

/** Throws `Failure` `unknown-statistic`, `unknown-column` or, where `derived/` is damaged, `DamagedBlock`. */
export function answerProfile(history: RunHistory, request: ProfileRequest): Profile {
  const { statistics } = request;
  const stretches = history.stretches();
  const column = 'column' in request ? request.column : columnBefore(stretches, request.step);
  const stretch = stretchAt(stretches, column);
  const layout = history.layout();
  if (stretch === undefined || layout === undefined) throw new Failure('unknown-column', { value: column, columns: total(stretches) });
  const { columns } = stretch;
  const { rows } = columns;
  const local = column - stretch.first + stretch.from;
  const values = new Float32Array(statistics.length * rows).fill(Number.NaN);
  for (const [index, statistic] of statistics.entries()) {
    if (!layout.columns.includes(statistic)) throw unknownStatistic(statistic);
    const at = columns.layout.columns.indexOf(statistic);
    if (at < 0) continue;
    const start = (local % FACTOR) * rows;
    values.set(columns.block(0, Math.floor(local / FACTOR), at).floats.subarray(start, start + rows), index * rows);
  }
  return { statistics, column, step: columns.steps.at(local), rows, values };
}

/** Folds a rectangle into width × height cells, index x·height + y. */
function fold(stretches: readonly Stretch[], statistic: string, rows: Span, columns: Span, width: number, height: number): Values {
  const values = newValues(width * height);
  const cells: Cells = {
    minimum: new Int32Array(values.minimum.buffer),
    maximum: new Int32Array(values.maximum.buffer),
    flags: values.flags,
  };
  const first = startsOf(rows, height);
  const spans = {
    from: Uint32Array.from({ length: height }, (_, y) => first(y)),
    to: Uint32Array.from({ length: height }, (_, y) => first(y + 1)),
  };
  for (const stretch of stretches) foldStretch(stretch, statistic, spans, columns, width, cells);
  settle(values);
  return values;
}

/** One level at a time, so that neighbouring cells share the block that was read last. */
function foldStretch(stretch: Stretch, statistic: string, rows: RowSpans, columns: Span, width: number, into: Cells): void {
  const height = rows.from.length;
  const at = stretch.columns.layout.columns.indexOf(statistic);
  if (at < 0) return;
  const spans = present(rows, stretch.columns.layout, at);
  const shift = stretch.from - stretch.first;
  /** Per level, flat triples: entries from, to, and the x that they belong to. */
  const pieces: number[][] = [];
  const first = startsOf(columns, width);
  for (let x = 0; x < width; x++) {
    const from = Math.max(first(x) + shift, stretch.from);
    const to = Math.min(first(x + 1) + shift, stretch.to);
    decompose(from, to, (level, low, high) => {
      while (pieces.length <= level) pieces.push([]);
      pieces[level]?.push(low, high, x);
    });
  }
  for (const [level, list] of pieces.entries()) {
    let block: Block | undefined;
    let blockIndex = -1;
    for (let piece = 0; piece < list.length; piece += 3) {
      const [low = 0, high = 0, x = 0] = [list[piece], list[piece + 1], list[piece + 2]];
      for (let entry = low; entry < high; ) {
        const index = Math.floor(entry / FACTOR);
        const start = index * FACTOR;
        const end = Math.min(high, start + FACTOR);
        if (block === undefined || index !== blockIndex) block = stretch.columns.block(level, index, at);
        blockIndex = index;
        foldEntries(block, level, stretch.columns.rows, entry - start, end - start, spans, x * height, into);
        entry = end;
      }
    }
  }
}

/** The spans without the rows at their ends that do not have the statistic: the embedding and the head lack some. */
function present(spans: RowSpans, { absent = [] }: DepthLayout, statistic: number): RowSpans {
  const lacking = new Set(absent.filter(([, column]) => column === statistic).map(([row]) => row));
  if (lacking.size === 0) return spans;
  const [from, to] = [spans.from.slice(), spans.to.slice()];
  for (let y = 0; y < from.length; y++) {
    let [low = 0, high = 0] = [from[y], to[y]];
    while (low < high && lacking.has(low)) low++;
    while (low < high && lacking.has(high - 1)) high--;
    [from[y], to[y]] = [low, high];
  }
  return { from, to };
}

/** The stretches, once the statistic is known to be one of the run's; nothing is unknown before anything is recorded. */
function knownStretches(history: RunHistory, statistic: string): readonly Stretch[] {
  const layout = history.layout();
  if (layout !== undefined && !layout.columns.includes(statistic)) throw unknownStatistic(statistic);
  return history.stretches();
}

function unknownStatistic(statistic: string): Failure {
  return new Failure('unknown-statistic', { value: statistic });
}

function total(stretches: readonly Stretch[]): number {
  const last = stretches.at(-1);
  return last === undefined ? 0 : last.first + last.to - last.from;
}

function stretchAt(stretches: readonly Stretch[], column: number): Stretch | undefined {
  if (!Number.isInteger(column)) return undefined;
  return stretches.find(({ first, from, to }) => column >= first && column < first + to - from);
}

function stepOf(stretches: readonly Stretch[], column: number): number {
  const stretch = stretchAt(stretches, column);
  return stretch === undefined ? 0 : stretch.columns.steps.at(column - stretch.first + stretch.from);
}

/** The last column whose step is at most `step`; the first one where there is none. */
function columnBefore(stretches: readonly Stretch[], step: number): number {
  return Math.max(0, Math.min(total(stretches), columnAt(stretches, Math.floor(step) + 1)) - 1);
}

/** The first column whose step is at least `step`. */
function columnAt(stretches: readonly Stretch[], step: number): number {
  for (const { columns, from, to, first } of stretches) {
    const local = Math.max(from, columns.steps.lowerBound(step));
    if (local < to) return first + local - from;
  }
  return total(stretches);
}

function clamp(span: Span, length: number): Span {
  const from = whole(span.from, length);
  return { from, to: Math.max(from, whole(span.to, length)) };
}
