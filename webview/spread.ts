// How values spread over depth, in the place of the profile: layer down the page as in the heatmap
// beside it, value across on the signed logarithmic scale on which it was counted, the share of each
// layer's values as colour.

import type { Histogram } from '../src/experiment/view';
import { formatValue } from './axes';
import { html, setAttributes, svg } from './dom';
import { colourMap, MAP_SIZE, NAN_COLOUR } from './heatmap/colour';
import type { View } from './view';

/** The smallest share that has a colour of its own. */
const LEAST_SHARE = 1e-5;

/** Shares of a row's values by bin, all NaN where the row was spoiled; undefined where it was not counted. */
export function sharesOf({ rows, edges, values }: Histogram, row: string): Float64Array | undefined {
  const at = rows.indexOf(row);
  if (at < 0) return undefined;
  const bins = edges.length + 1;
  const counts = Float64Array.from(values.subarray(at * bins, (at + 1) * bins));
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / total);
}

/** Where a bin lies, as words: between two edges, or beyond the last. */
export function binWords(edges: readonly number[], bin: number): string {
  const [low, high] = [edges[bin - 1], edges[bin]];
  if (low === undefined) return `≤ ${formatValue(high ?? Number.NaN, 2)}`;
  return high === undefined ? `> ${formatValue(low, 2)}` : `${formatValue(low, 2)} … ${formatValue(high, 2)}`;
}

/** Edges that are powers of ten, thinned so that labels keep apart; in shares of the axis. */
export function edgeMarks(edges: readonly number[], most: number): { readonly unit: number; readonly label: string }[] {
  const round = edges.flatMap((edge, index) => {
    const power = Math.log10(Math.abs(edge));
    return Math.abs(power - Math.round(power)) < 1e-3 ? [{ edge, power: Math.round(power), unit: (index + 1) / (edges.length + 1) }] : [];
  });
  const positive = round.filter(({ edge }) => edge > 0);
  // The same powers on both sides, from the outermost inwards.
  const every = Math.max(1, Math.ceil(positive.length / Math.max(1, Math.floor(most / 2))));
  const outermost = Math.max(...round.map(({ power }) => power));
  const shown = round.filter(({ power }) => (outermost - power) % every === 0);
  return shown.map(({ edge, unit }) => ({ unit, label: formatValue(Number(edge.toPrecision(3)), 1) }));
}

/** The picture behind a plot: one pixel a bin and row (or as many rows as a pixel holds, the largest share counts). */
export class Spread {
  readonly element = html('canvas', { class: 'spread', role: 'img', hidden: true });

  draw({ extent, window }: View, histogram: Histogram, height: number): void {
    const names = extent.layout?.rows ?? [];
    const first = Math.max(0, Math.floor(window.rows.from));
    const count = Math.max(1, Math.min(names.length, Math.ceil(window.rows.to)) - first);
    const bins = histogram.edges.length + 1;
    const pixels = Math.max(1, Math.min(count, Math.floor(height)));
    const image = new ImageData(bins, pixels);
    const map = colourMap();
    for (let y = 0; y < pixels; y++) {
      const from = first + Math.floor((y * count) / pixels);
      const to = first + Math.floor(((y + 1) * count) / pixels);
      const rows = names.slice(from, Math.max(from + 1, to)).flatMap((name) => sharesOf(histogram, name) ?? []);
      for (let bin = 0; bin < bins; bin++) {
        const shares = rows.map((row) => row[bin] ?? 0);
        const at = 4 * (y * bins + bin);
        if (shares.some(Number.isNaN)) image.data.set([...NAN_COLOUR, 255], at);
        else {
          const share = Math.max(0, ...shares);
          if (share <= 0) continue;
          const unit = Math.max(0, 1 - Math.log(share) / Math.log(LEAST_SHARE));
          const entry = 3 * Math.round(unit * (MAP_SIZE - 1));
          image.data.set([...map.subarray(entry, entry + 3), 255], at);
        }
      }
    }
    this.element.width = bins;
    this.element.height = pixels;
    this.element.getContext('2d')?.putImageData(image, 0, 0);
  }

  name(label: string): void {
    setAttributes(this.element, { 'aria-label': label });
  }
}

/** Ticks of the value axis below a plot of some width. */
export function edgeTicks({ edges }: Histogram, width: number): SVGElement[] {
  return edgeMarks(edges, width / 42).flatMap(({ unit, label }) => [
    svg('line', { x1: unit * width, x2: unit * width, y1: 0, y2: 5, class: 'tick' }),
    svg('text', { x: unit * width, y: 16, class: 'tick-label', 'text-anchor': 'middle' }, label),
  ]);
}
