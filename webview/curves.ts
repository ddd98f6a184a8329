// Curves under the heatmap, on its step axis: loss, learning rate, gradient norm and the selected
// layer's statistic, each in a lane of its own because their units share nothing. Merged points show
// as bands from minimum to maximum; what is no number shows as a mark, never as a gap alone.

import { CELL_INFINITE, CELL_NAN } from '../src/experiment/view';
import { affineOf, formatMeasured, levelOf, placing, rounded, type Scale, scaleOver, spaced, type Transform, ticks } from './axes';
import { html, Memo, type Size, setAttributes, svg } from './dom';
import { extremesOf } from './extremes';
import { CurveLayer } from './growing';
import { flagsOf, LAYER_NAMES, stepPlace } from './heatmap/flags';
import { Pointer } from './heatmap/pointer';
import { type Curve, sourceKey } from './loading/curves';
import { columnUnit, stepMarks, stepPlaces } from './marks';
import { keyLine } from './profile';
import { rowTitle } from './rows';
import { columnName } from './statistics';
import type { Intents, Look, View } from './view';

/** Pixels between labels that do not touch. */
const LABEL_HEIGHT = 13;
/** Pixels of a lane above its values, for its title, and below them. */
const ABOVE = 20;
const BELOW = 6;

/** Validation with averaged weights: only where a run keeps them. */
const AVERAGED = 'loss/validation_averaged';

interface LaneCurve {
  readonly key: string;
  readonly class: string;
  /** Its name beside the lane's title, where the lane has more than one. */
  readonly name?: string;
}

interface Lane {
  readonly title: string;
  readonly transform: Transform;
  readonly curves: readonly LaneCurve[];
}

/** The lanes of a view, in order. */
export function lanesOf(view: View): Lane[] {
  const { words, statistic, selection, cursor, extent, scale } = view;
  const lanes: Lane[] = [
    {
      title: words.text('curve.loss'),
      transform: 'linear',
      curves: [
        { key: 'loss/train', class: 'line-train', name: words.text('scalar.loss/train') },
        { key: 'loss/validation', class: 'line-validation', name: words.text('scalar.loss/validation') },
        ...(extent.scalars.includes(AVERAGED) ? [{ key: AVERAGED, class: 'line-averaged', name: words.text(`scalar.${AVERAGED}`) }] : []),
      ],
    },
    { title: words.text('curve.gradientNorm'), transform: 'log', curves: [{ key: 'gradient_norm', class: 'line-plain' }] },
    { title: words.text('curve.lr'), transform: 'linear', curves: [{ key: 'lr', class: 'line-plain' }] },
  ];
  if (statistic && cursor) {
    const part = statistic.parts.includes(selection.part) ? selection.part : 'layer';
    const keyOf = (row: number): string => sourceKey({ statistic: columnName(statistic.name, part), row });
    const row = rowTitle(extent.layout?.rows, cursor.row, words);
    const pinned = selection.layers.map((layer, index) => ({
      key: keyOf(layer),
      class: `layer-curve pin-${index}`,
      name: LAYER_NAMES[index] ?? '',
    }));
    // The layer under the cursor is drawn last, over those that are pinned.
    const curves = [...pinned, { key: keyOf(cursor.row), class: `line-${part}`, ...(pinned.length > 0 && { name: row }) }];
    const title = pinned.length > 0 ? statistic.title : words.text('curve.at', { statistic: statistic.title, row });
    lanes.unshift({ title, transform: scale.transform, curves });
  }
  return lanes;
}

/** The scale of a lane over the finite points inside a span of steps. */
export function laneScale(transform: Transform, curves: readonly Curve[], from: number, to: number): Scale {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const curve of curves) {
    const { raw } = extremesOf(curve, pointAfter(curve, from), pointAt(curve, to) + 1);
    low = Math.min(low, transform === 'log' ? raw.positive : raw.low);
    high = Math.max(high, raw.high);
  }
  return rounded(scaleOver(transform, low, high));
}

/** Index of the first point at or after a step. */
function pointAfter(curve: Curve, step: number): number {
  const before = pointAt(curve, step);
  return curve.steps[before] === step ? before : before + 1;
}

