// The same numbers as a table: for who cannot see the plots, and for who wants to copy them.

import { formatMeasured } from './axes';
import { valueAt } from './curves';
import { html, Memo, setAttributes } from './dom';
import { rowTitle } from './rows';
import { profileValues, type View } from './view';

export class Table {
  readonly element = html('div', { class: 'tables', tabindex: 0, role: 'region', 'data-testid': 'tables' });
  private readonly memo = new Memo();

  update(view: View): void {
    const { words, selection, statistic, profile, cursor, extent, curves } = view;
    setAttributes(this.element, { hidden: !selection.table, 'aria-label': words.text('toolbar.table') });
    if (!selection.table || !statistic || !cursor) return;
    const scalars = extent.scalars.map((tag) => curves.get(tag));
    if (!this.memo.changed(words, statistic, profile, cursor.step, extent.layout, ...scalars)) return;
    this.element.replaceChildren(this.scalars(view), this.layers(view));
  }

  private scalars({ words, cursor, extent, curves }: View): HTMLElement {
    const step = cursor?.step ?? 0;
    const rows = extent.scalars.flatMap((tag) => {
      const value = valueAt(curves.get(tag), step);
      if (value === undefined) return [];
      return [html('tr', {}, html('th', { scope: 'row' }, tag), html('td', { class: 'number' }, value))];
    });
    const heads = [words.text('table.name'), words.text('table.value')];
    return table(words.text('table.scalars', { step }), heads, rows);
  }

  private layers({ words, statistic, profile, extent, cursor }: View): HTMLElement {
    const parts = statistic?.parts ?? [];
    const values = parts.map((_, index) => (profile ? profileValues(profile, index, extent) : undefined));
    const names = extent.layout?.rows ?? [];
    const rows = names.map((_, row) =>
      html(
        'tr',
        {},
        html('th', { scope: 'row' }, rowTitle(names, row, words)),
        ...values.map((inRow) => {
          const value = inRow?.(row);
          return html('td', { class: 'number' }, value === undefined ? words.text('value.notRecorded') : formatMeasured(value));
        }),
      ),
    );
    const heads = [words.text('table.layer'), ...parts.map((part) => words.text(`part.${part}`))];
    const step = profile?.step ?? cursor?.step ?? 0;
    return table(words.text('table.caption', { statistic: statistic?.title ?? '', step }), heads, rows);
  }
}

/** A table of a caption, heads of columns, and rows. The head of a column of numbers stands over their ends. */
export function table(caption: string, heads: readonly string[], rows: readonly HTMLElement[]): HTMLElement {
  const numbers = (column: number) => rows.some((row) => row.children[column]?.classList.contains('number'));
  const columns = heads.map((text, column) => html('th', { scope: 'col', class: numbers(column) ? 'number' : undefined }, text));
  const head = html('tr', {}, ...columns);
  return html('table', {}, html('caption', {}, caption), html('thead', {}, head), html('tbody', {}, ...rows));
}
