// SVG as text: elements with escaped attributes, and the paper that every picture of a report is drawn on.
// A picture may be shown on a light page or a dark one, so it brings its own background and ink.

/** A finished piece of SVG. */
export type Svg = string;

export const PAPER = '#ffffff';
export const INK = '#24292f';
export const FAINT = '#8c959f';
export const GRID = '#e4e8ec';
/** Told apart by people with any colour vision, and by lightness alone (Okabe and Ito). */
export const COLOURS = { before: '#e69f00', after: '#0072b2', alarm: '#d55e00' } as const;

/** @param attributes undefined ones are left out; numbers are rounded to a hundredth of a pixel. */
export function element(name: string, attributes: Readonly<Record<string, string | number | undefined>>, ...children: readonly Svg[]): Svg {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${typeof value === 'number' ? pixels(value) : escaped(value)}"`],
  );
  const open = `<${name}${written.join('')}`;
  return children.length === 0 ? `${open}/>` : `${open}>${children.join('')}</${name}>`;
}

/** Text for the place between two tags. */
export function escaped(text: string): Svg {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

export interface TextStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly colour?: string;
  readonly size?: number;
  readonly bold?: boolean;
  /** Over lines: what lies behind the letters is kept away from them. */
  readonly halo?: boolean;
}

/** A line of text, its middle at height y. */
export function label(x: number, y: number, text: string, { anchor, colour = INK, size = 11, bold, halo }: TextStyle = {}): Svg {
  const attributes = {
    x,
    y,
    'dominant-baseline': 'central',
    'text-anchor': anchor,
    fill: colour,
    'font-size': size,
    'font-weight': bold ? 'bold' : undefined,
    ...(halo && { stroke: PAPER, 'stroke-width': 3, 'stroke-linejoin': 'round', 'paint-order': 'stroke' }),
  };
  return element('text', attributes, escaped(text));
}

/** A whole file. @param title what a screen reader says */
export function picture(width: number, height: number, title: string, ...children: readonly Svg[]): Svg {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${pixels(width)} ${pixels(height)}`,
    width,
    height,
    role: 'img',
    'font-family': 'system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif',
  };
  const paper = element('rect', { width, height, fill: PAPER });
  return `${element('svg', attributes, element('title', {}, escaped(title)), paper, ...children)}\n`;
}

/** `M0 1L2 3`; a new piece wherever a point is missing. */
export function polyline(points: readonly (readonly [number, number] | undefined)[]): string {
  return points
    .map((point, i) => (point === undefined ? '' : `${points[i - 1] === undefined ? 'M' : 'L'}${pixels(point[0])} ${pixels(point[1])}`))
    .join('');
}

function pixels(value: number): string {
  return String(Math.round(value * 100) / 100);
}
