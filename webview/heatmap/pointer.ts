// The pointer over a plot that has the steps, the layers or both as axes: resting shows the cursor
// there, a click keeps it, a double click shows everything, the wheel with Ctrl zooms. A drag frames a
// part to look closer, moves what is shown, or pins the steps and layers at its edges, as the toolbar
// says; with Shift or the middle button it moves whatever the toolbar says.

import { setAttributes } from '../dom';
import type { Drag } from '../selection';
import type { Intents, Look, View } from '../view';
import { type Axes, framed, moved, opened, zoomed } from '../zoom';

/** Pixels that tell a drag from a click. */
const SLACK = 5;

interface Place {
  readonly column: number;
  readonly row: number;
}

interface Point {
  readonly clientX: number;
  readonly clientY: number;
}

interface Press {
  readonly at: Point;
  readonly drag: Drag;
  readonly window: View['window'];
  dragging: boolean;
}

/** The recorded cell under a point given in shares of the plot; undefined where nothing was recorded. */
export function placeAt(view: Pick<View, 'window' | 'picture' | 'extent'>, unitX: number, unitY: number): Place | undefined {
  const { window, picture, extent } = view;
  if (!picture || extent.columns === 0) return undefined;
  const { columns, rows } = window;
  const column = columns.from + unitX * (columns.to - columns.from);
  const row = rows.from + unitY * (rows.to - rows.from);
  const cell = picture.grid.columns.from + Math.floor((column - picture.grid.columns.from) / picture.grid.stride) * picture.grid.stride;
  return {
    column: Math.max(0, Math.min(extent.columns - 1, cell)),
    row: Math.max(0, Math.min((extent.layout?.rows.length ?? 1) - 1, Math.floor(row))),
  };
}

export class Pointer {
  private press: Press | undefined;

  /**
   * @param plot the element under the pointer
   * @param frame drawn around the dragged part
   * @param axes which of the two the plot has; along the other one nothing changes
   */
  constructor(
    private readonly plot: HTMLElement,
    private readonly frame: HTMLElement,
    private readonly intents: Intents,
    private readonly look: () => Look | undefined,
    private readonly axes: Axes = 'both',
  ) {
    plot.addEventListener('pointermove', (event) => this.move(event));
    plot.addEventListener('pointerleave', () => this.intents.hover(undefined));
    plot.addEventListener('pointerdown', (event) => this.down(event));
    plot.addEventListener('pointerup', (event) => this.up(event));
    plot.addEventListener('pointercancel', () => this.finish());
    plot.addEventListener('dblclick', () => this.open());
    plot.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
  }

  private place(event: Point): Place | undefined {
    const box = this.plot.getBoundingClientRect();
    const view = this.look()?.view;
    const place = view && placeAt(view, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    if (!place || !view?.cursor) return place;
    return {
      column: this.axes === 'rows' ? view.cursor.column : place.column,
      row: this.axes === 'columns' ? view.cursor.row : place.row,
    };
  }

  private move(event: PointerEvent): void {
    const { press } = this;
    if (press && !press.dragging) {
      press.dragging = Math.hypot(event.clientX - press.at.clientX, event.clientY - press.at.clientY) > SLACK;
    }
    if (!press?.dragging) this.intents.hover(this.place(event));
    else if (press.drag === 'pan') this.pan(press, event);
    else this.showFrame(press, event);
  }

  private showFrame({ at }: Press, event: Point): void {
    const box = this.plot.getBoundingClientRect();
    const { style } = this.frame;
    const across = this.axes === 'rows';
    const along = this.axes === 'columns';
    style.left = across ? '0' : `${Math.min(event.clientX, at.clientX) - box.left}px`;
    style.width = across ? '100%' : `${Math.abs(event.clientX - at.clientX)}px`;
    style.top = along ? '0' : `${Math.min(event.clientY, at.clientY) - box.top}px`;
    style.height = along ? '100%' : `${Math.abs(event.clientY - at.clientY)}px`;
    setAttributes(this.frame, { hidden: false });
  }

  private pan({ at, window }: Press, event: Point): void {
    const looked = this.look();
    if (!looked) return;
    const box = this.plot.getBoundingClientRect();
    const by = (pixels: number, size: number, { from, to }: { readonly from: number; readonly to: number }): number =>
      -(pixels / size) * (to - from);
    const columns = this.axes === 'rows' ? 0 : by(event.clientX - at.clientX, box.width, window.columns);
    const rows = this.axes === 'columns' ? 0 : by(event.clientY - at.clientY, box.height, window.rows);
    this.intents.select({ zoom: moved(window, looked.whole, { columns, rows }) });
  }

  private down(event: PointerEvent): void {
    const view = this.look()?.view;
    if ((event.button !== 0 && event.button !== 1) || !view) return;
    const drag = event.button === 1 || event.shiftKey ? 'pan' : view.selection.drag;
    this.press = { at: { clientX: event.clientX, clientY: event.clientY }, drag, window: view.window, dragging: false };
    this.plot.setPointerCapture(event.pointerId);
    // Or the middle button would start the page's own scrolling.
    if (event.button === 1) event.preventDefault();
  }

  private up(event: PointerEvent): void {
    const { press } = this;
    const place = this.place(event);
    const looked = this.look();
    if (press && place && looked) {
      const from = press.dragging ? this.place(press.at) : undefined;
      if (press.drag === 'pin') this.pin(from ?? place, place);
      else if (!from) this.intents.moveTo(place, true);
      else if (press.drag === 'zoom') {
        this.intents.select({ zoom: framed(looked.whole, from, place, this.axes, looked.view.window) });
      }
    }
    this.finish();
  }

  /** Pins what lies at the edges of a brush; a click pins its one step and layer. */
  private pin(one: Place, other: Place): void {
    const ends = (a: number, b: number): readonly number[] => (a === b ? [a] : [Math.min(a, b), Math.max(a, b)]);
    if (this.axes !== 'rows') for (const column of ends(one.column, other.column)) this.intents.pinColumn(column);
    if (this.axes !== 'columns') for (const row of ends(one.row, other.row)) this.intents.pinLayer(row);
  }

  private finish(): void {
    this.press = undefined;
    setAttributes(this.frame, { hidden: true });
  }

  private open(): void {
    const looked = this.look();
    if (looked) this.intents.select({ zoom: opened(looked.view.window, looked.whole, this.axes) });
  }

  private wheel(event: WheelEvent): void {
    const looked = this.look();
    const place = this.place(event);
    if (!looked || !place) return;
    const { window, selection } = looked.view;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const factor = event.deltaY > 0 ? 1.25 : 0.8;
      const rows = event.shiftKey || this.axes === 'columns' ? 1 : factor;
      const columns = this.axes === 'rows' ? 1 : factor;
      this.intents.select({ zoom: zoomed(window, looked.whole, place, { columns, rows }) });
      return;
    }
    // A sideways wheel moves along the steps where there is more to see; any other scrolls the page.
    if (event.deltaX === 0 || !selection.zoom || this.axes === 'rows') return;
    event.preventDefault();
    const columns = Math.sign(event.deltaX) * Math.max(1, Math.abs((event.deltaX / 1000) * (window.columns.to - window.columns.from)));
    this.intents.select({ zoom: moved(window, looked.whole, { columns, rows: 0 }) });
  }
}
