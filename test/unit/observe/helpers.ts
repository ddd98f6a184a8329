// What the observe tests share: temporary run directories, runs written as a trainer writes them, and
// an answer to every question that is slow and obviously right.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DepthLayout, RunEvent } from '../../../src/experiment/events';
import { RUN_FORMAT, type RunRecord } from '../../../src/experiment/run';
import { CELL_EMPTY, CELL_INFINITE, CELL_NAN, type Span } from '../../../src/experiment/view';

/** A folder that `clean` removes. */
export class Folders {
  private readonly made: string[] = [];

  make(): string {
    const folder = mkdtempSync(path.join(tmpdir(), 'fathom-observe-'));
    this.made.push(folder);
    return folder;
  }

  clean(): void {
    for (const folder of this.made.splice(0)) rmSync(folder, { recursive: true, force: true });
  }
}

export async function until(condition: () => boolean | Promise<boolean>, milliseconds = 10_000): Promise<void> {
  // Not by the clock on the wall, which may be set meanwhile.
  const end = performance.now() + milliseconds;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('what was waited for did not happen');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function record(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    format: RUN_FORMAT,
    id: 'a-run',
    name: 'a run',
    kind: 'run',
    state: 'finished',
    created: '2026-01-01T00:00:00.000Z',
    heartbeat: 1,
    step: 10,
    steps: 10,
    metrics: { 'loss/train': 1.5 },
    ...changes,
  };
}

export function layoutOf(rows: number, statistics: number): DepthLayout {
  return {
    rows: Array.from({ length: rows }, (_, row) => `layer ${row + 1}`),
    columns: Array.from({ length: statistics }, (_, statistic) => `statistic-${statistic}`),
  };
}

/** Numbers from a seed, some of them not finite, some spikes. */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return () => {
    const kind = uniform();
    if (kind < 0.01) return Number.NaN;
    if (kind < 0.015) return Number.POSITIVE_INFINITY;
    if (kind < 0.02) return Number.NEGATIVE_INFINITY;
    if (kind < 0.03) return (uniform() - 0.5) * 1e30;
    return Math.fround(uniform() - 0.5);
  };
}

export function depthEvent(step: number, layout: DepthLayout, next: () => number, first = true): RunEvent & { kind: 'depth' } {
  const [rows, columns] = [layout.rows.length, layout.columns.length];
  const values = Float32Array.from({ length: rows * columns }, next);
  return { kind: 'depth', step, wallTime: 0, rows, columns, values, ...(first && { layout }) };
}

export interface Cell {
  readonly minimum: number;
  readonly maximum: number;
  readonly flags: number;
}

/** What a cell over these values says. */
export function cellOver(values: readonly number[]): Cell {
  const finite = values.filter((value) => Number.isFinite(value));
  let flags = values.length === 0 ? CELL_EMPTY : 0;
  if (values.some((value) => Number.isNaN(value))) flags |= CELL_NAN;
  if (values.some((value) => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY)) flags |= CELL_INFINITE;
  if (finite.length === 0) return { minimum: 0, maximum: 0, flags };
  return { minimum: Math.min(...finite), maximum: Math.max(...finite), flags };
}

/** The parts of a span that `parts` cells cover. */
export function partsOf({ from, to }: Span, parts: number): Span[] {
  const at = (part: number) => from + Math.floor((part * (to - from)) / parts);
  return Array.from({ length: parts }, (_, part) => ({ from: at(part), to: at(part + 1) }));
}
