// Building and keeping DOM without a framework: elements from plain descriptions, and a guard that
// leaves a node alone when nothing changed, so that a frame touches only what moved.

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

const SVG = 'http://www.w3.org/2000/svg';

function apply(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}

/** An element of HTML with attributes (never `style`: the policy forbids it) and children. */
export function html<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  apply(element, attributes);
  element.append(...children);
  return element;
}

/** An element of SVG. */
export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS(SVG, tag);
  apply(element, attributes);
  element.append(...children);
  return element;
}

/** Sets the text only where it differs: an assignment alone already costs a layout. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets or removes attributes only where they differ. */
export function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    const wanted = value === undefined || value === false ? null : value === true ? '' : String(value);
    if (element.getAttribute(name) === wanted) continue;
    if (wanted === null) element.removeAttribute(name);
    else element.setAttribute(name, wanted);
  }
}

export function icon(name: string): HTMLElement {
  return html('span', { class: `codicon codicon-${name}`, 'aria-hidden': 'true' });
}

/** Remembers the last inputs of a drawing and says whether any of them changed, by identity. */
export class Memo {
  private last: readonly unknown[] = [];

  changed(...inputs: readonly unknown[]): boolean {
    const same = inputs.length === this.last.length && inputs.every((input, index) => Object.is(input, this.last[index]));
    this.last = inputs;
    return !same;
  }

  /** Makes the next `changed` true. */
  forget(): void {
    this.last = [];
  }
}

/** Holds the last result as long as its inputs are the same. */
export class Kept<Result> {
  private readonly memo = new Memo();
  private result: Result | undefined;

  get(inputs: readonly unknown[], make: () => Result): Result {
    if (this.memo.changed(...inputs) || this.result === undefined) this.result = make();
    return this.result;
  }
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Keeps the content size of an element, in CSS pixels, and calls back when it changes. */
export function observeSize(element: Element, changed: (size: Size) => void): void {
  let last: Size = { width: 0, height: 0 };
  new ResizeObserver((entries) => {
    const box = entries.at(-1)?.contentRect;
    if (!box || (box.width === last.width && box.height === last.height)) return;
    last = { width: box.width, height: box.height };
    changed(last);
  }).observe(element);
}

/** Whether a person asked the system for less motion. */
export function reducedMotion(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
