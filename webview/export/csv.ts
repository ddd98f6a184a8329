// The numbers behind each plot as CSV (RFC 4180): what is drawn, with the digits that a 32-bit float
// has, so that a figure can be made again elsewhere. The whole of a run is `fathom export`'s.

import { CELL_EMPTY, CELL_INFINITE, CELL_NAN, type Histogram } from '../../src/experiment/view';
import { lanesOf } from '../curves';
import type { Curve } from '../loading/curves';
import type { StripPanel } from '../runs/depthStrip';
import type { ChartLine } from '../runs/lines';
import type { TableColumn } from '../runs/measures';
import { profileValues, type View } from '../view';

type Field = string | number | undefined;

/** A 32-bit float's shortest text that reads back as the same float. */
function exact(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf';
  for (let digits = 6; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === Math.fround(value)) return String(text);
  }
  return String(Number(value.toPrecision(9)));
}

function field(value: Field): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return exact(value);
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Lines of fields as a CSV file. */
export function csvOf(lines: readonly (readonly Field[])[]): string {
  return lines.map((line) => `${line.map(field).join(',')}\r\n`).join('');
}

/** The picture of the heatmap: a line a step, a column a layer; of merged cells the extreme that is shown. */
export function heatmapCsv({ picture, extent, selection }: View): string {
  if (!picture) return '';
  const names = extent.layout?.rows ?? [];
  const { grid } = picture;
  const rows = grid.rows.to - grid.rows.from;
  const start = (y: number): number => grid.rows.from + Math.floor((y * rows) / grid.height);
  const heads = Array.from({ length: grid.height }, (_, y) => {
    const [first, last] = [start(y), start(y + 1) - 1];
    return first === last ? names[first] : `${names[first]} to ${names[last]}`;
  });
  const lines: Field[][] = [['step', ...heads]];
  for (let x = 0; x < picture.filled; x++) {
    const line: Field[] = [String(picture.steps[x])];
    for (let cell = x * grid.height; cell < (x + 1) * grid.height; cell++) {
      const flag = picture.flags[cell] ?? CELL_EMPTY;
      if (flag & CELL_NAN) line.push(Number.NaN);
      else if (flag & CELL_INFINITE) line.push('inf');
      else line.push(flag & CELL_EMPTY ? undefined : picture[selection.extreme][cell]);
    }
    lines.push(line);
  }
  return csvOf(lines);
}

/** A histogram over depth: a line a row, a column a bin, named by the edges it lies between. */
function spreadCsv({ rows, edges, values }: Histogram): string {
  const bins = edges.length + 1;
  const heads = Array.from({ length: bins }, (_, bin) =>
    [edges[bin - 1] ?? '-inf', edges[bin] ?? 'inf'].map((edge) => field(edge)).join(' to '),
  );
  return csvOf([['row', ...heads], ...rows.map((row, index) => [row, ...values.subarray(index * bins, (index + 1) * bins)])]);
}

/** The profile at the cursor and at the pinned steps, or the histogram in its place: a line a row. */
export function profileCsv({ profile, pins, extent, statistic, selection, spread }: View): string {
  if (spread?.histogram) return spreadCsv(spread.histogram);
  const of = [
    ...(profile ? [{ profile, step: profile.step }] : []),
    ...pins.flatMap((pin) => (pin.profile ? [{ ...pin, profile: pin.profile }] : [])),
  ];
  const parts = statistic?.parts ?? [];
  const pinned = Math.max(0, parts.indexOf(selection.part));
  const columns = of.flatMap(({ profile: shown, step }, index) =>
    shown.statistics.flatMap((name, at) =>
      index === 0 || at === pinned ? [{ head: `${name} at step ${step}`, value: profileValues(shown, at, extent) }] : [],
    ),
  );
  const rows = extent.layout?.rows ?? [];
  return csvOf([
    ['row', ...columns.map(({ head }) => head)],
    ...rows.map((name, row) => [name, ...columns.map(({ value }) => value(row))]),
  ]);
}

const CURVE_HEADS = ['step', 'seconds', 'minimum', 'maximum', 'smoothed', 'not_finite'];

function* curvePoints({ steps, times, minimum, maximum, smoothed, flags }: Curve): Iterable<Field[]> {
  for (let index = 0; index < steps.length; index++) {
    const flag = flags[index] ?? 0;
    const bad = [flag & CELL_NAN ? 'NaN' : '', flag & CELL_INFINITE ? 'inf' : ''].filter(Boolean).join(' ');
    const time = times && String(times[index]);
    const none = flag !== 0 && minimum[index] === 0 && maximum[index] === 0;
    const values = none ? [undefined, undefined] : [minimum[index], maximum[index]];
    yield [String(steps[index]), time, ...values, smoothed?.[index], bad];
  }
}

/** The curves under the heatmap: a line a point; minimum and maximum differ where points were merged. */
export function curvesCsv(view: View): string {
  const lines: Field[][] = [['curve', ...CURVE_HEADS]];
  for (const { key } of lanesOf(view).flatMap((lane) => lane.curves)) {
    const curve = view.curves.get(key);
    for (const point of curve ? curvePoints(curve) : []) lines.push([key, ...point]);
  }
  return csvOf(lines);
}

/** A chart of any number of runs: a line a point. */
export function chartCsv(lines: readonly ChartLine[]): string {
  const points = lines.flatMap(({ name, curve }) => [...curvePoints(curve)].map((point) => [name, sourceOf(curve), ...point]));
  return csvOf([['run', 'curve', ...CURVE_HEADS], ...points]);
}

function sourceOf({ source }: Curve): string {
  return 'scalar' in source ? source.scalar : `${source.statistic} of row ${source.row}`;
}

/** Profiles side by side: a line a run and row. */
export function stripCsv(panels: readonly StripPanel[]): string {
  const lines = panels.flatMap(({ run, profile }) => {
    if (!profile) return [];
    const value = profileValues(profile, 0, run.extent);
    return (run.extent.layout?.rows ?? []).map((row, index) => [run.name, String(profile.step), row, profile.statistics[0], value(index)]);
  });
  return csvOf([['run', 'step', 'row', 'statistic', 'value'], ...lines]);
}

/** A table of runs: a line a run. */
export function tableCsv(columns: readonly TableColumn[]): string {
  const count = columns[0]?.cells.length ?? 0;
  const lines = Array.from({ length: count }, (_, at) =>
    columns.map(({ cells }) => {
      const value = cells[at]?.value;
      return typeof value === 'number' ? String(value) : value;
    }),
  );
  return csvOf([columns.map(({ title }) => title), ...lines]);
}
