// What stands at the edges of the heatmap: pinned steps and layers by name, and flags where something
// happened. Flags too close to tell apart become one, so that a run that goes on repeating itself
// does not paint its axis over.

import { type Alert, type AlertKind, isTrouble } from '../alerts';
import { svg } from '../dom';
import { columnUnit, rowUnit } from '../marks';
import { rowTitle } from '../rows';
import type { View } from '../view';

/** Letters that name pinned steps in every plot. */
export const PIN_NAMES = ['A', 'B', 'C', 'D'] as const;
/** Letters that name pinned layers. */
export const LAYER_NAMES = ['α', 'β', 'γ', 'δ'] as const;

/** Pixels between flags of their own. */
const APART = 11;
/** Words that one flag shows at most. */
const LINES = 6;

/** How an alert is drawn. */
type FlagKind = 'alert' | 'over' | 'edit';

const FLAG_KINDS: Readonly<Record<AlertKind, FlagKind>> = {
  diagnosis: 'alert',
  rollback: 'alert',
  alert: 'alert',
  over: 'over',
  edit: 'edit',
};

export interface Flag {
  /** Pixels along the step axis. */
  readonly x: number;
  readonly kind: FlagKind;
  /** Newest first. */
  readonly alerts: readonly Alert[];
}

/** Flags from left to right; `place` gives pixels, and what lies outside 0…width is left out. */
export function flagsOf(alerts: readonly Alert[], place: (step: number) => number, width: number): Flag[] {
  const flags: { x: number; kind: FlagKind; alerts: Alert[] }[] = [];
  for (const alert of alerts.toSorted((one, other) => one.step - other.step)) {
    const x = place(alert.step);
    if (!(x >= 0 && x <= width)) continue;
    const kind = FLAG_KINDS[alert.kind];
    const near = flags.findLast((flag) => flag.kind === kind);
    if (near && x - near.x < APART) near.alerts.unshift(alert);
    else flags.push({ x, kind, alerts: [alert] });
  }
  return flags;
}

/** Pixels along a step axis of a given width; NaN before there is a picture. */
export function stepPlace({ picture, window }: Pick<View, 'picture' | 'window'>, width: number): (step: number) => number {
  return (step) => (picture ? columnUnit(window, picture.columnAt(step)) * width : Number.NaN);
}

/** Nodes of the flags on the step axis: a triangle for alerts, hollow where they are over, a diamond for changes of the configuration. */
export function flagNodes(view: View, width: number, height: number): SVGElement[] {
  const { words, alerts } = view;
  return flagsOf(alerts, stepPlace(view, width), width).flatMap(({ x, kind, alerts: here }) => {
    const lines = here.slice(0, LINES).map(({ step, text }) => `${words.text('cursor.step', { step })}: ${text}`);
    if (here.length > LINES) lines.push('…');
    const shape = kind === 'edit' ? `M${x} ${height}l5 -6l-5 -6l-5 6Z` : `M${x - 6} ${height}h12l-6 -10Z`;
    return [svg('path', { d: shape, class: `flag flag-${kind}` }, svg('title', {}, lines.join('\n')))];
  });
}

/** Nodes of the pins: lines across the plot with their names at its edges. */
export function pinNodes({ window, pins, selection, extent }: View, width: number, height: number): SVGElement[] {
  const steps = pins.flatMap(({ column }, index) => {
    const x = columnUnit(window, column) * width;
    if (x < 0 || x > width) return [];
    return [
      svg('line', { x1: x, x2: x, y1: 0, y2: height, class: `pin-line pin-${index}` }),
      svg('path', { d: `M${x - 5} 0H${x + 5}L${x} 7Z`, class: `pin-flag pin-${index}` }),
      svg('text', { x: x + 6, y: 12, class: `pin-name pin-${index}` }, PIN_NAMES[index] ?? ''),
    ];
  });
  const layers = selection.layers.flatMap((row, index) => {
    const y = rowUnit(window, row) * height;
    if (y < 0 || y > height || row >= (extent.layout?.rows.length ?? 0)) return [];
    return [
      svg('line', { x1: 0, x2: width, y1: y, y2: y, class: `pin-line layer-line pin-${index}` }),
      svg('path', { d: `M0 ${y - 5}V${y + 5}L7 ${y}Z`, class: `pin-flag pin-${index}` }),
      svg('text', { x: 10, y: y - 4, class: `pin-name pin-${index}` }, LAYER_NAMES[index] ?? ''),
    ];
  });
  return [...layers, ...steps];
}

/** Nodes on the layer axis: a dot at every layer that an alert is about. */
export function layerFlags({ alerts, extent, window, words }: View, right: number, height: number): SVGElement[] {
  const rows = extent.layout?.rows ?? [];
  const places = new Set(alerts.flatMap((alert) => (!isTrouble(alert) || alert.place === undefined ? [] : [rows.indexOf(alert.place)])));
  return [...places].flatMap((row) => {
    const y = rowUnit(window, row) * height;
    if (row < 0 || y < 0 || y > height) return [];
    const title = svg('title', {}, words.text('event.atLayer', { row: rowTitle(rows, row, words) }));
    return [svg('path', { d: `M${right} ${y}l-8 -5v10Z`, class: 'flag flag-alert' }, title)];
  });
}
