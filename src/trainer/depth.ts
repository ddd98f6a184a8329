// Partials of a step to the depth tensor [rows, columns] that the event file carries.

import type { ModelConfig } from '../experiment/config';
import type { DepthLayout } from '../experiment/events';
import { EMBEDDING_ROW, HEAD_ROW, layerRow } from '../experiment/tags';
import type { Part } from '../model/layout';
import type { Statistic, StatisticCell } from '../model/statistic';
import { statisticsNamed } from '../model/statistics';
import type { Partials } from './pass';
import type { BlockSums } from './update';

/** Rows in the order of blocks: embedding, layers, head. */
export type DepthSources = {
  readonly partials: Partials;
  readonly sums: readonly BlockSums[];
  readonly model: ModelConfig;
  /** Sequences in one micro-batch. */
  readonly batch: number;
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

function columnsOf(statistics: readonly string[]): readonly Column[] {
  return statisticsNamed(statistics).flatMap((statistic) => {
    const { name, split } = statistic.descriptor;
    const whole: Column = { name, statistic, parts: ['attention', 'feed_forward'], whole: true };
    const halves = (['attention', 'feed_forward'] as const).map(
      (part): Column => ({ name: `${name}/${part}`, statistic, parts: [part], whole: false }),
    );
    return split ? [whole, ...halves] : [whole];
  });
}

/** The rows and columns of every depth event of a model this deep. @param statistics names of those recorded. */
export function depthLayout(layers: number, statistics: readonly string[]): DepthLayout {
  const columns = columnsOf(statistics);
  const rows = [EMBEDDING_ROW, ...Array.from({ length: layers }, (_, i) => layerRow(i + 1)), HEAD_ROW];
  const absent = rows.flatMap((_, row) =>
    columns.flatMap((column, c): [number, number][] => (exists(column, row, layers) ? [] : [[row, c]])),
  );
  return { rows, columns: columns.map((column) => column.name), absent };
}

function exists({ statistic, whole }: Column, row: number, layers: number): boolean {
  if (row >= 1 && row <= layers) return true;
  if (!whole || statistic.rows === 'layers') return false;
  return row === 0 || statistic.rows === 'parameters';
}

/** Finishes these statistics. @returns row-major [layers + 2, columns], 0 where a cell does not exist. */
export function depthValues(statistics: readonly string[], sources: DepthSources): Float32Array {
  const { layers } = sources.model;
  const columns = columnsOf(statistics);
  const values = new Float32Array((layers + 2) * columns.length);
  for (let row = 0; row < layers + 2; row++) {
    // A row's columns look at the same few cells, thousands of times a step.
    const cells = new Map<Part, StatisticCell>();
    const cell = (part: Part): StatisticCell => {
      const found = cells.get(part) ?? cellOf(sources, row, part);
      cells.set(part, found);
      return found;
    };
    columns.forEach((column, c) => {
      if (!exists(column, row, layers)) return;
      const parts: readonly Part[] = row === 0 ? ['embedding'] : row === layers + 1 ? ['head'] : column.parts;
      values[row * columns.length + c] = column.statistic.finish(parts.map(cell));
    });
  }
  return values;
}

function cellOf({ partials, sums, model, batch, microBatches }: DepthSources, row: number, part: Part): StatisticCell {
  const { gradientSquares = 0, weightSquares = 0, updateSquares = 0, nonFinite = 0 } = sums[row]?.get(part) ?? {};
  const sequences = batch * microBatches;
  const tokens = sequences * model.context;
  return {
    sequences,
    tokens,
    elements: tokens * model.hidden,
    heads: model.heads,
    microBatches,
    gradientSquares,
    weightSquares,
    updateSquares,
    nonFiniteGradients: nonFinite,
    partial: (name, absent = Number.NaN) => partials[row]?.get(partialName(part, name)) ?? absent,
  };
}

/** `<part>.<name>`, made once: thousands of cells ask for the same few at every step. */
function partialName(part: Part, name: string): string {
  const ofPart = partialNames.get(part) ?? new Map<string, string>();
  partialNames.set(part, ofPart);
  const found = ofPart.get(name) ?? `${part}.${name}`;
  ofPart.set(name, found);
  return found;
}

const partialNames = new Map<Part, Map<string, string>>();

/** Empty partials for the embedding and every layer. */
export function emptyPartials(layers: number): Partials {
  return Array.from({ length: layers + 1 }, () => new Map<string, number>());
}