/** Index of the last point at or before a step; −1 before the first. */
export function pointAt(curve: Curve, step: number): number {
  let low = -1;
  let high = curve.steps.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((curve.steps[middle] ?? 0) <= step) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A curve's value at a step, as words: a span where points were merged. */
export function valueAt(curve: Curve | undefined, step: number): string | undefined {
  return curve && valueAtPoint(curve, pointAt(curve, step));
}

/** The value of a curve's n-th point, as words; undefined where there is none. */
export function valueAtPoint(curve: Curve, index: number): string | undefined {
  if (index < 0 || index >= curve.steps.length) return undefined;
  const flag = curve.flags[index] ?? 0;
  if (flag & CELL_NAN) return formatMeasured(Number.NaN);
  if (flag & CELL_INFINITE) return formatMeasured(Number.POSITIVE_INFINITY);
  const low = formatMeasured(curve.minimum[index] ?? Number.NaN);
  const high = formatMeasured(curve.maximum[index] ?? Number.NaN);
  return low === high ? low : `${low}…${high}`;
}

interface DrawnLane {
  readonly transform: Transform;
  readonly scale: Scale;
  /** Nothing was recorded. */
  readonly empty: boolean;
  readonly lines: readonly { readonly curve: Curve | undefined; readonly class: string }[];
}

export class CurvesPlot {
  readonly plot = html('div', { class: 'plot curves', 'data-testid': 'curves' });
  readonly axis = svg('svg', { class: 'axis curve-axis', 'aria-hidden': 'true' });
  private readonly drawing = svg('svg', { class: 'lines', role: 'img' });
  private readonly behind = svg('g');
  private readonly grid = svg('g');
  private readonly lines = svg('g');
  private readonly layer = new CurveLayer(this.lines);
  private readonly titles = html('div', { class: 'lane-titles' });
  private readonly cursorLine = html('div', { class: 'cursor-line down' });
  private size: Size = { width: 0, height: 0 };
  private axisWidth = 0;
  private readonly memo = new Memo();
  private readonly behindMemo = new Memo();
  private readonly gridMemo = new Memo();
  private readonly cursorMemo = new Memo();

  constructor(intents: Intents, look: () => Look | undefined) {
    const frame = html('div', { class: 'frame', hidden: true });
    this.drawing.append(this.behind, this.grid, this.lines);
    this.plot.append(this.drawing, this.titles, this.cursorLine, frame);
    new Pointer(this.plot, frame, intents, look, 'columns');
  }

  resize(size: Size): void {
    this.size = size;
    // Read here, where layout is fresh: while drawing it would force one.
    this.axisWidth = this.axis.clientWidth;
  }

  update(view: View): void {
    const { words, curves, window, picture, statistic, selection, cursor, scale, pins, alerts } = view;
    const lanes = lanesOf(view);
    const drawn = lanes.flatMap((lane) => lane.curves.map(({ key }) => curves.get(key)));
    const about = [words, window, statistic, selection.part, selection.layers, scale.transform, pins, alerts, this.size];
    const changed = this.memo.changed(...about, picture?.filled, ...stepPlaces(picture), ...drawn);
    if (changed) this.draw(view, lanes);
    if (this.cursorMemo.changed(cursor, window, this.size) || changed) {
      setAttributes(this.cursorLine, { hidden: !cursor });
      if (cursor) this.cursorLine.style.transform = `translateX(${Math.round(columnUnit(window, cursor.column) * this.size.width)}px)`;
      this.name(view, lanes);
    }
  }

  private draw(view: View, all: readonly Lane[]): void {
    const { words, curves, window, picture, pins, alerts } = view;
    const { width, height } = this.size;
    if (width <= 0 || height <= 0) return;
    const places = stepPlaces(picture);
    if (this.behindMemo.changed(window, pins, alerts, this.size, ...places)) this.drawBehind(view);
    const from = picture?.stepAt(window.columns.from - 1) ?? 0;
    const to = picture?.stepAt(window.columns.to + 1) ?? 0;
    const lanes = all.map(({ transform, curves: wanted }): DrawnLane => {
      const lines = wanted.map(({ key, class: name }) => ({ curve: curves.get(key), class: name }));
      const present = lines.flatMap(({ curve }) => curve ?? []);
      return { transform, scale: laneScale(transform, present, from, to), empty: present.every(({ steps }) => steps.length === 0), lines };
    });
    const ends = lanes.flatMap(({ scale, empty }) => [scale.low, scale.high, scale.transform, empty]);
    if (this.gridMemo.changed(this.size, this.axisWidth, ...ends)) this.drawGrid(lanes);
    const laneHeight = height / lanes.length;
    const perColumn = width / (window.columns.to - window.columns.from);
    const across = { at: (0.5 - window.columns.from) * perColumn, per: perColumn };
    const last = picture?.steps[picture.filled - 1] ?? Number.NaN;
    this.layer.update(
      lanes.flatMap(({ scale, transform, lines }, index) =>
        lines.map(
          ({ curve, class: name }) =>
            curve && {
              curve,
              class: name,
              key: [transform, ...places],
              place: (point) => picture?.columnAt(curve.steps[point] ?? Number.NaN) ?? Number.NaN,
              level: (value) => levelOf(transform, value),
              across,
              up: affineOf(scale, (index + 1) * laneHeight - BELOW, index * laneHeight + ABOVE),
              // Beyond the last column the place of a step is a guess.
              settled: pointAt(curve, last) + 1,
              bottom: (index + 1) * laneHeight,
            },
        ),
      ),
    );
    setAttributes(this.drawing, { 'aria-label': words.text('plot.curves') });
  }

  /** What runs through all lanes: lines of the step axis, pins, and flags. */
  private drawBehind(view: View): void {
    const { window, picture, pins, alerts } = view;
    const { width, height } = this.size;
    const down = (x: number, name: string): SVGElement => svg('line', { x1: x, x2: x, y1: 0, y2: height, class: name });
    this.behind.replaceChildren(
      ...stepMarks(picture, window, width).map(({ unit }) => down(unit * width, 'grid-line')),
      ...pins.map(({ column }, index) => down(columnUnit(window, column) * width, `pin-line pin-${index}`)),
      ...flagsOf(alerts, stepPlace(view, width), width).map(({ x, kind }) => down(x, `flag-line flag-${kind}`)),
    );
  }

  private drawGrid(lanes: readonly DrawnLane[]): void {
    const { width, height } = this.size;
    const right = this.axisWidth;
    const laneHeight = height / lanes.length;
    const nodes: SVGElement[] = [];
    const labels: SVGElement[] = [];
    lanes.forEach(({ scale, empty }, index) => {
      const top = index * laneHeight;
      const y = placing(scale, top + laneHeight - BELOW, top + ABOVE);
      if (index > 0) nodes.push(svg('line', { class: 'lane-line', x1: 0, x2: width, y1: top, y2: top }));
      for (const { value, label } of empty ? [] : spaced(ticks(scale, Math.max(1, laneHeight / 34)), y, LABEL_HEIGHT)) {
        if (label !== '') nodes.push(svg('line', { class: 'grid-line', x1: 0, x2: width, y1: y(value), y2: y(value) }));
        labels.push(
          svg('line', { x1: right - (label === '' ? 3 : 5), x2: right, y1: y(value), y2: y(value), class: 'tick' }),
          svg('text', { x: right - 8, y: y(value), class: 'tick-label', 'text-anchor': 'end', 'dominant-baseline': 'central' }, label),
        );
      }
    });
    this.grid.replaceChildren(...nodes);
    this.axis.replaceChildren(...labels);
  }

  /** Titles of the lanes with the values at the cursor: the one place that a moving cursor rewrites. */
  private name({ words, curves, cursor }: View, lanes: readonly Lane[]): void {
    while (this.titles.childElementCount > lanes.length) this.titles.lastElementChild?.remove();
    while (this.titles.childElementCount < lanes.length) this.titles.append(html('div', { class: 'lane-title' }));
    lanes.forEach((lane, index) => {
      const title = this.titles.children[index];
      if (!(title instanceof HTMLElement)) return;
      title.style.top = `${(index * 100) / lanes.length}%`;
      const several = lane.curves.length > 1;
      const values = lane.curves.flatMap(({ key, name, class: line }) => {
        const value = cursor ? valueAt(curves.get(key), cursor.step) : undefined;
        return value === undefined ? [] : [{ line, text: several && name ? `${name} ${value}` : value }];
      });
      const empty = lane.curves.every(({ key }) => (curves.get(key)?.steps.length ?? 0) === 0);
      const note = empty ? [html('span', { class: 'lane-name' }, words.text('curve.none'))] : [];
      const content = [lane.title, String(empty), ...values.map(({ line, text }) => `${line} ${text}`)].join('|');
      if (title.dataset.content === content) return;
      title.dataset.content = content;
      title.replaceChildren(
        html('span', { class: 'lane-name' }, lane.title),
        ...note,
        ...values.map(({ line, text }) => html('span', { class: 'lane-value number' }, ...(several ? [keyLine(line)] : []), text)),
      );
    });
  }
}
