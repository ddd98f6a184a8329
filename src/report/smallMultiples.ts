// Many small plots on one pair of scales, in rows and columns as a table of the same runs has them, so that
// what differs is the runs and never the axes.

import { place, type Scale, ticks } from './scale';
import { COLOURS, element, FAINT, GRID, INK, label, picture, polyline, type Svg } from './svg';

export interface LineStyle {
  readonly name: string;
  readonly colour: string;
}

export interface PlotLine {
  /** One of the styles of the whole picture. */
  readonly style: LineStyle;
  /** By ascending x; values that are not finite leave a gap, and a cross at the top. */
  readonly points: readonly (readonly [number, number])[];
}

export interface Panel {
  /** A few words in the upper corner. */
  readonly note: string;
  readonly lines: readonly PlotLine[];
}

export interface Axis {
  readonly name: string;
  readonly scale: Scale;
}

export interface SmallMultiples {
  readonly title: string;
  /** Of the rows; an empty text for a single one. */
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** `panels[row][column]`. */
  readonly panels: readonly (readonly Panel[])[];
  readonly x: Axis;
  readonly y: Axis;
  readonly styles: readonly LineStyle[];
  /** Horizontal lines in every panel, such as a yardstick. */
  readonly guides?: readonly { readonly value: number; readonly name: string }[];
}

const PANEL = { width: 190, height: 110 } as const;
const GAP = 12;
const LEFT = 148;
const TOP = 78;
const BOTTOM = 40;
const RIGHT = 16;

/** The picture as an SVG file. */
export function smallMultiples(plot: SmallMultiples): Svg {
  const { title, rows, columns, panels, x, y, styles, guides = [] } = plot;
  const width = LEFT + columns.length * (PANEL.width + GAP) - GAP + RIGHT;
  const height = TOP + rows.length * (PANEL.height + GAP) - GAP + BOTTOM;
  const leftOf = (column: number) => LEFT + column * (PANEL.width + GAP);
  const topOf = (row: number) => TOP + row * (PANEL.height + GAP);
  const bottom = topOf(rows.length - 1) + PANEL.height;
  return picture(
    width,
    height,
    title,
    label(16, 20, title, { size: 14, bold: true }),
    legend(styles, guides, 16, 42),
    ...columns.map((name, c) => label(leftOf(c) + PANEL.width / 2, TOP - 12, name, { anchor: 'middle', bold: true })),
    ...rows.map((name, r) => label(16, topOf(r) + PANEL.height / 2, name, { bold: true })),
    ...rows.flatMap((_, r) => yLabels(y.scale, LEFT - 6, topOf(r))),
    ...columns.flatMap((_, c) => xLabels(x.scale, leftOf(c), bottom + 10)),
    label(leftOf(0) + (width - LEFT - RIGHT) / 2, bottom + 28, x.name, { anchor: 'middle', colour: FAINT }),
    label(LEFT - 46, TOP - 12, y.name, { anchor: 'start', colour: FAINT }),
    ...panels.flatMap((row, r) => row.map((panel, c) => drawn(panel, plot, leftOf(c), topOf(r)))),
  );
}

function drawn({ note, lines }: Panel, { x, y, guides = [] }: SmallMultiples, left: number, top: number): Svg {
  const right = (unit: number) => left + unit * PANEL.width;
  const down = (unit: number) => top + (1 - unit) * PANEL.height;
  const across = (value: number, colour: string, dashes?: string): Svg => {
    const unit = place(y.scale, value) ?? 0;
    return element('path', { d: `M${left} ${down(unit)}H${left + PANEL.width}`, stroke: colour, 'stroke-dasharray': dashes });
  };
  return element(
    'g',
    { fill: 'none' },
    ...ticks(y.scale, 4).map(({ value }) => across(value, GRID)),
    ...guides.map(({ value }) => across(value, FAINT, '4 3')),
    element('rect', { x: left, y: top, width: PANEL.width, height: PANEL.height, stroke: FAINT }),
    ...lines.flatMap((line) =>
      curve(
        line,
        (value) => place(x.scale, value),
        (value) => place(y.scale, value),
        right,
        down,
      ),
    ),
    label(left + PANEL.width - 6, top + 11, note, { anchor: 'end', size: 10, halo: true }),
  );
}

