// The depth profile: one statistic over the layers at the cursor's step, layer down the page as in
// the heatmap beside it. The whole layer, attention and feed-forward are lines of their own; pinned
// steps stay as thinner lines of the chosen part.

import type { Profile } from '../src/experiment/view';
import { formatValue, type Scale, scaleOver, ticks, toUnit } from './axes';
import { html, Memo, type Size, setAttributes, setText, svg } from './dom';
import { PIN_NAMES } from './heatmap/flags';
import { axisTitle } from './heatmap/heatmap';
import { Pointer } from './heatmap/pointer';
import { layerMarks, rowUnit } from './marks';
import { bandPath, linePath, merged } from './path';
import { rowTitle } from './rows';
import { binWords, edgeTicks, Spread, sharesOf } from './spread';
import { columnName, type Part } from './statistics';
import { type Intents, type Look, type Pin, profileValues, type Spreading, titleWithUnit, type View } from './view';
import type { Words } from './words';

/** A range widened to hold every finite value of the profiles drawn: steady while the cursor moves. */
export function valueScale(range: Scale, values: Iterable<number>): Scale {
  let { low, high } = range;
  for (const value of values) {
    if (!Number.isFinite(value) || (range.transform === 'log' && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return scaleOver(range.transform, low, high);
}

interface Line {
  readonly profile: Profile;
  readonly index: number;
  readonly class: string;
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
    const { width, height } = this.size;
    const parts = statistic?.parts ?? [];
    const lines: Line[] = pins.flatMap((pin, index) => pinLine(pin, index, parts, selection.part));
    if (profile) lines.push(...parts.map((part, index) => ({ profile, index, class: `line line-${part}` })));
    const scale = valueScale(valueRange, valuesOf(lines, view));
    const x = (value: number | undefined): number => (value === undefined ? Number.NaN : 6 + toUnit(scale, value) * (width - 12));
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
    this.pinLayers(view);
    const first = Math.max(0, window.rows.from - 1);
    const last = Math.min(extent.layout?.rows.length ?? 0, window.rows.to + 1);
    const y = (index: number): number => rowUnit(window, first + index) * height;
    this.lines.replaceChildren(
      ...lines.flatMap((line) => {
        const valueAtRow = profileValues(line.profile, line.index, extent);
        const at = (index: number): number => {
          const value = valueAtRow(first + index);
          return value !== undefined && valueRange.transform === 'log' && value <= 0 ? 2 : x(value);
        };
        return [...this.lineNodes(line.class, last - first, at, y), ...this.nonFinite(valueAtRow, y, first, last)];
      }),
    );
    const row = cursor ? rowTitle(extent.layout?.rows, cursor.row, words) : '';
    setAttributes(this.drawing, { 'aria-label': `${words.text('plot.profile')}. ${row}` });
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

  /** One line; where layers are denser than pixels, a band of what a pixel's layers span and a line through its middle. */
  private lineNodes(name: string, count: number, x: (index: number) => number, y: (index: number) => number): SVGElement[] {
    const size = Math.max(1, Math.ceil((count * 1.5) / Math.max(1, this.size.height)));
    if (size === 1) return [svg('path', { class: name, d: linePath(count, (index) => (index < count ? x(index) : Number.NaN), y) })];
    const { low, high, middle } = merged(count, size, x);
    const centre = (group: number): number => y(Math.min(count - 1, group * size + (size - 1) / 2));
    const of = (values: Float64Array) => (group: number) => values[group] ?? Number.NaN;
    return [
      svg('path', { class: `band ${name.replace('line ', '')}`, d: bandPath(middle.length, centre, of(low), of(high), 'across') }),
      svg('path', { class: name, d: linePath(middle.length, of(middle), centre) }),
    ];
  }

  /** A mark at the edge for every row whose value is no number: never a mere gap. */
  private nonFinite(
    valueAtRow: (row: number) => number | undefined,
    y: (index: number) => number,
    first: number,
    last: number,
  ): SVGElement[] {
    const marks = { 'mark-nan': '', 'mark-infinite': '' };
    for (let row = first; row < last; row++) {
      const value = valueAtRow(row);
      if (value === undefined || Number.isFinite(value)) continue;
      marks[Number.isNaN(value) ? 'mark-nan' : 'mark-infinite'] += `M${this.size.width} ${y(row - first).toFixed(1)}h-8`;
    }
    return Object.entries(marks).flatMap(([kind, path]) => (path === '' ? [] : [svg('path', { class: kind, d: path })]));
  }
}

function spreadName(words: Words, name: string): string {
  return words.optional(`histogram.${name}`) ?? name;
}

function pinLine(pin: Pin, index: number, parts: readonly Part[], part: Part): Line[] {
  const at = Math.max(0, parts.indexOf(part));
  return pin.profile && PIN_NAMES[index] ? [{ profile: pin.profile, index: at, class: `line pin-line pin-${index}` }] : [];
}

/** Values of the layers in view. */
function* valuesOf(lines: readonly Line[], { extent, window }: View): Iterable<number> {
  for (const { profile, index } of lines) {
    const valueAtRow = profileValues(profile, index, extent);
    for (let row = Math.floor(window.rows.from); row < Math.min(window.rows.to, profile.rows); row++) {
      const value = valueAtRow(row);
      if (value !== undefined) yield value;
    }
  }
}

/** A short stroke of a line's own class, as its key. */
export function keyLine(name: string): SVGElement {
  return svg(
    'svg',
    { class: 'key-line', width: 18, height: 8, 'aria-hidden': 'true' },
    svg('path', { class: `line ${name}`, d: 'M1 4H17' }),
  );
}
