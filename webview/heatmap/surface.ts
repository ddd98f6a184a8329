// What draws cells as colours. Two surfaces do it with one look: WebGL2, and a plain canvas where
// there is no WebGL2 or its context was lost.

import type { Span } from '../../src/experiment/view';
import type { Scale } from '../axes';
import type { Window } from '../grid';
import type { Extreme, Picture } from '../picture';

export interface Paint {
  readonly picture: Picture;
  /** What the surface's edges show; cells outside the picture stay transparent. */
  readonly window: Window;
  readonly scale: Scale;
  readonly extreme: Extreme;
}

export interface Surface {
  readonly kind: 'webgl2' | 'canvas';
  readonly canvas: HTMLCanvasElement;
  /** Longest side of a grid it can hold, in cells. */
  readonly side: number;
  /**
   * Draws the picture over the whole canvas, whose size in device pixels the caller keeps.
   * @param dirty cells along the steps that changed since the last paint of this very picture
   */
  paint(paint: Paint, dirty: Span): void;
  clear(): void;
  dispose(): void;
}

/** Where a window's edges lie in a picture's cells: the affine map both surfaces sample by. */
export function cellWindow(picture: Picture, window: Window): { x: number; y: number; width: number; height: number } {
  const { grid } = picture;
  const perRow = grid.height / (grid.rows.to - grid.rows.from);
  return {
    x: (window.columns.from - grid.columns.from) / grid.stride,
    y: (window.rows.from - grid.rows.from) * perRow,
    width: (window.columns.to - window.columns.from) / grid.stride,
    height: (window.rows.to - window.rows.from) * perRow,
  };
}
