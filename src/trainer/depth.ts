// Partial sums of a step to the depth tensor [rows, columns] that the event file carries.

import type { DepthLayout } from '../experiment/events';
import { EMBEDDING_ROW, HEAD_ROW, layerRow } from '../experiment/tags';
import type { Part } from '../model/layout';
import { STATISTICS, type Statistic, type StatisticCell } from '../model/statistics';
import type { Partials } from './pass';
import type { BlockSums } from './update';

/** Rows in the order of blocks: embedding, layers, head. */
export type DepthSources = {
  readonly partials: Partials;
  readonly sums: readonly BlockSums[];
  /** Elements of one stream in one micro-batch: B·T·C. */
  readonly elements: number;
  readonly microBatches: number;
};

interface Column {
  readonly name: string;
  readonly statistic: Statistic;
  /** Sublayers of a layer that the column is about. */
  readonly parts: readonly Part[];
  /** Whether it also exists for the ends of the model. */
  readonly whole: boolean;
}

const COLUMNS: readonly Column[] = STATISTICS.flatMap((statistic) => {
  const { name, split } = statistic.descriptor;
  const whole: Column = { name, statistic, parts: ['attention', 'feed_forward'], whole: true };
  const halves = (['attention', 'feed_forward'] as const).map(
    (part): Column => ({ name: `${name}/${part}`, statistic, parts: [part], whole: false }),
  );
  return split ? [whole, ...halves] : [whole];
});

/** The rows and columns of every depth event of a model this deep. */
export function depthLayout(layers: number): DepthLayout {
  const rows = [EMBEDDING_ROW, ...Array.from({ length: layers }, (_, i) => layerRow(i + 1)), HEAD_ROW];
  const absent = rows.flatMap((_, row) =>
    COLUMNS.flatMap((column, c): [number, number][] => (exists(column, row, layers) ? [] : [[row, c]])),
  );
  return { rows, columns: COLUMNS.map((column) => column.name), absent };
}

function exists({ statistic, whole }: Column, row: number, layers: number): boolean {
  if (row >= 1 && row <= layers) return true;
  if (!whole || statistic.rows === 'layers') return false;
  return row === 0 || statistic.rows === 'parameters';
}

/** Finishes every statistic. @returns row-major [layers + 2, columns], 0 where a cell does not exist. */
export function depthValues(layers: number, sources: DepthSources): Float32Array {
  const values = new Float32Array((layers + 2) * COLUMNS.length);
  for (let row = 0; row < layers + 2; row++) {
    COLUMNS.forEach((column, c) => {
      if (!exists(column, row, layers)) return;
      const parts: readonly Part[] = row === 0 ? ['embedding'] : row === layers + 1 ? ['head'] : column.parts;
      values[row * COLUMNS.length + c] = column.statistic.finish(parts.map((part) => cellOf(sources, row, part)));
    });
  }
  return values;
}

function cellOf({ partials, sums, elements, microBatches }: DepthSources, row: number, part: Part): StatisticCell {
  const parameters = sums[row]?.get(part) ?? { gradientSquares: 0, weightSquares: 0, updateSquares: 0 };
  return {
    ...parameters,
    elements: elements * microBatches,
    microBatches,
    partial: (name) => partials[row]?.get(`${part}.${name}`) ?? Number.NaN,
  };
}

/** Empty partial sums for the embedding and every layer. */
export function emptyPartials(layers: number): Partials {
  return Array.from({ length: layers + 1 }, () => new Map<string, number>());
}
