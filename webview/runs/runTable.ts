// The table of compared runs: a row a run, sortable by every column, with what differs between the
// configurations at its end and a button that takes a run away.

import { html, icon, Memo, setAttributes, setText } from '../dom';
import { keyLine } from '../profile';
import type { CompareChoices } from '../selection';
import type { Words } from '../words';
import { toneClass } from './lines';
import { columnsOf, sorted, type TableColumn } from './measures';
import type { ShownRun } from './runSet';

const NAME = 'name';

export class RunTable {
  readonly element = html('div', { class: 'run-table', tabindex: 0, role: 'region', 'data-testid': 'run-table' });
  /** What it shows, in the order in which runs came. */
  columns: readonly TableColumn[] = [];
  private readonly memo = new Memo();
  private readonly table = html('table');

  constructor(
    private readonly select: (choices: Partial<CompareChoices>) => void,
    private readonly dismiss: (run: number) => void,
  ) {
    this.element.append(this.table);
  }

  update(words: Words, choices: CompareChoices, runs: readonly ShownRun[]): void {
    if (!this.memo.changed(words, choices, runs)) return;
    setAttributes(this.element, { 'aria-label': words.text('compare.table') });
    const names: TableColumn = {
      id: NAME,
      title: words.text('compare.run'),
      detail: '',
      kind: 'measure',
      cells: runs.map(({ name }) => ({ value: name, text: name })),
    };
    const columns = [names, ...columnsOf(runs, words)];
    this.columns = columns;
    const by = columns.find(({ id }) => id === choices.sort);
    const order = by ? sorted(by.cells, choices.descending) : runs.map((_, index) => index);
    const focused = document.activeElement?.getAttribute('data-column');
    this.table.replaceChildren(this.head(words, columns, choices), this.body(words, columns, runs, order));
    if (focused) this.table.querySelector<HTMLElement>(`[data-column="${CSS.escape(focused)}"]`)?.focus();
  }

  private head(words: Words, columns: readonly TableColumn[], { sort, descending }: CompareChoices): HTMLElement {
    const measures = columns.filter(({ kind }) => kind === 'measure').length;
    const groups = html('tr', { class: 'groups' }, html('td', { colspan: measures + 1 }));
    if (columns.length > measures) {
      groups.append(html('th', { scope: 'colgroup', colspan: columns.length - measures }, words.text('compare.differs')));
    }
    const row = html('tr');
    columns.forEach(({ id, title, detail, kind, cells }, index) => {
      const direction = id === sort ? (descending ? 'descending' : 'ascending') : 'none';
      const button = html('button', { class: 'sort', type: 'button', 'data-column': id, title: detail || undefined }, title);
      if (id === sort) button.append(icon(descending ? 'arrow-down' : 'arrow-up'));
      button.addEventListener('click', () => this.select({ sort: id, descending: id === sort && !descending }));
      const number = cells.some(({ value }) => isNumber(id, value)) ? ' number' : '';
      const first = index === measures ? ' first' : '';
      row.append(html('th', { scope: 'col', 'aria-sort': direction, class: `${kind}${number}${first}` }, button));
      // The buttons that take a run away have a column of their own beside its name.
      if (index === 0) row.append(html('td'));
    });
    return html('thead', {}, ...(columns.length > measures ? [groups] : []), row);
  }

  private body(words: Words, columns: readonly TableColumn[], runs: readonly ShownRun[], order: readonly number[]): HTMLElement {
    const measures = columns.filter(({ kind }) => kind === 'measure').length;
    const rows = order.flatMap((at) => {
      const run = runs[at];
      if (!run) return [];
      const row = html('tr', { 'data-run': run.name });
      columns.forEach(({ id, kind, cells }, index) => {
        const cell = cells[at];
        if (id === NAME) row.append(html('th', { scope: 'row' }, keyLine(toneClass(run.tone)), run.name), this.away(words, run));
        else {
          const number = isNumber(id, cell?.value) ? ' number' : '';
          const item = html('td', { class: `${kind}${number}${index === measures ? ' first' : ''}` });
          setText(item, cell?.text ?? '');
          row.append(item);
        }
      });
      return [row];
    });
    return html('tbody', {}, ...rows);
  }

  private away(words: Words, { run, name }: ShownRun): HTMLElement {
    if (run === undefined) return html('td');
    const label = words.text('compare.dismiss', { name });
    const button = html('button', { class: 'tool', type: 'button', title: label, 'aria-label': label }, icon('close'));
    button.addEventListener('click', () => this.dismiss(run));
    return html('td', {}, button);
  }
}

/** Whether a cell stands at its column's right end; a divergence is a number to sort by, and words to read. */
function isNumber(column: string, value: unknown): boolean {
  return typeof value === 'number' && column !== 'diverged';
}
