// Where ticks of layers and steps stand: shared by every plot that has one of these axes, so that
// grid lines run through all of them.

import { EMBEDDING_ROW, HEAD_ROW } from '../src/experiment/tags';
import { niceStep } from './axes';
import type { Window } from './grid';
import type { Picture } from './picture';
import { layersOf } from './rows';
import type { Words } from './words';

/** A tick at a share 0…1 of an axis. */
export interface Mark {
  readonly unit: number;
  readonly label: string;
}

/** Share of the height at which the middle of a row lies. */
export function rowUnit(window: Window, row: number): number {
  return (row + 0.5 - window.rows.from) / (window.rows.to - window.rows.from);
}

/** Share of the width at which the middle of a column lies. */
export function columnUnit(window: Window, column: number): number {
  return (column + 0.5 - window.columns.from) / (window.columns.to - window.columns.from);
}

/**
 * Ticks of the layer axis: the ends by name, layers at round numbers between them.
 *
 * @param rows `DepthLayout.rows`
 * @param height of the axis in pixels
 */
export function layerMarks(rows: readonly string[], window: Window, height: number, words: Words): Mark[] {
  const perRow = height / (window.rows.to - window.rows.from);
  const least = 15;
  const ends = rows.flatMap((row, index): Mark[] => {
    const unit = rowUnit(window, index);
    if ((row !== EMBEDDING_ROW && row !== HEAD_ROW) || unit < 0 || unit > 1) return [];
    return [{ unit, label: words.text(row === EMBEDDING_ROW ? 'row.embedding' : 'row.head') }];
  });
  const step = niceStep(Math.max(1, 30 / perRow));
  const layers: Mark[] = [];
  layersOf(rows).forEach((layer, index) => {
    const unit = rowUnit(window, index);
    if (layer === 0 || !(layer === 1 || layer % step === 0) || unit < 0 || unit > 1) return;
    const crowded = ends.some((end) => Math.abs(end.unit - unit) * height < least);
    if (!crowded) layers.push({ unit, label: String(layer) });
  });
  const spaced = layers.filter((mark, index) => {
    const next = layers[index + 1];
    return index > 0 || next === undefined || (next.unit - mark.unit) * height >= least;
  });
  return [...ends.filter((end) => end.unit < 0.5), ...spaced, ...ends.filter((end) => end.unit >= 0.5)];
}

/** Where steps stand: the same values as long as those of earlier steps are where they were. */
export function stepPlaces(picture: Picture | undefined): readonly unknown[] {
  // Until two columns are there, the distance between them is a guess; later ones leave the earlier where they are.
  return picture ? [picture.generation, picture.grid.columns.from, picture.grid.stride, Math.min(2, picture.filled)] : [];
}

/** Ticks of the step axis at round training steps. Without a picture there are none. */
export function stepMarks(picture: Picture | undefined, window: Window, width: number): Mark[] {
  if (!picture || picture.filled === 0) return [];
  const first = picture.stepAt(window.columns.from);
  const last = picture.stepAt(window.columns.to);
  const step = Math.max(1, niceStep((last - first) / Math.max(1, width / 80)));
  const marks: Mark[] = [];
  for (let at = Math.ceil(first / step) * step; at <= last && marks.length < 100; at += step) {
    const unit = columnUnit(window, picture.columnAt(at));
    if (unit >= 0 && unit <= 1) marks.push({ unit, label: String(at) });
  }
  return marks;
}
