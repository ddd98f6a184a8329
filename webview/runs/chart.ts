// One chart of the Curves and Compare tabs: lines of any number of runs over one x axis, raw values
// faint behind smooth ones, with a cursor that all charts of a tab share.

import { affineOf, formatMeasured, fromUnit, levelOf, type Scale, toUnit } from '../axes';
import { valueAtPoint } from '../curves';
import { html, Memo, observeSize, type Size, setAttributes, setText, svg } from '../dom';
import { chartCsv } from '../export/csv';
import { type SaveDoor, SaveMenu } from '../export/saveMenu';
import { CurveLayer } from '../growing';
import { axisTitle } from '../heatmap/heatmap';
import { keyLine } from '../profile';
import type { Words } from '../words';
import { acrossNodes, upNodes } from './chartAxes';
import { type ChartLine, indexAt } from './lines';

/** Element that says what keys do in a chart. */
export const CHART_HELP = 'chart-help';

const MARGIN = { left: 58, right: 18, top: 8, bottom: 36 } as const;

export interface ChartContent {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly across: Scale;
  readonly up: Scale;
  readonly acrossTitle: string;
  /** Said in the place of lines where there are none. */
  readonly empty: string;
}

export interface ChartWishes {
  /** The pointer or a key puts the cursor there; undefined takes it away. */
  point(place: number | undefined, chart: Chart): void;
  /** A part of the x axis to look at closer; undefined shows everything. */
  zoom(part: Pick<Scale, 'low' | 'high'> | undefined): void;
}

export class Chart {
  readonly element = html('figure', { class: 'chart', tabindex: 0, role: 'application' });
  private readonly heading = html('h2');
  private readonly key = html('div', { class: 'key' });
  private readonly drawing = svg('svg', { class: 'chart-drawing', 'aria-hidden': 'true' });
  private readonly upGrid = svg('g');
  private readonly acrossGrid = svg('g');
  private readonly edge = svg('rect', { class: 'chart-edge' });
  private readonly inside = svg('svg', { class: 'chart-lines' });
  private readonly layer = new CurveLayer(this.inside);
  private readonly empty = svg('text', { class: 'axis-title', 'text-anchor': 'middle' });
  private readonly plot = html('div', { class: 'chart-plot' });
  private readonly cursorLine = html('div', { class: 'cursor-line down', hidden: true });
  private readonly frame = html('div', { class: 'frame', hidden: true });
  private readonly save: SaveMenu;
  private size: Size = { width: 0, height: 0 };
  private readonly memo = new Memo();
  private readonly cursorMemo = new Memo();
  private readonly upMemo = new Memo();
  private readonly acrossMemo = new Memo();
  private readonly areaMemo = new Memo();
  private content: ChartContent | undefined;
  private cursor: number | undefined;
  private start: number | undefined;

