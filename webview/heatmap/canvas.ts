// The heatmap on a plain canvas, for where WebGL2 is missing or lost: the same picture from the same
// numbers. Cells are coloured into an image of one pixel each, only those that changed, and the image
// is then stretched without smoothing.

import { CELL_EMPTY, CELL_INFINITE, CELL_NAN, type Span } from '../../src/experiment/view';
import { Memo } from '../dom';
import { colourMap, INFINITE_COLOUR, MAP_SIZE, NAN_COLOUR, type Rgb, ZERO_COLOUR } from './colour';
import { cellWindow, type Paint, type Surface } from './surface';

/** Packs a colour as ImageData's bytes read by a little-endian word, as every platform of ours is. */
function pack([red, green, blue]: Rgb): number {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

const NAN = pack(NAN_COLOUR);
const INFINITE = pack(INFINITE_COLOUR);
const ZERO = pack(ZERO_COLOUR);

function packedMap(): Uint32Array {
  const map = colourMap();
  return Uint32Array.from({ length: MAP_SIZE }, (_, entry) =>
    pack([map[3 * entry] ?? 0, map[3 * entry + 1] ?? 0, map[3 * entry + 2] ?? 0]),
  );
}

class CanvasSurface implements Surface {
  readonly kind = 'canvas';
  readonly side = 8192;
  private readonly map = packedMap();
  private readonly cells = document.createElement('canvas');
  private readonly cellContext = this.cells.getContext('2d');
  private image: ImageData | undefined;
  private readonly looks = new Memo();

  constructor(
    readonly canvas: HTMLCanvasElement,
    private readonly context: CanvasRenderingContext2D,
  ) {}

  /** Colours cells `dirty` along the steps into the image of one pixel per cell. */
  private colour({ picture, scale, extreme }: Paint, dirty: Span): void {
    const { width, height } = picture.grid;
    const { cellContext } = this;
    if (!cellContext || !this.image) return;
    const pixels = new Uint32Array(this.image.data.buffer);
    const { minimum, maximum, flags } = picture;
    const values = extreme === 'minimum' ? minimum : maximum;
    const logarithmic = scale.transform === 'log';
    const low = logarithmic ? Math.log(scale.low) : scale.low;
    const factor = (MAP_SIZE - 1) / ((logarithmic ? Math.log(scale.high) : scale.high) - low);
    for (let x = dirty.from; x < dirty.to; x++) {
      for (let y = 0; y < height; y++) {
        const cell = x * height + y;
        const flag = flags[cell] ?? CELL_EMPTY;
        const value = values[cell] ?? 0;
        let colour = 0;
        if (flag & CELL_NAN) colour = NAN;
        else if (flag & CELL_INFINITE) colour = INFINITE;
        else if (flag & CELL_EMPTY) colour = 0;
        else if (logarithmic && value <= 0) colour = ZERO;
        else {
          const entry = Math.floor(((logarithmic ? Math.log(value) : value) - low) * factor + 0.5);
          colour = this.map[Math.max(0, Math.min(MAP_SIZE - 1, entry))] ?? 0;
        }
        pixels[y * width + x] = colour;
      }
    }
    cellContext.putImageData(this.image, 0, 0, dirty.from, 0, dirty.to - dirty.from, height);
  }

  paint(paint: Paint, dirty: Span): void {
    const { picture, window, scale, extreme } = paint;
    const { width, height } = picture.grid;
    const whole = this.looks.changed(picture, scale.low, scale.high, scale.transform, extreme);
    if (!this.image || this.cells.width !== width || this.cells.height !== height) {
      this.cells.width = width;
      this.cells.height = height;
      this.image = new ImageData(width, height);
    }
    const stale = whole ? { from: 0, to: width } : dirty;
    if (stale.to > stale.from) this.colour(paint, stale);
    const cells = cellWindow(picture, window);
    this.clear();
    this.context.imageSmoothingEnabled = false;
    const perX = this.canvas.width / cells.width;
    const perY = this.canvas.height / cells.height;
    this.context.setTransform(perX, 0, 0, perY, -cells.x * perX, -cells.y * perY);
    this.context.drawImage(this.cells, 0, 0);
  }

  clear(): void {
    this.context.resetTransform();
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  dispose(): void {
    this.image = undefined;
  }
}

/** A plain surface on a canvas that has no context yet; `undefined` only where canvases are switched off. */
export function canvasSurface(canvas: HTMLCanvasElement): Surface | undefined {
  const context = canvas.getContext('2d');
  return context ? new CanvasSurface(canvas, context) : undefined;
}
