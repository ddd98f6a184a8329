// Curves as nodes that stay while the curves grow. Writing a path out and reading it back is most of what
// a curve costs; so the points that there are lie in a body that is drawn once, new ones in a short tail
// behind it, and where an axis gives a little, both are moved along with it by a transform.

import { CELL_INFINITE, CELL_NAN } from '../src/experiment/view';
import type { Affine } from './axes';
import { Memo, setAttributes, svg } from './dom';
import { hasNumber } from './extremes';
import type { Curve } from './loading/curves';
import { bandPath, linePath } from './path';

/** Points that a tail may have before it becomes part of the body. */
const MOST_TAIL = 128;
/** How much an axis may be stretched before the body is drawn anew: its strokes are stretched with it. */
const GIVE = 0.05;

/** A curve, and where its points stand. */
export interface PlacedCurve {
  readonly curve: Curve;
  /** Class of its lines. */
  readonly class: string;
  /** Changes where points have other places, or values other levels, than before. */
  readonly key: readonly unknown[];
  /** Where a point stands along x, in the unit of `across`; NaN leaves it out. */
  place(index: number): number;
  /** Where a value stands, in the unit of `up`; what is not finite leaves the point out. */
  level(value: number): number;
  readonly across: Affine;
  readonly up: Affine;
  /** How many points keep their places when more come; all of them unless told otherwise. */
  readonly settled?: number;
  /** Pixels from the top at which marks of what is no number stand. */
  readonly bottom: number;
}

type Axes = Pick<PlacedCurve, 'across' | 'up'>;

/**
 * A band where points were merged and a line through its middle; where there is a smooth line, both stay
 * faint behind it.
 */
function lines({ curve, class: name, place, level, across, up }: PlacedCurve, from: number, to: number, merged: boolean): SVGElement[] {
  const count = to - from;
  const along = new Float64Array(count);
  const [low, high] = [new Float64Array(count), new Float64Array(count)];
  const y = (value: number | undefined): number => up.at + up.per * level(value ?? Number.NaN);
  for (let point = 0; point < count; point++) {
    const index = from + point;
    along[point] = across.at + across.per * place(index);
    const known = hasNumber(curve, index);
    high[point] = known ? y(curve.maximum[index]) : Number.NaN;
    low[point] = known && merged ? y(curve.minimum[index]) : (high[point] ?? Number.NaN);
  }
  const of = (values: Float64Array) => (point: number) => values[point] ?? Number.NaN;
  const { smoothed } = curve;
  const raw = smoothed ? `${name} raw` : name;
  const nodes: SVGElement[] = [];
  if (merged) nodes.push(svg('path', { class: `band ${raw}`, d: bandPath(count, of(along), of(low), of(high)) }));
  const middle = merged ? (point: number) => ((low[point] ?? Number.NaN) + (high[point] ?? Number.NaN)) / 2 : of(high);
  nodes.push(svg('path', { class: `line ${raw}`, d: linePath(count, of(along), middle) }));
  if (smoothed) {
    const d = linePath(count, of(along), (point) => (point < count ? y(smoothed[from + point]) : Number.NaN));
    nodes.push(svg('path', { class: `line ${name} smooth`, d }));
  }
  return nodes;
}

class GrowingCurve {
  readonly element = svg('g');
  private readonly body = svg('g');
  private readonly tail = svg('g');
  private readonly moving = svg('g');
  private readonly marks = svg('g');
  private readonly memo = new Memo();
  private readonly bodyMemo = new Memo();
  private origin: object | undefined;
  /** Points looked at, whether any of them merged several values, and which hold what is no number. */
  private seen = 0;
  private merged = false;
  private odd: number[] = [];
  /** Points in the body, and the axes for which it was drawn. */
  private length = 0;
  private drawn: Axes | undefined;
  private ends: readonly number[] = [];

  constructor() {
    this.moving.append(this.body, this.tail);
    this.element.append(this.moving, this.marks);
  }

