// What the depth view shows and how: statistic, part of the layer, scale, colour range. Every choice
// but the statistic is drawn anew from what is already here.

import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { VscodeSingleSelect } from '@vscode-elements/elements/dist/vscode-single-select/vscode-single-select.js';
import { Choices } from './choices';
import { html, icon, Memo, setAttributes, setText } from './dom';
import { DRAGS } from './selection';
import { PARTS } from './statistics';
import type { Intents, View } from './view';

const RANGES = ['all', 'robust', 'recent'] as const;
const TRANSFORMS = ['log', 'linear'] as const;
const EXTREMES = ['maximum', 'minimum'] as const;

export class Toolbar {
  readonly element = html('div', { class: 'toolbar', role: 'toolbar' });
  private readonly caption = html('span', { class: 'caption', 'aria-hidden': 'true' });
  private readonly select: VscodeSingleSelect = document.createElement('vscode-single-select');
  private readonly part;
  private readonly transform;
  private readonly range;
  private readonly extreme;
  private readonly drag;
  private readonly table = html('button', { class: 'tool', type: 'button', 'data-testid': 'table' }, icon('table'));
  private readonly reset = html('button', { class: 'tool', type: 'button', 'data-testid': 'reset-zoom' }, icon('screen-full'));
  private readonly memo = new Memo();
  private readonly listMemo = new Memo();
  private view: View | undefined;

  constructor(intents: Intents) {
    this.part = new Choices('part', PARTS, (part) => intents.select({ part }));
    this.transform = new Choices('transform', TRANSFORMS, (transform) => {
      const { statistic, selection } = this.view ?? {};
      if (statistic) intents.select({ transforms: { ...selection?.transforms, [statistic.name]: transform } });
    });
    this.range = new Choices('range', RANGES, (range) => intents.select({ range }));
    this.extreme = new Choices('extreme', EXTREMES, (extreme) => intents.select({ extreme }));
    this.drag = new Choices('drag', DRAGS, (drag) => intents.select({ drag }));
    this.select.id = 'statistic';
    this.select.addEventListener('change', () => intents.select({ statistic: this.select.value }));
    this.table.addEventListener('click', () => intents.select({ table: !this.view?.selection.table }));
    this.reset.addEventListener('click', () => intents.select({ zoom: undefined }));
    const statistic = html('div', { class: 'field' }, this.caption, this.select);
    const tools = html('div', { class: 'tools' }, this.reset, this.table);
    this.element.append(statistic, this.part.element, this.transform.element, this.range.element, this.extreme.element);
    this.element.append(this.drag.element, tools);
  }

  update(view: View): void {
    this.view = view;
    const { words, selection, statistics, statistic, scale, picture } = view;
    const grid = picture?.grid;
    const columns = grid?.stride ?? 1;
    const rows = grid ? Math.ceil((grid.rows.to - grid.rows.from) / grid.height) : 1;
    const merged = columns > 1 || rows > 1;
    if (!this.memo.changed(words, selection, statistics, statistic, scale.transform, columns, rows)) return;
    setAttributes(this.element, { 'aria-label': words.text('toolbar.label'), hidden: statistic === undefined });
    if (!statistic) return;
    setText(this.caption, words.text('toolbar.statistic'));
    if (this.listMemo.changed(statistics)) {
      this.select.options = statistics.map(({ name, title, about }) => ({ value: name, label: title, description: about }));
    }
    this.select.label = words.text('toolbar.statistic');
    this.select.value = statistic.name;
    const part = statistic.parts.includes(selection.part) ? selection.part : 'layer';
    this.part.update(words.text('toolbar.part'), part, statistic.parts, (choice) => ({ text: words.text(`part.${choice}`) }));
    this.transform.update(words.text('toolbar.transform'), scale.transform, TRANSFORMS, (choice) => ({
      text: words.text(`transform.${choice}`),
    }));
    this.range.update(words.text('toolbar.range'), selection.range, RANGES, (choice) => ({
      text: words.text(`range.${choice}`),
      title: words.text(`range.${choice}Detail`),
    }));
    this.extreme.update(words.text('toolbar.extreme'), selection.extreme, EXTREMES, (choice) => ({
      text: words.text(`extreme.${choice}`),
    }));
    this.drag.update(words.text('toolbar.drag'), selection.drag, DRAGS, (choice) => ({
      text: words.text(`drag.${choice}`),
      title: words.text(`drag.${choice}Detail`),
    }));
    setAttributes(this.extreme.element, { hidden: !merged, title: words.text('plot.merged', { columns, rows }) });
    const table = words.text('toolbar.table');
    setAttributes(this.table, { title: table, 'aria-label': table, 'aria-pressed': String(selection.table) });
    const whole = words.text('toolbar.resetZoom');
    setAttributes(this.reset, { title: whole, 'aria-label': whole, hidden: selection.zoom === undefined });
  }
}
