// Ticks, labels and grid lines of a chart, in as few nodes as they can be: they are drawn anew whenever an
// axis grows.

import { placing, type Scale, spaced, ticks } from '../axes';
import { svg } from '../dom';

/** Pixels of a chart's edges. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Ticks, labels and grid lines of the values, as few nodes as they can be. */
export function upNodes(scale: Scale, { left, top, right, bottom }: Box): SVGElement[] {
  const y = placing(scale, bottom, top);
  let [grid, marks] = ['', ''];
  const labels: SVGElement[] = [];
  for (const { value, label } of spaced(ticks(scale, Math.max(2, (bottom - top) / 36)), y, 13)) {
    const at = y(value);
    if (at < top - 0.5 || at > bottom + 0.5) continue;
    marks += `M${left} ${at}h${label === '' ? -3 : -5}`;
    if (label === '') continue;
    grid += `M${left} ${at}H${right}`;
    labels.push(svg('text', { class: 'tick-label', x: left - 8, y: at, 'text-anchor': 'end', 'dominant-baseline': 'central' }, label));
  }
  return [svg('path', { class: 'grid-line', d: grid }), svg('path', { class: 'tick', d: marks }), ...labels];
}

/** The same of the x axis. */
export function acrossNodes(scale: Scale, { left, top, right, bottom }: Box): SVGElement[] {
  const x = placing(scale, left, right);
  let [grid, marks] = ['', ''];
  const labels: SVGElement[] = [];
  for (const { value, label } of spaced(ticks(scale, Math.max(2, (right - left) / 80)), x, 40)) {
    const at = x(value);
    if (at < left - 0.5 || at > right + 0.5) continue;
    marks += `M${at} ${bottom}v${label === '' ? 3 : 5}`;
    if (label === '') continue;
    grid += `M${at} ${top}V${bottom}`;
    labels.push(svg('text', { class: 'tick-label', x: at, y: bottom + 16, 'text-anchor': 'middle' }, label));
  }
  return [svg('path', { class: 'grid-line', d: grid }), svg('path', { class: 'tick', d: marks }), ...labels];
}
