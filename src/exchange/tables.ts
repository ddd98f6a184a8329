// A run's numbers as the two tables that every format of them has: scalars by step, and depth statistics by
// step, row and statistic. Superseded steps, and cells that do not exist, are in neither.

import type { DepthLayout, RunEvent } from '../experiment/events';

/** What events say about one step. */
export interface ScalarRow {
  readonly step: number;
  readonly values: ReadonlyMap<string, number>;
}

/** What events say about one step is one row; a number for a step that its tag has passed comes too late. */
export async function* scalarRows(events: AsyncIterable<RunEvent>): AsyncGenerator<ScalarRow> {
  const reached = new Map<string, number>();
  let row: { readonly step: number; readonly values: Map<string, number> } | undefined;
  for await (const event of events) {
    if (event.kind !== 'scalars') continue;
    const fresh = Object.entries(event.values).filter(([tag]) => event.step > (reached.get(tag) ?? Number.NEGATIVE_INFINITY));
    if (fresh.length === 0) continue;
    if (row && row.step !== event.step) {
      yield row;
      row = undefined;
    }
    row ??= { step: event.step, values: new Map() };
    for (const [tag, value] of fresh) {
      row.values.set(tag, value);
      reached.set(tag, event.step);
    }
  }
  if (row) yield row;
}

export interface CellName {
  readonly row: string;
  readonly statistic: string;
}

/** One recorded step over depth. */
export interface DepthRows {
  readonly step: number;
  /** Names of `values`, the same array as long as the layout is; undefined for a cell that does not exist. */
  readonly names: readonly (CellName | undefined)[];
  readonly values: Float32Array;
}

export async function* depthRows(events: AsyncIterable<RunEvent>): AsyncGenerator<DepthRows> {
  let names: DepthRows['names'] | undefined;
  let reached = Number.NEGATIVE_INFINITY;
  for await (const event of events) {
    if (event.kind !== 'depth') continue;
    if (event.layout) names = cellNames(event.layout);
    if (!names || names.length !== event.values.length || event.step <= reached) continue;
    reached = event.step;
    yield { step: event.step, names, values: event.values };
  }
}

function cellNames({ rows, columns, absent = [] }: DepthLayout): DepthRows['names'] {
  const missing = new Set(absent.map(([row, column]) => row * columns.length + column));
  const names = rows.flatMap((row) => columns.map((statistic): CellName => ({ row, statistic })));
  return names.map((name, i) => (missing.has(i) ? undefined : name));
}