  constructor(
    private readonly wishes: ChartWishes,
    resized: () => void,
    door: SaveDoor,
  ) {
    const savable = {
      name: () => this.content?.title ?? '',
      parts: () => [this.element],
      csv: () => chartCsv(this.content?.lines ?? []),
    };
    this.save = new SaveMenu(savable, door);
    this.drawing.append(this.upGrid, this.acrossGrid, this.edge, this.inside);
    const area = html('div', { class: 'chart-area' }, this.cursorLine, this.frame);
    this.plot.append(this.drawing, area);
    this.element.append(
      html('figcaption', { class: 'plot-title' }, html('div', { class: 'chart-head' }, this.heading, this.save.element), this.key),
      this.plot,
    );
    observeSize(this.plot, (size) => {
      this.size = size;
      resized();
    });
    area.addEventListener('pointermove', (event) => this.move(event, area));
    area.addEventListener('pointerleave', () => this.wishes.point(undefined, this));
    area.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      this.start = event.clientX;
      area.setPointerCapture(event.pointerId);
    });
    area.addEventListener('pointerup', (event) => this.up(event, area));
    area.addEventListener('dblclick', () => this.wishes.zoom(undefined));
    this.element.addEventListener('keydown', (event) => {
      if (this.pressed(event)) event.preventDefault();
    });
  }

  /** Pixels of the x axis. */
  private get width(): number {
    return Math.max(0, this.size.width - MARGIN.left - MARGIN.right);
  }

  update(content: ChartContent, cursor: number | undefined, words: Words): void {
    this.content = content;
    this.save.update(words, content.title);
    this.cursor = cursor;
    const { title, lines, across, up } = content;
    const curves = lines.flatMap((line) => [line.curve, line.class, line.name]);
    const ends = [across, up].flatMap(({ low, high, transform }) => [low, high, transform]);
    const changed = this.memo.changed(title, content.acrossTitle, ...ends, this.size, ...curves);
    if (changed) this.draw(content);
    if (this.cursorMemo.changed(cursor, this.size) || changed) this.point(content);
  }

  /** What the cursor says, for a screen reader. */
  readout({ title, lines }: ChartContent, place: string): string {
    const values = lines.flatMap(({ name, curve, x }) => {
      const value = this.cursor === undefined ? undefined : valueAtPoint(curve, indexAt(x, this.cursor));
      return value === undefined ? [] : [`${name} ${value}`];
    });
    return `${title}, ${place}: ${values.join(', ')}`;
  }

  private draw(content: ChartContent): void {
    const { title, lines, across, up, acrossTitle } = content;
    const { width, height } = this.size;
    setText(this.heading, title);
    setAttributes(this.element, { 'aria-label': title, 'aria-describedby': CHART_HELP });
    if (width <= 0 || height <= 0) return;
    const box = { left: MARGIN.left, top: MARGIN.top, right: width - MARGIN.right, bottom: height - MARGIN.bottom };
    const ofScale = ({ low, high, transform }: Scale): readonly unknown[] => [low, high, transform, this.size];
    if (this.upMemo.changed(...ofScale(up))) this.upGrid.replaceChildren(...upNodes(up, box));
    if (this.acrossMemo.changed(...ofScale(across), acrossTitle)) {
      const middle = (box.left + box.right) / 2;
      this.acrossGrid.replaceChildren(...acrossNodes(across, box), axisTitle(acrossTitle, middle, height - 4, false));
    }
    if (this.areaMemo.changed(this.size)) {
      const area = { x: box.left, y: box.top, width: Math.max(0, box.right - box.left), height: Math.max(0, box.bottom - box.top) };
      setAttributes(this.edge, area);
      setAttributes(this.inside, { ...area, viewBox: `${area.x} ${area.y} ${area.width} ${area.height}` });
      setAttributes(this.empty, { x: width / 2, y: height / 2 });
    }
    const axes = { across: affineOf(across, box.left, box.right), up: affineOf(up, box.bottom, box.top), bottom: box.bottom };
    this.layer.update(
      lines.map(({ curve, class: name, x }) => ({
        ...axes,
        curve,
        class: name,
        key: [across.transform, up.transform],
        place: (index) => levelOf(across.transform, x[index] ?? Number.NaN),
        level: (value) => levelOf(up.transform, value),
      })),
    );
    setText(this.empty, content.empty);
    if (lines.every(({ curve }) => curve.steps.length === 0)) this.drawing.append(this.empty);
    else this.empty.remove();
  }

  /** The cursor, and the values there beside the lines' names: all that a moving cursor rewrites. */
  private point({ lines, across }: ChartContent): void {
    const { cursor } = this;
    const unit = cursor === undefined ? Number.NaN : toUnit(across, cursor);
    const inside = unit >= 0 && unit <= 1;
    setAttributes(this.cursorLine, { hidden: !inside });
    if (inside) this.cursorLine.style.transform = `translateX(${Math.round(unit * this.width)}px)`;
    const items = lines.map(({ name, class: line, curve, x }) => {
      const index = cursor === undefined ? curve.steps.length - 1 : indexAt(x, cursor);
      const smooth = curve.smoothed?.[index];
      const value = smooth === undefined ? valueAtPoint(curve, index) : formatMeasured(smooth);
      return { name, line, value: value ?? '' };
    });
    const key = items.map(({ name, line }) => `${name} ${line}`).join('|');
    if (this.key.dataset.lines !== key) {
      this.key.dataset.lines = key;
      this.key.replaceChildren(
        ...items.map(({ name, line }) =>
          html('span', { class: 'key-item' }, keyLine(line), html('span', {}, name), html('span', { class: 'number key-value' })),
        ),
      );
    }
    items.forEach(({ value }, index) => {
      const shown = this.key.children[index]?.lastElementChild;
      if (shown) setText(shown, value);
    });
  }

  private placeAt(clientX: number, area: HTMLElement): number | undefined {
    const { across } = this.content ?? {};
    const box = area.getBoundingClientRect();
    if (!across || box.width === 0) return undefined;
    return fromUnit(across, Math.min(1, Math.max(0, (clientX - box.left) / box.width)));
  }

  private move(event: PointerEvent, area: HTMLElement): void {
    this.wishes.point(this.placeAt(event.clientX, area), this);
    if (this.start === undefined || Math.abs(event.clientX - this.start) < 5) return;
    const left = area.getBoundingClientRect().left;
    this.frame.style.left = `${Math.min(event.clientX, this.start) - left}px`;
    this.frame.style.width = `${Math.abs(event.clientX - this.start)}px`;
    setAttributes(this.frame, { hidden: false });
  }

  private up(event: PointerEvent, area: HTMLElement): void {
    const { start } = this;
    this.start = undefined;
    setAttributes(this.frame, { hidden: true });
    if (start === undefined || Math.abs(event.clientX - start) < 5) return;
    const [one, other] = [this.placeAt(start, area), this.placeAt(event.clientX, area)];
    if (one !== undefined && other !== undefined) this.wishes.zoom({ low: Math.min(one, other), high: Math.max(one, other) });
  }

  /** Arrow keys move the cursor, plus and minus zoom around it, 0 shows everything. */
  private pressed({ key, shiftKey, ctrlKey, altKey, metaKey }: KeyboardEvent): boolean {
    const { content } = this;
    if (!content || ctrlKey || altKey || metaKey) return false;
    const { across } = content;
    const unit = this.cursor === undefined ? 1 : toUnit(across, this.cursor);
    const far = shiftKey ? 0.1 : 0.01;
    const to = { ArrowLeft: unit - far, ArrowRight: unit + far, Home: 0, End: 1 }[key];
    if (to !== undefined) {
      this.wishes.point(fromUnit(across, Math.min(1, Math.max(0, to))), this);
      return true;
    }
    if (key === '0' || key === '-') this.wishes.zoom(undefined);
    else if (key === '+' || key === '=') {
      const [low, high] = [fromUnit(across, unit * 0.5), fromUnit(across, unit * 0.5 + 0.5)];
      this.wishes.zoom({ low, high });
    } else return false;
    return true;
  }
}
