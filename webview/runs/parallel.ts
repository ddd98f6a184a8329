// Parallel coordinates of compared runs: an axis for every field in which their configurations differ
// and for how they went, a line for every run. Where lines cross and where they run together tells
// which choice goes with which outcome.

import { formatValue, niceStep, type Scale, scaleOver, toUnit } from '../axes';
import { html, Memo, observeSize, type Size, setAttributes, svg } from '../dom';
import type { Words } from '../words';
import { toneClass } from './lines';
import type { Cell, TableColumn } from './measures';
import type { ShownRun } from './runSet';

/** How they went, after what was chosen. */
const OUTCOMES: readonly string[] = ['speed', 'validation', 'loss'];
const MARGIN = { side: 70, top: 46, bottom: 20 } as const;

export interface Axis {
  readonly title: string;
  /** Share of the height from below at which a cell lies; undefined where it has no value. */
  place(cell: Cell | undefined): number | undefined;
  readonly marks: readonly { readonly unit: number; readonly label: string }[];
}

/** Values that span more than a hundredfold, as rates and sizes do, read on a log scale. */
function scaleOf(values: readonly number[]): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return scaleOver(low > 0 && high / low > 100 ? 'log' : 'linear', low, high);
}

/** The axis of a column: of numbers by size, of anything else by name, evenly. Undefined where all runs are the same. */
export function axisOf({ title, cells }: TableColumn): Axis | undefined {
  const values = cells.flatMap(({ value }) => (value === undefined ? [] : [value]));
  const distinct = [...new Set(values)];
  if (distinct.length < 2) return undefined;
  const numbers = distinct.filter((value) => typeof value === 'number');
  if (numbers.length === distinct.length) {
    const scale = scaleOf(numbers);
    const unit = (value: number): number => toUnit(scale, value);
    const ends = [Math.min(...numbers), Math.max(...numbers)];
    const step = niceStep((scale.high - scale.low) / 3);
    const between = scale.transform === 'log' ? [] : [Math.round((scale.low + scale.high) / 2 / step) * step];
    const inner = between.filter((value) => unit(value) > 0.2 && unit(value) < 0.8);
    return {
      title,
      place: (cell) => (typeof cell?.value === 'number' ? unit(cell.value) : undefined),
      marks: [...ends, ...inner].map((value) => ({ unit: unit(value), label: formatValue(value, 3) })),
    };
  }
  const names = distinct.map(String).sort((one, other) => one.localeCompare(other));
  const at = (name: string): number => names.indexOf(name) / (names.length - 1);
  return {
    title,
    place: (cell) => (cell?.value === undefined ? undefined : at(String(cell.value))),
    marks: names.map((name) => ({ unit: at(name), label: name })),
  };
}

/** Pixels that a letter of a title takes, about. */
const LETTER = 6.2;

/** A field's name in so many pixels: without its group, then cut. Titles stand in two rows, so each has room for two. */
export function titleWithin(title: string, pixels: number): string {
  const letters = Math.max(3, Math.floor(pixels / LETTER));
  if (title.length <= letters) return title;
  const short = title.split('.').at(-1) ?? title;
  return short.length <= letters ? short : `${short.slice(0, letters - 1)}…`;
}

export class Parallel {
  readonly element = html('div', { class: 'parallel', 'data-testid': 'parallel' });
  private readonly drawing = svg('svg', { class: 'chart-drawing', role: 'img' });
  private size: Size = { width: 0, height: 0 };
  private readonly memo = new Memo();

  constructor(redraw: () => void) {
    this.element.append(this.drawing);
    observeSize(this.element, (size) => {
      this.size = size;
      redraw();
    });
  }

  /** @returns whether there is anything to compare: fewer than two axes say nothing. */
  update(words: Words, columns: readonly TableColumn[], runs: readonly ShownRun[]): boolean {
    const chosen = columns.filter(({ kind }) => kind === 'configuration');
    const outcomes = OUTCOMES.flatMap((id) => columns.filter((column) => column.id === id));
    const drawn = [...chosen, ...outcomes].flatMap((column) => {
      const axis = axisOf(column);
      return axis ? [{ axis, cells: column.cells }] : [];
    });
    const worth = drawn.length >= 2;
    setAttributes(this.element, { hidden: !worth });
    if (worth && this.memo.changed(words, columns, runs, this.size)) this.draw(words, drawn, runs);
    return worth;
  }

  private draw(words: Words, drawn: readonly { readonly axis: Axis; readonly cells: readonly Cell[] }[], runs: readonly ShownRun[]): void {
    const { width, height } = this.size;
    if (width <= 0 || height <= 0) return;
    const x = (index: number): number => MARGIN.side + (index / (drawn.length - 1)) * (width - 2 * MARGIN.side);
    const y = (unit: number): number => height - MARGIN.bottom - unit * (height - MARGIN.top - MARGIN.bottom);
    const lines = runs.map((run, at) => {
      let path = '';
      let drawing = false;
      for (const [index, { axis, cells }] of drawn.entries()) {
        const unit = axis.place(cells[at]);
        if (unit !== undefined) path += `${drawing ? 'L' : 'M'}${x(index).toFixed(1)} ${y(unit).toFixed(1)}h.01`;
        drawing = unit !== undefined;
      }
      return svg('path', { class: `line parallel-line ${toneClass(run.tone)}`, d: path }, svg('title', {}, run.name));
    });
    const axes = drawn.flatMap(({ axis }, index) => {
      const title = titleWithin(axis.title, 2 * (x(1) - x(0)) - 8);
      return [
        svg('line', { class: 'tick', x1: x(index), x2: x(index), y1: y(0), y2: y(1) }),
        svg(
          'text',
          { class: 'axis-title', x: x(index), y: index % 2 === 0 ? 11 : 23, 'text-anchor': 'middle' },
          title,
          ...(title === axis.title ? [] : [svg('title', {}, axis.title)]),
        ),
        ...axis.marks.flatMap(({ unit, label }) => [
          svg('line', { class: 'tick', x1: x(index) - 4, x2: x(index) + 4, y1: y(unit), y2: y(unit) }),
          // At the ends beyond them: that is where lines meet.
          svg(
            'text',
            {
              class: 'tick-label parallel-label',
              x: x(index) + 7,
              y: y(unit) + (unit > 0.97 ? -8 : unit < 0.03 ? 9 : 0),
              'dominant-baseline': 'central',
            },
            label,
          ),
        ]),
      ];
    });
    this.drawing.replaceChildren(...lines, ...axes);
    setAttributes(this.drawing, { 'aria-label': words.text('compare.parallel') });
  }
}
