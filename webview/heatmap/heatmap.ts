// The heatmap: layer × step, with its two axes and the one cursor of the page. It draws cells through
// a `Screen`; axes are SVG and the crosshair is plain DOM, so that moving the cursor repaints nothing
// else.

import { html, Memo, type Size, setAttributes, setText, svg } from '../dom';
import { columnUnit, layerMarks, type Mark, rowUnit, stepMarks, stepPlaces } from '../marks';
import type { Intents, Look, View } from '../view';
import { flagNodes, layerFlags, pinNodes } from './flags';
import { pressed } from './keys';
import { Pointer } from './pointer';
import { Screen } from './screen';

interface HeatmapOptions {
  /** Do without WebGL. */
  readonly plain: boolean;
  /** Called when the picture has to be drawn again. */
  readonly stale: () => void;
  /** The view of this moment: a key may come before the last one's frame. */
  readonly look: () => Look | undefined;
}

export class Heatmap {
  readonly plot = html('div', { class: 'plot heatmap', tabindex: 0, role: 'application', 'data-testid': 'heatmap' });
  readonly layerAxis = svg('svg', { class: 'axis layer-axis', 'aria-hidden': 'true' });
  readonly stepAxis = svg('svg', { class: 'axis step-axis', 'aria-hidden': 'true' });
  private readonly marks = svg('svg', { class: 'marks', 'aria-hidden': 'true' });
  private readonly acrossSteps = html('div', { class: 'cursor-line across' });
  private readonly acrossLayers = html('div', { class: 'cursor-line down' });
  private readonly help = html('span', { id: 'heatmap-help', class: 'unseen' });
  private readonly screen: Screen;
  private size: Size = { width: 0, height: 0 };
  private axisWidth = 0;
  private readonly paintMemo = new Memo();
  private readonly axisMemo = new Memo();
  private readonly cursorMemo = new Memo();
  private readonly labelMemo = new Memo();

  constructor(intents: Intents, options: HeatmapOptions) {
    this.screen = new Screen(options.plain, () => {
      this.paintMemo.forget();
      options.stale();
    });
    const frame = html('div', { class: 'frame', hidden: true });
    this.plot.setAttribute('aria-describedby', this.help.id);
    this.plot.append(this.screen.element, this.marks, this.acrossSteps, this.acrossLayers, frame, this.help);
    new Pointer(this.plot, frame, intents, options.look);
    this.plot.addEventListener('keydown', (event) => {
      const looked = options.look();
      if (looked && pressed(event, looked.view, looked.whole, intents)) event.preventDefault();
    });
  }

  /** Device pixels to cut a grid for, and the longest side the surface can hold. */
  get pixels(): { readonly width: number; readonly height: number; readonly side: number } {
    const ratio = devicePixelRatio || 1;
    return { width: Math.round(this.size.width * ratio), height: Math.round(this.size.height * ratio), side: this.screen.side };
  }

  /** The cells of a view as a data URL. */
  raster({ picture, window, scale, selection }: View): string {
    return picture ? this.screen.dataUrl({ picture, window, scale, extreme: selection.extreme }) : '';
  }

  resize(size: Size): void {
    this.size = size;
    // Read here, where layout is fresh: while drawing it would force one.
    this.axisWidth = this.layerAxis.clientWidth;
    this.screen.resize(this.pixels.width, this.pixels.height);
    this.paintMemo.forget();
  }

  update(view: View): void {
    const { picture, pictureVersion, window, scale, selection, words, extent, pins, alerts } = view;
    const { layers } = selection;
    if (this.paintMemo.changed(picture, pictureVersion, window, scale.low, scale.high, scale.transform, selection.extreme, this.size)) {
      if (picture && this.size.width > 0) this.screen.paint({ picture, window, scale, extreme: selection.extreme });
      else this.screen.clear();
      setAttributes(this.plot, {
        'data-columns': picture?.received ?? 0,
        'data-statistic': picture?.statistic,
        'data-cells': picture?.filled ?? 0,
        'data-surface': this.screen.kind,
      });
    }
    if (this.axisMemo.changed(words, extent.layout, window, this.size, pins, layers, alerts, ...stepPlaces(picture))) {
      this.drawAxes(view);
    }
    if (this.cursorMemo.changed(view.cursor, window, this.size)) this.moveCursor(view);
    if (this.labelMemo.changed(words, view.statistic)) {
      setAttributes(this.plot, { 'aria-label': words.text('plot.heatmap', { statistic: view.statistic?.title ?? '' }) });
      setText(this.help, words.text('plot.heatmapHelp'));
    }
  }

  private drawAxes(view: View): void {
    const { words, extent, window, picture } = view;
    const { width, height } = this.size;
    const layers = layerMarks(extent.layout?.rows ?? [], window, height, words);
    const right = this.axisWidth;
    this.layerAxis.replaceChildren(
      ...layers.flatMap(({ unit, label }) => {
        const y = unit * height;
        return [
          svg('line', { x1: right - 5, x2: right, y1: y, y2: y, class: 'tick' }),
          svg('text', { x: right - 8, y, class: 'tick-label', 'text-anchor': 'end', 'dominant-baseline': 'central' }, label),
        ];
      }),
      ...layerFlags(view, right, height),
      axisTitle(words.text('plot.layerAxis'), 10, height / 2, true),
    );
    this.stepAxis.replaceChildren(
      ...stepTicks(stepMarks(picture, window, width), width),
      axisTitle(words.text('plot.stepAxis'), width / 2, 31, false),
    );
    this.marks.replaceChildren(...pinNodes(view, width, height), ...flagNodes(view, width, height));
  }

  private moveCursor({ cursor, window }: View): void {
    setAttributes(this.acrossLayers, { hidden: !cursor });
    setAttributes(this.acrossSteps, { hidden: !cursor });
    if (!cursor) return;
    this.acrossLayers.style.transform = `translateX(${Math.round(columnUnit(window, cursor.column) * this.size.width)}px)`;
    this.acrossSteps.style.transform = `translateY(${Math.round(rowUnit(window, cursor.row) * this.size.height)}px)`;
  }
}

/** Ticks with labels below an axis line at the top of their SVG; labels stay inside the width. */
export function stepTicks(marks: readonly Mark[], width: number): SVGElement[] {
  return marks.flatMap(({ unit, label }) => {
    const x = unit * width;
    const anchor = x < 12 ? 'start' : x > width - 16 ? 'end' : 'middle';
    return [
      svg('line', { x1: x, x2: x, y1: 0, y2: 5, class: 'tick' }),
      svg('text', { x, y: 16, class: 'tick-label', 'text-anchor': anchor }, label),
    ];
  });
}

/** The title of an axis, level or standing. */
export function axisTitle(text: string, x: number, y: number, standing: boolean): SVGElement {
  const transform = standing ? `rotate(-90 ${x} ${y})` : undefined;
  return svg('text', { x, y, class: 'axis-title', 'text-anchor': 'middle', transform }, text);
}
