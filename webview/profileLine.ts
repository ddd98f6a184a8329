// One line of the depth profile as nodes that stay while its numbers and its axes do: a live column
// draws the newest step's lines anew and leaves those of pinned steps alone.

import type { Profile, RunExtent, Span } from '../src/experiment/view';
import { placing, type Scale } from './axes';
import { Kept, Memo, type Size, svg } from './dom';
import type { Window } from './grid';
import { bandPath, linePath, merged } from './path';
import { profileValues } from './view';

/** Pixels that lines keep from the edges at the side. */
export const EDGE = 6;

export interface Line {
  readonly profile: Profile;
  /** Of its statistic in `profile.statistics`. */
  readonly index: number;
  readonly class: string;
}

/** By row from the first that is drawn; undefined where nothing is recorded. */
export type RowValues = readonly (number | undefined)[];

export class DrawnLine {
  readonly element = svg('g');
  private readonly values = new Kept<RowValues>();
  private readonly memo = new Memo();
  private shown: RowValues = [];

  /** The line's values of some rows. */
  valuesOf({ profile, index }: Line, extent: RunExtent, { from, to }: Span): RowValues {
    this.shown = this.values.get([profile, index, extent.layout, from, to], () => {
      const valueAtRow = profileValues(profile, index, extent);
      return Array.from({ length: Math.max(0, to - from) }, (_, row) => valueAtRow(from + row));
    });
    return this.shown;
  }

  /** Draws the values last asked for. @param y pixels of the n-th of them */
  draw(name: string, scale: Scale, size: Size, window: Window, y: (index: number) => number): void {
    const { low, high, transform } = scale;
    if (!this.memo.changed(this.shown, name, low, high, transform, size, window)) return;
    const place = placing(scale, EDGE, size.width - EDGE);
    const across = this.shown.map((value) => {
      if (value === undefined) return Number.NaN;
      return transform === 'log' && value <= 0 ? 2 : place(value);
    });
    this.element.replaceChildren(...lineNodes(name, across, y, size), ...nonFinite(this.shown, y, size));
  }
}

/** One line; where layers are denser than pixels, a band of what a pixel's layers span and a line through its middle. */
function lineNodes(name: string, across: readonly number[], y: (index: number) => number, { height }: Size): SVGElement[] {
  const count = across.length;
  const x = (index: number): number => across[index] ?? Number.NaN;
  const size = Math.max(1, Math.ceil((count * 1.5) / Math.max(1, height)));
  if (size === 1) return [svg('path', { class: name, d: linePath(count, x, y) })];
  const { low, high, middle } = merged(count, size, x);
  const centre = (group: number): number => y(Math.min(count - 1, group * size + (size - 1) / 2));
  const of = (values: Float64Array) => (group: number) => values[group] ?? Number.NaN;
  return [
    svg('path', { class: `band ${name.replace('line ', '')}`, d: bandPath(middle.length, centre, of(low), of(high), 'across') }),
    svg('path', { class: name, d: linePath(middle.length, of(middle), centre) }),
  ];
}

/** A mark at the edge for every row whose value is no number: never a mere gap. */
function nonFinite(values: RowValues, y: (index: number) => number, { width }: Size): SVGElement[] {
  const marks = { 'mark-nan': '', 'mark-infinite': '' };
  for (const [index, value] of values.entries()) {
    if (value === undefined || Number.isFinite(value)) continue;
    marks[Number.isNaN(value) ? 'mark-nan' : 'mark-infinite'] += `M${width} ${y(index).toFixed(1)}h-8`;
  }
  return Object.entries(marks).flatMap(([kind, path]) => (path === '' ? [] : [svg('path', { class: kind, d: path })]));
}
