// The Curves tab: every recorded scalar as a chart of its own, smoothed as a person likes, along
// steps, tokens or wall time, with every compared run laid over the panel's own.

import { Choices } from '../choices';
import { html, icon, Memo, setAttributes, setText } from '../dom';
import type { SaveDoor } from '../export/saveMenu';
import { ALONG, type CurveChoices } from '../selection';
import type { Words } from '../words';
import { CHART_HELP } from './chart';
import { ChartGrid } from './chartGrid';
import { ChartTable } from './chartTable';
import type { RunSet } from './runSet';

export class CurvesTab {
  private readonly toolbar = html('div', { class: 'toolbar', role: 'toolbar' });
  private readonly caption = html('label', { class: 'caption', for: 'smoothing' });
  private readonly slider = html('input', { type: 'range', id: 'smoothing', min: 0, max: 0.99, step: 0.01, class: 'slider' });
  private readonly amount = html('output', { class: 'number amount', for: 'smoothing' });
  private readonly along;
  private readonly across;
  private readonly up;
  private readonly reset = html('button', { class: 'button', type: 'button', 'data-testid': 'curves-reset' });
  private readonly asTable = html('button', { class: 'tool', type: 'button', 'data-testid': 'curves-table' }, icon('table'));
  private readonly nothing = html('p', { class: 'formula', hidden: true });
  private readonly help = html('span', { class: 'unseen', id: CHART_HELP });
  private readonly grid: ChartGrid;
  private readonly table = new ChartTable();
  private readonly memo = new Memo();
  private choices: CurveChoices | undefined;

  /**
   * @param element to fill
   * @param redraw asks for another frame
   */
  constructor(element: HTMLElement, select: (choices: CurveChoices) => void, redraw: () => void, door: SaveDoor) {
    const change = (part: Partial<CurveChoices>): void => {
      if (this.choices) select({ ...this.choices, ...part });
    };
    this.grid = new ChartGrid(redraw, door);
    this.along = new Choices('along', ALONG, (along) => change({ along }));
    this.across = new Choices('across', ['linear', 'log'] as const, (across) => change({ across }));
    this.up = new Choices('up', ['auto', 'linear', 'log'] as const, (up) => change({ up }));
    this.slider.addEventListener('input', () => change({ smoothing: Number(this.slider.value) }));
    this.reset.addEventListener('click', () => this.grid.open());
    this.asTable.addEventListener('click', () => change({ table: !this.choices?.table }));
    const tools = html('div', { class: 'tools' }, this.reset, this.asTable);
    const smoothing = html('div', { class: 'field' }, this.caption, html('div', { class: 'sliding' }, this.slider, this.amount));
    this.toolbar.append(smoothing, this.along.element, this.across.element, this.up.element, tools);
    element.append(this.toolbar, this.nothing, this.grid.element, this.table.element, this.grid.announcer, this.help);
  }

  /** What keys do in any chart, of whatever tab. */
  name(words: Words): void {
    setText(this.help, words.text('curves.help'));
  }

  update(words: Words, choices: CurveChoices, set: RunSet): void {
    this.choices = choices;
    this.updateToolbar(words, choices);
    this.grid.update(words, choices, set);
    const { charts, place } = this.grid.shown;
    this.table.update(words, choices.table, charts, place);
    setAttributes(this.reset, { hidden: !this.grid.zoomed });
    setAttributes(this.nothing, { hidden: this.grid.element.childElementCount > 0 });
  }

  /** The charts, as they stand. */
  get pictures(): readonly Element[] {
    return [...this.grid.element.children];
  }

  private updateToolbar(words: Words, choices: CurveChoices): void {
    if (!this.memo.changed(words, choices)) return;
    setAttributes(this.toolbar, { 'aria-label': words.text('tab.curves') });
    setText(this.caption, words.text('curves.smoothing'));
    setAttributes(this.caption, { title: words.text('curves.smoothingDetail') });
    this.slider.value = String(choices.smoothing);
    setText(this.amount, choices.smoothing.toFixed(2));
    this.along.update(words.text('curves.along'), choices.along, ALONG, (along) => ({ text: words.text(`along.${along}`) }));
    this.across.update(words.text('curves.across'), choices.across, ['linear', 'log'], (transform) => ({
      text: words.text(`transform.${transform}`),
    }));
    this.up.update(words.text('curves.up'), choices.up, ['auto', 'linear', 'log'], (transform) => ({
      text: words.text(`transform.${transform}`),
      title: transform === 'auto' ? words.text('transform.autoDetail') : '',
    }));
    setText(this.reset, words.text('curves.reset'));
    const table = words.text('toolbar.table');
    setAttributes(this.asTable, { title: table, 'aria-label': table, 'aria-pressed': String(choices.table) });
    setText(this.nothing, words.text('curve.none'));
  }
}
