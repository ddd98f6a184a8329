// Curves under the heatmap, on its step axis: loss, learning rate, gradient norm and the selected
// layer's statistic, each in a lane of its own because their units share nothing. Merged points show
// as bands from minimum to maximum; what is no number shows as a mark, never as a gap alone.

import { CELL_EMPTY, CELL_INFINITE, CELL_NAN } from '../src/experiment/view';
import { formatMeasured, rounded, type Scale, scaleOver, spaced, type Transform, ticks, toUnit } from './axes';
import { html, Memo, type Size, setAttributes, svg } from './dom';
import { flagsOf, LAYER_NAMES, stepPlace } from './heatmap/flags';
import { Pointer } from './heatmap/pointer';
import { type Curve, sourceKey } from './loading/curves';
import { columnUnit, stepMarks } from './marks';
import { bandPath, linePath } from './path';
import { keyLine } from './profile';
import { rowTitle } from './rows';
import { columnName } from './statistics';
import type { Intents, Look, View } from './view';

/** Pixels between labels that do not touch. */
const LABEL_HEIGHT = 13;

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

/** Whether a point holds a finite number: one that merged several may hold numbers and a NaN. */
export function hasNumber(curve: Curve, index: number): boolean {
  const flag = curve.flags[index] ?? CELL_EMPTY;
  if (flag & CELL_EMPTY) return false;
  return flag === 0 || curve.minimum[index] !== 0 || curve.maximum[index] !== 0;
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
    for (let index = 0; index < curve.steps.length; index++) {
      const step = curve.steps[index] ?? 0;
      const least = curve.minimum[index] ?? Number.NaN;
      if (step < from || step > to || !hasNumber(curve, index)) continue;
      if (transform === 'linear' || least > 0) low = Math.min(low, least);
      high = Math.max(high, curve.maximum[index] ?? high);
    }
  }
  return rounded(scaleOver(transform, low, high));
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

export class CurvesPlot {
  readonly plot = html('div', { class: 'plot curves', 'data-testid': 'curves' });
  readonly axis = svg('svg', { class: 'axis curve-axis', 'aria-hidden': 'true' });
  private readonly drawing = svg('svg', { class: 'lines', role: 'img' });
  private readonly titles = html('div', { class: 'lane-titles' });
  private readonly cursorLine = html('div', { class: 'cursor-line down' });
  private size: Size = { width: 0, height: 0 };
  private axisWidth = 0;
  private readonly memo = new Memo();
  private readonly cursorMemo = new Memo();

  constructor(intents: Intents, look: () => Look | undefined) {
    const frame = html('div', { class: 'frame', hidden: true });
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
    const changed = this.memo.changed(
      words,
      window,
      picture,
      // Appended columns leave the places of earlier steps as they are.
      picture?.filled === 0,
      statistic,
      selection.part,
      selection.layers,
      scale.transform,
      pins,
      alerts,
      this.size,
      ...drawn,
    );
    if (changed) this.draw(view, lanes);
    if (this.cursorMemo.changed(cursor, window, this.size) || changed) {
      setAttributes(this.cursorLine, { hidden: !cursor });
      if (cursor) this.cursorLine.style.transform = `translateX(${Math.round(columnUnit(window, cursor.column) * this.size.width)}px)`;
      this.name(view, lanes);
    }
  }

