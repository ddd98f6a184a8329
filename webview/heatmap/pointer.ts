// The pointer over the heatmap: resting shows the cursor there, a click keeps it, a drag frames a
// part to look closer, a double click shows everything, the wheel with Ctrl zooms.

import { setAttributes } from '../dom';
import type { Intents, Look, View } from '../view';
import { framed, zoomed } from '../zoom';

/** Pixels that tell a drag from a click. */
const SLACK = 5;

interface Place {
  readonly column: number;
  readonly row: number;
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
  private start: { readonly x: number; readonly y: number } | undefined;
  private dragging = false;

  /**
   * @param plot the element under the pointer
   * @param frame drawn around the dragged part
   */
  constructor(
    private readonly plot: HTMLElement,
    private readonly frame: HTMLElement,
    private readonly intents: Intents,
    private readonly look: () => Look | undefined,
  ) {
    plot.addEventListener('pointermove', (event) => this.move(event));
    plot.addEventListener('pointerleave', () => this.intents.hover(undefined));
    plot.addEventListener('pointerdown', (event) => this.down(event));
    plot.addEventListener('pointerup', (event) => this.up(event));
    plot.addEventListener('pointercancel', () => this.finish());
    plot.addEventListener('dblclick', () => this.intents.select({ zoom: undefined }));
    plot.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
  }

  private place(event: { readonly clientX: number; readonly clientY: number }): Place | undefined {
    const box = this.plot.getBoundingClientRect();
    const looked = this.look();
    return looked && placeAt(looked.view, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  }

  private move(event: PointerEvent): void {
    if (this.start && !this.dragging) {
      this.dragging = Math.hypot(event.clientX - this.start.x, event.clientY - this.start.y) > SLACK;
    }
    if (this.start && this.dragging) {
      const box = this.plot.getBoundingClientRect();
      const { style } = this.frame;
      style.left = `${Math.min(event.clientX, this.start.x) - box.left}px`;
      style.top = `${Math.min(event.clientY, this.start.y) - box.top}px`;
      style.width = `${Math.abs(event.clientX - this.start.x)}px`;
      style.height = `${Math.abs(event.clientY - this.start.y)}px`;
      setAttributes(this.frame, { hidden: false });
      return;
    }
    this.intents.hover(this.place(event));
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.start = { x: event.clientX, y: event.clientY };
    this.plot.setPointerCapture(event.pointerId);
  }

  private up(event: PointerEvent): void {
    const { start, dragging } = this;
    const place = this.place(event);
    const looked = this.look();
    if (start && place && looked) {
      const from = dragging ? this.place({ clientX: start.x, clientY: start.y }) : undefined;
      if (from) this.intents.select({ zoom: framed(looked.whole, from, place) });
      else this.intents.moveTo(place, true);
    }
    this.finish();
  }

  private finish(): void {
    this.start = undefined;
    this.dragging = false;
    setAttributes(this.frame, { hidden: true });
  }

  private wheel(event: WheelEvent): void {
    const looked = this.look();
    const place = this.place(event);
    if (!(event.ctrlKey || event.metaKey) || !looked || !place) return;
    event.preventDefault();
    const factor = event.deltaY > 0 ? 1.25 : 0.8;
    const rows = event.shiftKey ? 1 : factor;
    this.intents.select({ zoom: zoomed(looked.view.window, looked.whole, place, { columns: factor, rows }) });
  }
}