type Place = (value: number) => number | undefined;

function curve(
  { style, points }: PlotLine,
  xOf: Place,
  yOf: Place,
  right: (unit: number) => number,
  down: (unit: number) => number,
): Svg[] {
  const placed = thinned(points, PANEL.width).map(([at, value]): readonly [number, number] | undefined => {
    const [unitX, unitY] = [xOf(at), yOf(value)];
    return unitX === undefined || unitY === undefined ? undefined : [right(unitX), down(unitY)];
  });
  const broken = points.filter(([, value], i) => !Number.isFinite(value) && Number.isFinite(points[i - 1]?.[1] ?? 0));
  return [
    element('path', { d: polyline(placed), stroke: style.colour, 'stroke-width': 1.5, 'stroke-linejoin': 'round' }),
    ...broken.map(([at]) => {
      const [middle, edge] = [right(xOf(at) ?? 0), down(1)];
      const cross = `M${middle - 3} ${edge - 3}l6 6m0 -6l-6 6`;
      return element('path', { d: cross, stroke: COLOURS.alarm, 'stroke-width': 1.5 });
    }),
  ];
}

/** At most two points for each of `pixels` columns, the lowest and the highest: no peak is lost. */
export function thinned(points: readonly (readonly [number, number])[], pixels: number): readonly (readonly [number, number])[] {
  if (points.length <= 2 * pixels) return points;
  return Array.from({ length: pixels }, (_, i) => {
    const bucket = points.slice(Math.floor((i * points.length) / pixels), Math.floor(((i + 1) * points.length) / pixels));
    const broken = bucket.find(([, value]) => !Number.isFinite(value));
    if (broken) return [broken];
    const [first] = bucket;
    if (!first) return [];
    const lowest = bucket.reduce((a, b) => (b[1] < a[1] ? b : a), first);
    const highest = bucket.reduce((a, b) => (b[1] > a[1] ? b : a), first);
    return lowest[0] <= highest[0] ? [lowest, highest] : [highest, lowest];
  }).flat();
}

function legend(styles: readonly LineStyle[], guides: readonly { readonly name: string }[], left: number, y: number): Svg {
  const keys = [
    ...styles.map(({ name, colour }) => ({ name, colour, dashes: undefined })),
    ...guides.map(({ name }) => ({ name, colour: FAINT, dashes: '4 3' })),
  ];
  let x = left;
  const parts = keys.flatMap(({ name, colour, dashes }) => {
    const line = element('path', { d: `M${x} ${y}h22`, stroke: colour, 'stroke-width': 2, 'stroke-dasharray': dashes });
    const text = label(x + 28, y, name, { colour: INK });
    x += 28 + 6.2 * name.length + 24;
    return [line, text];
  });
  return element('g', {}, ...parts);
}

/** Labels at the ends lean inwards, so that those of neighbours do not meet. */
function yLabels(scale: Scale, right: number, top: number): Svg[] {
  return ticks(scale, 4).map(({ value, label: text }) => {
    const middle = (1 - (place(scale, value) ?? 0)) * PANEL.height;
    const y = top + Math.min(PANEL.height - 4, Math.max(4, middle));
    return label(right, y, text, { anchor: 'end', colour: FAINT, size: 10 });
  });
}

function xLabels(scale: Scale, left: number, y: number): Svg[] {
  return ticks(scale, 4).map(({ value, label: text }) => {
    const unit = place(scale, value) ?? 0;
    const anchor = unit < 0.05 ? 'start' : unit > 0.95 ? 'end' : 'middle';
    return label(left + unit * PANEL.width, y, text, { anchor, colour: FAINT, size: 10 });
  });
}