  private draw(view: View, lanes: readonly Lane[]): void {
    const { words, curves, window, picture, pins, alerts } = view;
    const { width, height } = this.size;
    const laneHeight = height / lanes.length;
    const right = this.axisWidth;
    const nodes: SVGElement[] = [];
    const labels: SVGElement[] = [];
    for (const { unit } of stepMarks(picture, window, width)) {
      nodes.push(svg('line', { class: 'grid-line', x1: unit * width, x2: unit * width, y1: 0, y2: height }));
    }
    pins.forEach(({ column }, index) => {
      const at = columnUnit(window, column) * width;
      nodes.push(svg('line', { x1: at, x2: at, y1: 0, y2: height, class: `pin-line pin-${index}` }));
    });
    for (const { x: at, kind } of flagsOf(alerts, stepPlace(view, width), width)) {
      nodes.push(svg('line', { x1: at, x2: at, y1: 0, y2: height, class: `flag-line flag-${kind}` }));
    }
    const from = picture?.stepAt(window.columns.from - 1) ?? 0;
    const to = picture?.stepAt(window.columns.to + 1) ?? 0;
    const x = (step: number): number => (picture ? columnUnit(window, picture.columnAt(step)) * width : Number.NaN);
    lanes.forEach((lane, index) => {
      const top = index * laneHeight;
      const present = lane.curves.flatMap(({ key, class: name }) => {
        const curve = curves.get(key);
        return curve ? [{ curve, name }] : [];
      });
      const scale = laneScale(
        lane.transform,
        present.map(({ curve }) => curve),
        from,
        to,
      );
      // Room above for the lane's title, below for a hair's breadth.
      const y = (value: number): number => top + 20 + (1 - toUnit(scale, value)) * (laneHeight - 26);
      if (index > 0) nodes.push(svg('line', { class: 'lane-line', x1: 0, x2: width, y1: top, y2: top }));
      const empty = present.every(({ curve }) => curve.steps.length === 0);
      for (const { value, label } of empty ? [] : spaced(ticks(scale, Math.max(1, laneHeight / 34)), y, LABEL_HEIGHT)) {
        if (label !== '') nodes.push(svg('line', { class: 'grid-line', x1: 0, x2: width, y1: y(value), y2: y(value) }));
        labels.push(
          svg('line', { x1: right - (label === '' ? 3 : 5), x2: right, y1: y(value), y2: y(value), class: 'tick' }),
          svg('text', { x: right - 8, y: y(value), class: 'tick-label', 'text-anchor': 'end', 'dominant-baseline': 'central' }, label),
        );
      }
      for (const { curve, name } of present) {
        nodes.push(...curveNodes(curve, name, (index) => x(curve.steps[index] ?? Number.NaN), y, top + laneHeight));
      }
    });
    this.drawing.replaceChildren(...nodes);
    this.axis.replaceChildren(...labels);
    setAttributes(this.drawing, { 'aria-label': words.text('plot.curves') });
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

/**
 * A curve as nodes: a band where points were merged and a line through its middle; where there is a
 * smooth line, both stay faint behind it. What is no number is a mark at the bottom.
 *
 * @param at pixels of a point along x
 * @param bottom where marks stand
 */
export function curveNodes(
  curve: Curve,
  name: string,
  at: (index: number) => number,
  y: (value: number) => number,
  bottom: number,
): SVGElement[] {
  const count = curve.steps.length;
  const merged = curve.minimum.some((value, index) => value !== curve.maximum[index]);
  // Each point is placed once: paths look at their neighbours again and again.
  const along = new Float64Array(count);
  const [low, high] = [new Float64Array(count), new Float64Array(count)];
  for (let index = 0; index < count; index++) {
    along[index] = at(index);
    const known = hasNumber(curve, index);
    high[index] = known ? y(curve.maximum[index] ?? Number.NaN) : Number.NaN;
    low[index] = known && merged ? y(curve.minimum[index] ?? Number.NaN) : (high[index] ?? Number.NaN);
  }
  const of = (values: Float64Array) => (index: number) => values[index] ?? Number.NaN;
  const { smoothed } = curve;
  const nodes: SVGElement[] = [];
  const raw = smoothed ? `${name} raw` : name;
  if (merged) nodes.push(svg('path', { class: `band ${raw}`, d: bandPath(count, of(along), of(low), of(high)) }));
  const middle = merged ? (index: number) => ((low[index] ?? Number.NaN) + (high[index] ?? Number.NaN)) / 2 : of(high);
  nodes.push(svg('path', { class: `line ${raw}`, d: linePath(count, of(along), middle) }));
  if (smoothed) {
    nodes.push(svg('path', { class: `line ${name} smooth`, d: linePath(count, of(along), (index) => y(smoothed[index] ?? Number.NaN)) }));
  }
  for (const [bit, kind] of [
    [CELL_NAN, 'mark-nan'],
    [CELL_INFINITE, 'mark-infinite'],
  ] as const) {
    let marks = '';
    curve.flags.forEach((flag, index) => {
      if (flag & bit) marks += `M${(along[index] ?? 0).toFixed(1)} ${(bottom - 1).toFixed(1)}v-7`;
    });
    if (marks !== '') nodes.push(svg('path', { class: kind, d: marks }));
  }
  return nodes;
}
