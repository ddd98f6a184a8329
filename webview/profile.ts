// The depth profile: one statistic over the layers at the cursor's step, layer down the page as in
// the heatmap beside it. The whole layer, attention and feed-forward are lines of their own; pinned
// steps stay as thinner lines of the chosen part.

import type { Profile, Span } from '../src/experiment/view';
import { formatValue, placing, type Scale, scaleOver, ticks } from './axes';
import { html, Memo, type Size, setAttributes, setText, svg } from './dom';
import { PIN_NAMES } from './heatmap/flags';
import { axisTitle } from './heatmap/heatmap';
import { Pointer } from './heatmap/pointer';
import { layerMarks, rowUnit } from './marks';
import { DrawnLine, EDGE, type Line, type RowValues } from './profileLine';
import { rowTitle } from './rows';
import { binWords, edgeTicks, Spread, sharesOf } from './spread';
import { columnName } from './statistics';
import { type Intents, type Look, type Spreading, titleWithUnit, type View } from './view';
import type { Words } from './words';

/** A range widened to hold every finite value of the profiles drawn: steady while the cursor moves. */
function valueScale({ transform, ...range }: Scale, lines: readonly RowValues[], { from, to }: Span): Scale {
  let { low, high } = range;
  for (const values of lines) {
    for (let index = Math.max(0, from); index < Math.min(to, values.length); index++) {
      const value = values[index];
      if (value === undefined || !Number.isFinite(value) || (transform === 'log' && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return scaleOver(transform, low, high);
}

export class ProfilePlot {
  readonly title = html('div', { class: 'plot-title profile-title' });
  readonly plot = html('div', { class: 'plot profile', 'data-testid': 'profile' });
  readonly valueAxis = svg('svg', { class: 'axis value-axis', 'aria-hidden': 'true' });
  private readonly heading = html('h2');
  private readonly kind = html('select', { class: 'speed kind', 'data-testid': 'kind' });
  private readonly key = html('div', { class: 'key' });
  private readonly spread = new Spread();
  private readonly drawing = svg('svg', { class: 'lines', role: 'img' });
  private readonly grid = svg('g', { class: 'grid' });
  private readonly lines = svg('g');
  private readonly layerLines = svg('g');
  private readonly cursorLine = html('div', { class: 'cursor-line across' });
  private size: Size = { width: 0, height: 0 };
  private readonly memo = new Memo();
  private readonly cursorMemo = new Memo();
  private readonly gridMemo = new Memo();
  private drawn: readonly DrawnLine[] = [];
  private readonly keyMemo = new Memo();
  private readonly kindMemo = new Memo();
  /** The same, of histograms. */
  private lastSpread: Spreading | undefined;
  /** Kept while the next one is on its way, so that nothing flickers under a moving cursor. */
  private last: Profile | undefined;

  constructor(intents: Intents, look: () => Look | undefined) {
    const frame = html('div', { class: 'frame', hidden: true });
    this.title.append(this.heading, this.kind, this.key);
    this.kind.addEventListener('change', () => intents.select({ spread: this.kind.value === '' ? undefined : this.kind.value }));
    this.drawing.append(this.grid, this.layerLines, this.lines);
    this.plot.append(this.spread.element, this.drawing, this.cursorLine, frame);
    new Pointer(this.plot, frame, intents, look, 'rows');
  }

  resize(size: Size): void {
    this.size = size;
  }

  update(view: View): void {
    const { words, statistic, window, valueRange, extent, selection, cursor, pins } = view;
    const wanted = statistic?.parts.map((part) => columnName(statistic.name, part)).join(' ');
    if (view.profile) this.last = view.profile;
    else if (this.last?.statistics.join(' ') !== wanted || extent.columns === 0) this.last = undefined;
    const profile = this.last;
    const { part, layers } = selection;
    this.choose(view);
    const spread = this.spreading(view);
    if (this.memo.changed(words, statistic, window, valueRange, extent.layout, part, layers, profile, pins, this.size, spread)) {
      if (spread) this.drawSpread(view, spread);
      else this.draw(view, profile);
      setAttributes(this.spread.element, { hidden: !spread });
    }
    if (this.cursorMemo.changed(cursor?.row, window, this.size)) {
      setAttributes(this.cursorLine, { hidden: !cursor });
      if (cursor) this.cursorLine.style.transform = `translateY(${Math.round(rowUnit(window, cursor.row) * this.size.height)}px)`;
    }
    if (spread) {
      this.nameSpread(view, spread);
      return;
    }
    setText(this.heading, profile ? words.text('plot.profileAt', { step: profile.step }) : words.text('plot.profile'));
    if (this.keyMemo.changed(words, statistic, spread)) {
      const parts = statistic && statistic.parts.length > 1 ? statistic.parts : [];
      this.key.replaceChildren(
        ...parts.map((part) => html('span', { class: 'key-item' }, keyLine(`line-${part}`), words.text(`part.${part}`))),
      );
    }
  }

  /** What the plot shows: the profile, or one of the kinds of histograms that the run recorded. */
  private choose({ words, extent, selection }: View): void {
    const names = Object.keys(extent.histograms ?? {});
    if (!this.kindMemo.changed(words, selection.spread, names.join(' '))) return;
    const options = [['', words.text('spread.profile')], ...names.map((name) => [name, spreadName(words, name)])];
    this.kind.replaceChildren(...options.map(([value = '', text = '']) => html('option', { value }, text)));
    this.kind.value = names.find((name) => name === selection.spread) ?? '';
    setAttributes(this.kind, { hidden: names.length === 0, 'aria-label': words.text('spread.kind'), title: words.text('spread.kind') });
  }

  private spreading({ spread }: View): Spreading | undefined {
    if (!spread) this.lastSpread = undefined;
    else if (spread.histogram || spread.name !== this.lastSpread?.name) this.lastSpread = spread;
    return this.lastSpread;
  }

  private drawSpread(view: View, { name, histogram }: Spreading): void {
    const { words, window, extent } = view;
    const { width, height } = this.size;
    this.lines.replaceChildren();
    this.drawn = [];
    this.gridMemo.forget();
    this.grid.replaceChildren(
      ...layerMarks(extent.layout?.rows ?? [], window, height, words).map(({ unit }) =>
        svg('line', { x1: 0, x2: width, y1: unit * height, y2: unit * height }),
      ),
    );
    this.pinLayers(view);
    this.valueAxis.replaceChildren(
      ...(histogram ? edgeTicks(histogram, width) : []),
      axisTitle(words.text('spread.axis', { kind: spreadName(words, name) }), width / 2, 31, false),
    );
    setAttributes(this.spread.element, { hidden: histogram === undefined });
    if (!histogram) return;
    this.spread.draw(view, histogram, height);
    this.spread.name(words.text('spread.at', { kind: spreadName(words, name), step: histogram.step }));
  }

  /** The title, and where most of the values of the cursor's layer lie. */
  private nameSpread({ words, cursor, extent }: View, { name, histogram }: Spreading): void {
    const kind = spreadName(words, name);
    setText(this.heading, histogram ? words.text('spread.at', { kind, step: histogram.step }) : kind);
    if (!this.keyMemo.changed(words, histogram, cursor?.row)) return;
    const row = extent.layout?.rows[cursor?.row ?? -1];
    const shares = histogram && row !== undefined ? sharesOf(histogram, row) : undefined;
    const most = shares?.reduce((best, share, bin) => (share > (shares[best] ?? 0) ? bin : best), 0);
    const told =
      histogram && shares && most !== undefined
        ? words.text('spread.most', {
            row: rowTitle(extent.layout?.rows, cursor?.row ?? 0, words),
            range: binWords(histogram.edges, most),
            share: formatValue(100 * (shares[most] ?? 0), 3),
          })
        : words.text('value.notRecorded');
    this.key.replaceChildren(html('span', { class: 'number' }, told));
  }

  private draw(view: View, profile: Profile | undefined): void {
    const { words, statistic, window, valueRange, extent, selection, pins, cursor } = view;
    const { height } = this.size;
    const parts = statistic?.parts ?? [];
    const first = Math.max(0, window.rows.from - 1);
    const last = Math.min(extent.layout?.rows.length ?? 0, window.rows.to + 1);
    const lines: Line[] = pins.flatMap((pin, index) => {
      const at = Math.max(0, parts.indexOf(selection.part));
      return pin.profile && PIN_NAMES[index] ? [{ profile: pin.profile, index: at, class: `line pin-line pin-${index}` }] : [];
    });
    if (profile) lines.push(...parts.map((part, index) => ({ profile, index, class: `line line-${part}` })));
    if (this.drawn.length !== lines.length) {
      this.drawn = lines.map((_, index) => this.drawn[index] ?? new DrawnLine());
      this.lines.replaceChildren(...this.drawn.map(({ element }) => element));
    }
    const inView = { from: Math.floor(window.rows.from) - first, to: window.rows.to - first };
    const values = lines.map((line, index) => this.drawn[index]?.valuesOf(line, extent, { from: first, to: last }) ?? []);
    const scale = valueScale(valueRange, values, inView);
    this.drawGrid(view, scale);
    this.pinLayers(view);
    const y = (index: number): number => rowUnit(window, first + index) * height;
    lines.forEach((line, index) => {
      this.drawn[index]?.draw(line.class, scale, this.size, window, y);
    });
    const row = cursor ? rowTitle(extent.layout?.rows, cursor.row, words) : '';
    setAttributes(this.drawing, { 'aria-label': `${words.text('plot.profile')}. ${row}` });
  }

  /** Lines of both axes and the value axis, anew only where they moved. */
  private drawGrid({ words, statistic, window, extent }: View, scale: Scale): void {
    const { width, height } = this.size;
    if (!this.gridMemo.changed(words, statistic, window, extent.layout, this.size, scale.low, scale.high, scale.transform)) return;
    const x = placing(scale, EDGE, width - EDGE);
    const marks = ticks(scale, Math.max(2, width / 60));
    this.grid.replaceChildren(
      ...marks.filter(({ label }) => label !== '').map(({ value }) => svg('line', { x1: x(value), x2: x(value), y1: 0, y2: height })),
      ...layerMarks(extent.layout?.rows ?? [], window, height, words).map(({ unit }) =>
        svg('line', { x1: 0, x2: width, y1: unit * height, y2: unit * height }),
      ),
    );
    this.valueAxis.replaceChildren(
      ...marks.flatMap(({ value, label }) => [
        svg('line', { x1: x(value), x2: x(value), y1: 0, y2: label === '' ? 3 : 5, class: 'tick' }),
        svg('text', { x: x(value), y: 16, class: 'tick-label', 'text-anchor': 'middle' }, label),
      ]),
      axisTitle(statistic ? titleWithUnit(statistic.title, statistic.unit) : '', width / 2, 31, false),
    );
  }

  private pinLayers({ selection, window }: View): void {
    const { width, height } = this.size;
    this.layerLines.replaceChildren(
      ...selection.layers.map((row, index) => {
        const at = rowUnit(window, row) * height;
        return svg('line', { x1: 0, x2: width, y1: at, y2: at, class: `pin-line layer-line pin-${index}` });
      }),
    );
  }
}

function spreadName(words: Words, name: string): string {
  return words.optional(`histogram.${name}`) ?? name;
}

/** A short stroke of a line's own class, as its key. */
export function keyLine(name: string): SVGElement {
  return svg(
    'svg',
    { class: 'key-line', width: 18, height: 8, 'aria-hidden': 'true' },
    svg('path', { class: `line ${name}`, d: 'M1 4H17' }),
  );
}
