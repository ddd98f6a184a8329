// Depth profiles of several runs side by side on one scale of values: each with its own layers down
// the page, the panel's own run faint behind the others at the same relative depth.

import type { Profile } from '../../src/experiment/view';
import { placing, type Scale, scaleOver, spaced, type Transform, ticks } from '../axes';
import { html, Memo, observeSize, type Size, setAttributes, setText, svg } from '../dom';
import { axisTitle } from '../heatmap/heatmap';
import { layerMarks } from '../marks';
import { linePath } from '../path';
import { keyLine } from '../profile';
import { profileValues } from '../view';
import type { Words } from '../words';
import { toneClass } from './lines';
import type { ShownRun } from './runSet';

const MARGIN = { left: 72, right: 8, top: 6, bottom: 34 } as const;

export interface StripPanel {
  readonly run: ShownRun;
  /** Undefined while it is on its way, or where the run did not record the statistic. */
  readonly profile: Profile | undefined;
}

/** A profile's values by row; undefined where there is none. */
type Values = (row: number) => number | undefined;

/** The one scale of values that holds every finite value of all profiles. */
export function commonScale(profiles: readonly { readonly rows: number; readonly valueAt: Values }[], transform: Transform): Scale {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { rows, valueAt } of profiles) {
    for (let row = 0; row < rows; row++) {
      const value = valueAt(row);
      if (value === undefined || !Number.isFinite(value) || (transform === 'log' && value <= 0)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return scaleOver(transform, low, high);
}

interface Part {
  readonly element: HTMLElement;
  readonly title: HTMLElement;
  readonly note: HTMLElement;
  readonly drawing: SVGElement;
}

export class DepthStrip {
  readonly element = html('div', { class: 'strip', 'data-testid': 'strip' });
  private readonly parts: Part[] = [];
  private size: Size = { width: 0, height: 0 };
  private readonly memo = new Memo();

  constructor(private readonly redraw: () => void) {}

  update(words: Words, panels: readonly StripPanel[], transform: Transform, title: string): void {
    const inputs = panels.flatMap(({ run, profile }) => [profile, run.name, run.tone, run.extent.layout]);
    this.arrange(panels.length);
    if (!this.memo.changed(words, transform, title, this.size, ...inputs)) return;
    const drawn = panels.map(({ run, profile }) => ({
      run,
      profile,
      rows: profile?.rows ?? 0,
      valueAt: profile ? profileValues(profile, 0, run.extent) : () => undefined,
    }));
    const scale = commonScale(drawn, transform);
    const [own] = drawn;
    drawn.forEach((panel, index) => {
      const part = this.parts[index];
      if (!part) return;
      const { run, profile, rows, valueAt } = panel;
      if (part.title.dataset.run !== `${run.name} ${run.tone}`) {
        part.title.dataset.run = `${run.name} ${run.tone}`;
        part.title.replaceChildren(keyLine(toneClass(run.tone)), html('span', {}, run.name));
      }
      setText(part.note, profile ? words.text('cursor.step', { step: profile.step }) : words.text('value.notRecorded'));
      setAttributes(part.drawing, { 'aria-label': `${title}, ${run.name}` });
      const behind = index > 0 && own?.profile ? { rows: own.rows, valueAt: own.valueAt } : undefined;
      this.draw(part.drawing, words, { rows, valueAt, behind, scale, title, names: run.extent.layout?.rows ?? [], tone: run.tone });
    });
  }

  private arrange(count: number): void {
    while (this.parts.length > count) this.parts.pop()?.element.remove();
    while (this.parts.length < count) {
      const title = html('h3', { class: 'strip-title' });
      const note = html('span', { class: 'formula number' });
      const drawing = svg('svg', { class: 'chart-drawing', role: 'img' });
      const plot = html('div', { class: 'strip-plot' }, drawing);
      const element = html('div', { class: 'strip-panel' }, title, note, plot);
      this.parts.push({ element, title, note, drawing });
      this.element.append(element);
      // All panels are of one size.
      if (this.parts.length > 1) continue;
      observeSize(plot, (size) => {
        this.size = size;
        this.redraw();
      });
    }
  }

  private draw(
    drawing: SVGElement,
    words: Words,
    panel: {
      readonly rows: number;
      readonly valueAt: Values;
      readonly behind: { readonly rows: number; readonly valueAt: Values } | undefined;
      readonly scale: Scale;
      readonly title: string;
      readonly names: readonly string[];
      readonly tone: number;
    },
  ): void {
    const { rows, valueAt, behind, scale, names } = panel;
    const { width, height } = this.size;
    if (width <= 0 || height <= 0) return;
    const right = width - MARGIN.right;
    const bottom = height - MARGIN.bottom;
    const x = placing(scale, MARGIN.left + 4, right - 4);
    const y = (count: number) => (row: number) => MARGIN.top + ((row + 0.5) / Math.max(1, count)) * (bottom - MARGIN.top);
    const nodes: SVGElement[] = [];
    for (const { value, label } of spaced(ticks(scale, Math.max(2, (right - MARGIN.left) / 55)), x, 34)) {
      if (label !== '') nodes.push(svg('line', { class: 'grid-line', x1: x(value), x2: x(value), y1: MARGIN.top, y2: bottom }));
      nodes.push(
        svg('line', { class: 'tick', x1: x(value), x2: x(value), y1: bottom, y2: bottom + (label === '' ? 3 : 5) }),
        svg('text', { class: 'tick-label', x: x(value), y: bottom + 16, 'text-anchor': 'middle' }, label),
      );
    }
    const window = { columns: { from: 0, to: 1 }, rows: { from: 0, to: Math.max(1, names.length) } };
    for (const { unit, label } of layerMarks(names, window, bottom - MARGIN.top, words)) {
      const at = MARGIN.top + unit * (bottom - MARGIN.top);
      nodes.push(
        svg('line', { class: 'grid-line', x1: MARGIN.left, x2: right, y1: at, y2: at }),
        svg('line', { class: 'tick', x1: MARGIN.left - 5, x2: MARGIN.left, y1: at, y2: at }),
        svg('text', { class: 'tick-label', x: MARGIN.left - 8, y: at, 'text-anchor': 'end', 'dominant-baseline': 'central' }, label),
      );
    }
    nodes.push(
      svg('rect', { class: 'chart-edge', x: MARGIN.left, y: MARGIN.top, width: right - MARGIN.left, height: bottom - MARGIN.top }),
    );
    const line = (name: string, count: number, value: Values): SVGElement => {
      const at = (row: number): number => {
        const found = row < count ? value(row) : undefined;
        if (found === undefined) return Number.NaN;
        return scale.transform === 'log' && found <= 0 ? MARGIN.left + 2 : x(found);
      };
      return svg('path', { class: name, d: linePath(count, at, y(count)) });
    };
    if (behind) nodes.push(line('line strip-behind', behind.rows, behind.valueAt));
    nodes.push(line(`line strip-line ${toneClass(panel.tone)}`, rows, valueAt));
    let [nan, infinite] = ['', ''];
    for (let row = 0; row < rows; row++) {
      const value = valueAt(row);
      if (value === undefined || Number.isFinite(value)) continue;
      const mark = `M${right} ${y(rows)(row).toFixed(1)}h-8`;
      if (Number.isNaN(value)) nan += mark;
      else infinite += mark;
    }
    if (nan !== '') nodes.push(svg('path', { class: 'mark-nan', d: nan }));
    if (infinite !== '') nodes.push(svg('path', { class: 'mark-infinite', d: infinite }));
    nodes.push(axisTitle(panel.title, (MARGIN.left + right) / 2, height - 3, false));
    drawing.replaceChildren(...nodes);
  }
}
