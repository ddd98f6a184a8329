// The numbers of all charts of a tab as one table: for who cannot see lines, and for who wants to copy them.

import { formatMeasured, formatValue } from '../axes';
import { valueAtPoint } from '../curves';
import { html, Memo, setAttributes } from '../dom';
import { extremesOf } from '../extremes';
import { table } from '../table';
import type { Words } from '../words';
import type { ChartContent } from './chart';
import { type ChartLine, indexAt } from './lines';

export class ChartTable {
  readonly element = html('div', { class: 'tables', tabindex: 0, role: 'region', 'data-testid': 'curve-table', hidden: true });
  private readonly memo = new Memo();

  /** @param place of the cursor on the x axis; undefined for the newest values */
  update(words: Words, visible: boolean, charts: readonly ChartContent[], place: number | undefined): void {
    setAttributes(this.element, { hidden: !visible, 'aria-label': words.text('toolbar.table') });
    if (!visible || !this.memo.changed(words, charts, place)) return;
    const along = charts[0]?.acrossTitle ?? '';
    const caption = place === undefined ? words.text('curves.newest') : words.text('curves.at', { along, place: formatValue(place) });
    const heads = ['curves.quantity', 'curves.line', 'table.value', 'curves.smoothed', 'curves.least', 'curves.most'];
    const rows = charts.flatMap(({ title, lines }) => lines.map((line) => rowOf(title, line, place)));
    this.element.replaceChildren(
      table(
        caption,
        heads.map((head) => words.text(head)),
        rows,
      ),
    );
  }
}

function rowOf(title: string, { name, curve, x }: ChartLine, place: number | undefined): HTMLElement {
  const index = place === undefined ? curve.steps.length - 1 : indexAt(x, place);
  const smooth = curve.smoothed?.[index];
  const { low, high } = extremesOf(curve).raw;
  const [least, most] = low <= high ? [formatMeasured(low), formatMeasured(high)] : [];
  const cells = [valueAtPoint(curve, index), smooth === undefined ? undefined : formatMeasured(smooth), least, most];
  return html(
    'tr',
    {},
    html('th', { scope: 'row' }, title),
    html('td', {}, name),
    ...cells.map((value) => html('td', { class: 'number' }, value ?? '')),
  );
}
