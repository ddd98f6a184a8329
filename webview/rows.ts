// The rows of a depth layout, read once: which layer each is, and its name for a person.

import { EMBEDDING_ROW, HEAD_ROW } from '../src/experiment/tags';
import type { Words } from './words';

const LAYERS = new WeakMap<readonly string[], Int32Array>();

/** Layer number of every row, 0 where a row is no layer. The answer is kept with the array. */
export function layersOf(rows: readonly string[]): Int32Array {
  const known = LAYERS.get(rows);
  if (known) return known;
  const layers = Int32Array.from(rows, (row) => Number(/^layer (\d+)$/.exec(row)?.[1] ?? 0));
  LAYERS.set(rows, layers);
  return layers;
}

/** The name of a row of the depth layout, for a person; empty where there is no such row. */
export function rowTitle(rows: readonly string[] | undefined, row: number, words: Words): string {
  const name = rows?.[row];
  if (rows === undefined || name === undefined) return '';
  if (name === EMBEDDING_ROW) return words.text('row.embedding');
  if (name === HEAD_ROW) return words.text('row.head');
  const layer = layersOf(rows)[row] ?? 0;
  return layer === 0 ? name : words.text('row.layer', { layer });
}
