// The button beside a plot's title that saves it: as SVG, as PNG, its data as CSV. A menu of the
// platform's own popover kind, so that Escape and a click elsewhere close it.

import type { SaveFile, SaveFormat } from '../../src/protocol/messages';
import { html, icon, setAttributes, setText } from '../dom';
import type { Words } from '../words';
import { drawingOf, pngOf } from './drawing';

type PlotFormat = Exclude<SaveFormat, 'html'>;

/** What a plot can be saved as, asked at the moment it is saved. */
export interface Savable {
  /** Of the file, after the run's name and without its extension. */
  name(): string;
  /** Elements that make up the picture; absent: it is saved as data only. */
  readonly parts?: () => readonly Element[];
  /** A canvas' content as a data URL; a plain canvas gives its own. */
  readonly raster?: (canvas: HTMLCanvasElement) => string;
  csv(): string;
}

/** Hands a file to the host, or tells why there is none. */
export interface SaveDoor {
  /** Of the run that is shown: what files are called first. */
  runName(): string;
  save(file: SaveFile): void;
  failed(reason: unknown): void;
}

let menus = 0;

export class SaveMenu {
  readonly element = html('span', { class: 'save' });
  private readonly button;
  private readonly menu;
  private readonly items = new Map<PlotFormat, HTMLButtonElement>();
  private words: Words | undefined;
  private what = '';

  constructor(
    private readonly savable: Savable,
    private readonly door: SaveDoor,
  ) {
    const id = `save-${++menus}`;
    this.button = html('button', { class: 'tool', type: 'button', 'aria-haspopup': 'menu', popovertarget: id }, icon('desktop-download'));
    this.menu = html('div', { class: 'menu', role: 'menu', id, popover: 'auto' });
    for (const format of savable.parts ? (['svg', 'png', 'csv'] as const) : (['csv'] as const)) {
      const item = html('button', { class: 'menu-item', type: 'button', role: 'menuitem', tabindex: -1, 'data-format': format });
      item.addEventListener('click', () => {
        this.menu.hidePopover();
        this.button.focus();
        void this.save(format);
      });
      this.items.set(format, item);
      this.menu.append(item);
    }
    this.menu.addEventListener('toggle', () => {
      if (!this.menu.matches(':popover-open')) return;
      const box = this.button.getBoundingClientRect();
      this.menu.style.top = `${box.bottom + 2}px`;
      this.menu.style.left = `${Math.max(4, Math.min(box.left, innerWidth - this.menu.offsetWidth - 4))}px`;
      this.menu.querySelector('button')?.focus();
    });
    this.menu.addEventListener('keydown', (event) => this.pressed(event));
    // A plot under the button must not take its clicks for its own.
    for (const kind of ['pointerdown', 'pointerup', 'dblclick', 'keydown'] as const) {
      this.element.addEventListener(kind, (event) => event.stopPropagation());
    }
    this.element.append(this.button, this.menu);
  }

  /** @param what the plot's title */
  update(words: Words, what: string): void {
    if (words === this.words && what === this.what) return;
    this.words = words;
    this.what = what;
    const label = words.text('save.plot', { what });
    setAttributes(this.button, { title: label, 'aria-label': label });
    setAttributes(this.menu, { 'aria-label': label });
    for (const [format, item] of this.items) setText(item, words.text(`save.${format}`));
  }

  private async save(format: PlotFormat): Promise<void> {
    try {
      this.door.save({ name: `${this.door.runName()} ${this.savable.name()}.${format}`, format, data: await this.bytes(format) });
    } catch (reason) {
      this.door.failed(reason);
    }
  }

  private async bytes(format: PlotFormat): Promise<Uint8Array> {
    const { parts, raster, csv } = this.savable;
    if (format === 'csv' || !parts) return new TextEncoder().encode(csv());
    const drawing = drawingOf(parts(), raster ?? ((canvas) => canvas.toDataURL('image/png')));
    return format === 'svg' ? new TextEncoder().encode(drawing.text) : pngOf(drawing);
  }

  private pressed(event: KeyboardEvent): void {
    const items = [...this.items.values()];
    const at = items.findIndex((item) => item.matches(':focus'));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    items[(to + items.length) % items.length]?.focus();
  }
}
