// Holds the heatmap's canvas and whichever surface draws on it: WebGL2 where there is one, the plain
// canvas where there is none, where it is asked for, or once the graphics context was lost.

import { html } from '../dom';
import type { Picture } from '../picture';
import { canvasSurface } from './canvas';
import { glSurface } from './gl';
import type { Paint, Surface } from './surface';

export class Screen {
  readonly element = html('div', { class: 'cells' });
  private surface: Surface | undefined;
  private painted: Picture | undefined;
  private paintedTo = 0;
  private size = { width: 0, height: 0 };

  /** @param lost called when the surface was exchanged and wants to be painted again */
  constructor(
    plain: boolean,
    private readonly lost: () => void,
  ) {
    this.surface = (plain ? undefined : this.open(glSurface)) ?? this.open(canvasSurface);
  }

  get kind(): string {
    return this.surface?.kind ?? 'none';
  }

  /** Longest side of a grid, in cells. */
  get side(): number {
    return this.surface?.side ?? 1;
  }

  /** Size in device pixels. */
  resize(width: number, height: number): void {
    this.size = { width, height };
    const canvas = this.surface?.canvas;
    if (!canvas || (canvas.width === width && canvas.height === height)) return;
    canvas.width = width;
    canvas.height = height;
  }

  paint(paint: Paint): void {
    const { picture } = paint;
    const { grid } = picture;
    const from = picture === this.painted ? Math.floor(Math.max(0, this.paintedTo - grid.columns.from) / grid.stride) : 0;
    this.surface?.paint(paint, { from, to: Math.max(from, picture.filled) });
    this.painted = picture;
    this.paintedTo = picture.received;
  }

  /** The cells as a picture: painted and read in one go, as WebGL forgets its pixels after a frame. */
  dataUrl(paint: Paint): string {
    this.paint(paint);
    return this.surface?.canvas.toDataURL('image/png') ?? '';
  }

  clear(): void {
    this.surface?.clear();
  }

  private open(make: (canvas: HTMLCanvasElement) => Surface | undefined): Surface | undefined {
    const canvas = html('canvas', { class: 'surface', 'aria-hidden': 'true', ...this.size });
    const surface = make(canvas);
    if (!surface) return undefined;
    canvas.addEventListener('webglcontextlost', () => this.fallBack(), { once: true });
    canvas.dataset.surface = surface.kind;
    this.element.replaceChildren(canvas);
    return surface;
  }

  /** A context once lost is likely to be lost again (a driver reset, a memory limit): stay plain. */
  private fallBack(): void {
    this.surface?.dispose();
    this.surface = this.open(canvasSurface);
    this.painted = undefined;
    this.paintedTo = 0;
    this.lost();
  }
}
