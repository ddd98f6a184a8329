// A plot as an SVG file of its own: what stands on the page, with the theme's colours written out, so
// that it looks the same in a paper as it did here. Lines and words stay vectors; cells of a heatmap
// are one embedded picture.

import { svg } from '../dom';

/** Space around the plot, in pixels. */
const PADDING = 12;

/** What a style sheet says on the page and an SVG file has to say itself. */
const STYLES = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'paint-order',
  'shape-rendering',
  'font-family',
  'font-size',
  'font-weight',
] as const;

/** On the page for whoever moves the cursor, and not part of the picture. */
const LEFT_OUT = '.unseen, .cursor-line, .frame, button, select, title, [hidden], [popover]';

export interface Drawing {
  readonly text: string;
  readonly width: number;
  readonly height: number;
}

/**
 * A colour that every reader of SVG understands, and its opacity: browsers write mixed colours as
 * `color(srgb r g b / a)`, which few others know.
 */
export function plainColour(value: string): { readonly colour: string; readonly opacity: number } {
  const mixed = /^color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)(?: \/ ([\d.e-]+))?\)$/.exec(value);
  if (mixed) {
    const bytes = mixed.slice(1, 4).map((part) => Math.round(255 * Math.min(1, Math.max(0, Number(part)))));
    return { colour: `rgb(${bytes.join(', ')})`, opacity: mixed[4] === undefined ? 1 : Number(mixed[4]) };
  }
  const clear = /^rgba\((\d+), (\d+), (\d+), ([\d.]+)\)$/.exec(value);
  if (clear) return { colour: `rgb(${clear.slice(1, 4).join(', ')})`, opacity: Number(clear[4]) };
  return { colour: value, opacity: 1 };
}

function paint(element: Element, name: 'fill' | 'stroke', value: string): void {
  const { colour, opacity } = plainColour(value);
  element.setAttribute(name, colour);
  if (opacity === 1) return;
  const before = Number(element.getAttribute(`${name}-opacity`) ?? 1);
  element.setAttribute(`${name}-opacity`, String(Number((before * opacity).toFixed(4))));
}

/** A copy of an element of SVG with its computed styles as attributes. */
function copied(source: Element): Element {
  const copy = source.cloneNode(false) as Element;
  for (const name of ['class', 'role', 'aria-label', 'aria-hidden', 'style']) copy.removeAttribute(name);
  const style = getComputedStyle(source);
  for (const name of STYLES) {
    const value = style.getPropertyValue(name);
    if (name !== 'fill' && name !== 'stroke' && value !== '') copy.setAttribute(name, value);
  }
  paint(copy, 'fill', style.fill);
  paint(copy, 'stroke', style.stroke);
  for (const child of source.childNodes) {
    if (child instanceof Element && !child.matches(LEFT_OUT)) copy.append(copied(child));
    else if (child instanceof Text) copy.append(child.cloneNode());
  }
  return copy;
}

class Sheet {
  readonly nodes: Element[] = [];

  constructor(
    private readonly left: number,
    private readonly top: number,
    private readonly raster: (canvas: HTMLCanvasElement) => string,
  ) {}

  add(element: Element): void {
    const style = getComputedStyle(element);
    if (element.matches(LEFT_OUT) || style.display === 'none' || style.visibility === 'hidden') return;
    const box = element.getBoundingClientRect();
    const place = { x: box.left - this.left, y: box.top - this.top, width: box.width, height: box.height };
    if (element instanceof HTMLCanvasElement) {
      const attributes = { ...place, href: this.raster(element), preserveAspectRatio: 'none' };
      this.nodes.push(svg('image', attributes));
    } else if (element instanceof SVGSVGElement) {
      const copy = copied(element);
      for (const [name, value] of Object.entries(place)) copy.setAttribute(name, String(value));
      copy.setAttribute('overflow', style.overflow === 'hidden' ? 'hidden' : 'visible');
      this.nodes.push(copy);
    } else {
      this.box(element, style, place);
      for (const child of element.childNodes) {
        if (child instanceof Element) this.add(child);
        else if (child instanceof Text) this.words(child, style);
      }
    }
  }

  /** The ground and the outline of an element, where it has any. */
  private box(element: Element, style: CSSStyleDeclaration, place: Readonly<Record<string, number>>): void {
    const ground = plainColour(style.backgroundColor);
    const outlined = element.matches('.plot');
    if (ground.opacity === 0 && !outlined) return;
    const rect = svg('rect', { ...place, fill: 'none' });
    if (ground.opacity > 0) paint(rect, 'fill', style.backgroundColor);
    if (outlined) paint(rect, 'stroke', style.outlineColor);
    this.nodes.push(rect);
  }

  private words(text: Text, style: CSSStyleDeclaration): void {
    const words = text.data.trim();
    if (words === '') return;
    const range = document.createRange();
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    if (box.width === 0) return;
    const node = svg(
      'text',
      {
        x: box.left - this.left,
        y: box.top - this.top + box.height / 2,
        'dominant-baseline': 'central',
        'font-family': style.fontFamily,
        'font-size': style.fontSize,
        'font-weight': style.fontWeight,
      },
      words,
    );
    paint(node, 'fill', style.color);
    this.nodes.push(node);
  }
}

/**
 * Draws parts of the page as one SVG file, as they stand to each other.
 *
 * @param parts elements that make up the plot
 * @param raster a canvas' content as a data URL
 */
export function drawingOf(parts: readonly Element[], raster: (canvas: HTMLCanvasElement) => string): Drawing {
  const boxes = parts.map((part) => part.getBoundingClientRect()).filter(({ width, height }) => width > 0 && height > 0);
  const left = Math.min(...boxes.map((box) => box.left)) - PADDING;
  const top = Math.min(...boxes.map((box) => box.top)) - PADDING;
  const width = Math.ceil(Math.max(...boxes.map((box) => box.right)) + PADDING - left);
  const height = Math.ceil(Math.max(...boxes.map((box) => box.bottom)) + PADDING - top);
  const sheet = new Sheet(left, top, raster);
  for (const part of parts) sheet.add(part);
  const ground = svg('rect', { width, height });
  paint(ground, 'fill', getComputedStyle(document.body).backgroundColor);
  const whole = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}` }, ground, ...sheet.nodes);
  return { text: `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(whole)}\n`, width, height };
}

/** Pixels of a PNG to one of the page. */
const DENSITY = 2;

/** A drawing as the bytes of a PNG file. @throws Error where the browser cannot draw it */
export async function pngOf({ text, width, height }: Drawing): Promise<Uint8Array> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width * DENSITY;
  canvas.height = height * DENSITY;
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('The plot is too large for a PNG.');
  return new Uint8Array(await blob.arrayBuffer());
}
