// One statistic of one recorded step, layer by layer, out of the depth tensor.

import { EMBEDDING_ROW, HEAD_ROW } from '../experiment/tags';
import type { DepthRecord } from './follow';

/** The statistic of every layer, first to last, without embedding and head; undefined where it was not recorded. */
export function layerValues({ layout, values }: DepthRecord, statistic: string): readonly number[] | undefined {
  const column = layout.columns.indexOf(statistic);
  if (column < 0) return undefined;
  return layout.rows.flatMap((row, r) =>
    row === EMBEDDING_ROW || row === HEAD_ROW ? [] : [values[r * layout.columns.length + column] ?? Number.NaN],
  );
}

/** The layer (from 1) with the smallest value; one that is not a number comes before all others. */
export function smallestLayer(layers: readonly number[]): { readonly layer: number; readonly value: number } | undefined {
  const broken = layers.findIndex((value) => Number.isNaN(value));
  const index = broken >= 0 ? broken : layers.reduce((best, value, i) => (value < (layers[best] ?? value) ? i : best), 0);
  const value = layers[index];
  return value === undefined ? undefined : { layer: index + 1, value };
}
