// A heatmap as vector graphics: cells of one colour are one path, so that a thousand layers make a file that a page
// can carry. Of cells that share a pixel the largest is drawn; what is not finite is never averaged away.

import { place, type Scale } from './scale';
import { element, type Svg } from './svg';

/** Viridis (van der Walt and Smith, 2015), at equal steps: lightness alone orders it. */
const STOPS = ['440154', '482878', '3e4989', '31688e', '26828e', '1f9e89', '35b779', '6ece58', 'b5de2b', 'fde725'];
const LEVELS = 48;
/** In pixels. */
const OVERLAP = 0.5;
const NAN = '#ff0090';
const INFINITE = '#ff6000';

/** At `unit` of the way from the smallest to the largest value. */
export function colourAt(unit: number): string {
  const at = Math.min(1, Math.max(0, unit)) * (STOPS.length - 1);
  const [low, high] = [STOPS[Math.floor(at)] ?? '', STOPS[Math.ceil(at)] ?? ''];
  const mixed = [0, 2, 4].map((i) => {
    const [a, b] = [low, high].map((stop) => Number.parseInt(stop.slice(i, i + 2), 16)) as [number, number];
    return Math.round(a + (b - a) * (at % 1));
  });
  return `#${mixed.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** @param columns values of every layer, the first at the bottom, for each recorded step; all of one length */
export function heatmap(columns: readonly (readonly number[])[], scale: Scale, box: Box): Svg {
  const across = Math.min(columns.length, Math.floor(box.width / 2));
  const up = Math.min(columns[0]?.length ?? 0, Math.floor(box.height / 2));
  const [wide, high] = [box.width / across, box.height / up];
  const paths = new Map<string, string[]>();
  for (let x = 0; x < across; x++) {
    const shared = columns.slice(Math.floor((x * columns.length) / across), Math.floor(((x + 1) * columns.length) / across));
    const colours = Array.from({ length: up }, (_, y) => colourOf(cellOf(shared, y, up), scale));
    for (let from = 0; from < up; ) {
      const colour = colours[from] ?? NAN;
      let to = from + 1;
      while (to < up && colours[to] === colour) to++;
      // A little over the next cell, or what lies between two roundings shines through.
      const [right, top] = [Math.min(across * wide, (x + 1) * wide + OVERLAP), Math.min(up * high, to * high + OVERLAP)];
      const [width, height] = [right - x * wide, top - from * high];
      const rect = `M${fixed(box.left + x * wide)} ${fixed(box.top + box.height - from * high)}h${fixed(width)}v${fixed(-height)}h${fixed(-width)}z`;
      paths.set(colour, [...(paths.get(colour) ?? []), rect]);
      from = to;
    }
  }
  const drawn = [...paths].map(([fill, rects]) => element('path', { fill, d: rects.join('') }));
  return element('g', { 'shape-rendering': 'crispEdges' }, ...drawn);
}

/** Of all values that a cell stands for: the first that is not finite, else the largest. */
function cellOf(shared: readonly (readonly number[])[], y: number, up: number): number {
  const values = shared.flatMap((column) => column.slice(Math.floor((y * column.length) / up), Math.floor(((y + 1) * column.length) / up)));
  return values.find((value) => !Number.isFinite(value)) ?? Math.max(...values);
}

function colourOf(value: number, scale: Scale): string {
  const unit = place(scale, value);
  if (unit === undefined) return Number.isNaN(value) ? NAN : INFINITE;
  return colourAt(Math.round(unit * LEVELS) / LEVELS);
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}