  update(placed: PlacedCurve): void {
    const { curve, across, up, bottom, key } = placed;
    if (!this.memo.changed(curve, placed.class, across.at, across.per, up.at, up.per, bottom, ...key)) return;
    this.look(curve);
    const count = curve.steps.length;
    const settled = Math.min(placed.settled ?? count, count);
    const other = this.bodyMemo.changed(curve.origin, placed.class, this.merged, ...key);
    const long = settled - this.length > MOST_TAIL || this.length > count;
    if (other || long || !this.drawn || !gives(this.drawn, placed) || !same(this.ends, endsOf(placed, this.length))) {
      this.body.replaceChildren(...(settled > 0 ? lines(placed, 0, settled, this.merged) : []));
      this.length = settled;
      this.drawn = { across, up };
      this.ends = endsOf(placed, settled);
    }
    const rest = count > this.length ? lines({ ...placed, ...this.drawn }, Math.max(0, this.length - 1), count, this.merged) : [];
    this.tail.replaceChildren(...rest);
    this.moving.setAttribute('transform', moved(this.drawn, placed));
    this.mark(placed);
  }

  private look(curve: Curve): void {
    if (this.origin !== curve.origin || this.seen > curve.steps.length) [this.seen, this.merged, this.odd] = [0, false, []];
    this.origin = curve.origin;
    for (; this.seen < curve.steps.length; this.seen++) {
      if (curve.minimum[this.seen] !== curve.maximum[this.seen]) this.merged = true;
      if ((curve.flags[this.seen] ?? 0) & (CELL_NAN | CELL_INFINITE)) this.odd.push(this.seen);
    }
  }

  /** What is no number is a mark at the bottom. */
  private mark({ curve, place, across, bottom }: PlacedCurve): void {
    if (this.odd.length === 0 && this.marks.childElementCount === 0) return;
    const nodes = (
      [
        [CELL_NAN, 'mark-nan'],
        [CELL_INFINITE, 'mark-infinite'],
      ] as const
    ).flatMap(([bit, kind]) => {
      const marked = this.odd.filter((index) => (curve.flags[index] ?? 0) & bit);
      const d = marked.map((index) => `M${(across.at + across.per * place(index)).toFixed(1)} ${(bottom - 1).toFixed(1)}v-7`);
      return d.length === 0 ? [] : [svg('path', { class: kind, d: d.join('') })];
    });
    this.marks.replaceChildren(...nodes);
  }
}

/** Where the first and the last point of a body stand: two places say whether an axis counts in another unit. */
function endsOf({ place }: PlacedCurve, length: number): readonly number[] {
  return length > 0 ? [place(0), place(length - 1)] : [];
}

function same(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((value, index) => Object.is(value, other[index]));
}

function stretched(one: Affine, other: Affine): number {
  return one.per === other.per ? 1 : other.per / one.per;
}

function gives(drawn: Axes, now: Axes): boolean {
  const little = (one: Affine, other: Affine): boolean => Math.abs(stretched(one, other) - 1) <= GIVE;
  return little(drawn.across, now.across) && little(drawn.up, now.up);
}

/** The transform from pixels of one pair of axes to pixels of another. */
function moved(drawn: Axes, now: Axes): string {
  const along = stretched(drawn.across, now.across);
  const up = stretched(drawn.up, now.up);
  return `matrix(${along} 0 0 ${up} ${now.across.at - along * drawn.across.at} ${now.up.at - up * drawn.up.at})`;
}

/** The curves of a plot, one over the other. */
export class CurveLayer {
  private curves: GrowingCurve[] = [];

  constructor(private readonly parent: SVGElement) {}

  /** @param placed undefined leaves room for a curve that is still to come, so that the others stay what they are */
  update(placed: readonly (PlacedCurve | undefined)[]): void {
    if (this.curves.length !== placed.length) {
      this.curves = placed.map((_, index) => this.curves[index] ?? new GrowingCurve());
      this.parent.replaceChildren(...this.curves.map(({ element }) => element));
    }
    for (const [index, curve] of this.curves.entries()) {
      const each = placed[index];
      setAttributes(curve.element, { hidden: !each });
      if (each) curve.update(each);
    }
  }
}
