// The Alerts tab: everything that happened in a run, newest first, by kind; each line leads to its
// layer and step in the depth view.

import { ALERT_ICONS, ALERT_KINDS, type Alert, type AlertKind, isTrouble, SEVERITY, toneOf } from './alerts';
import { html, icon, Memo, setAttributes, setText } from './dom';
import { rowTitle } from './rows';
import type { Intents, View } from './view';
import type { Words } from './words';

/** Lines that are shown at once: a run that goes on repeats itself. */
const PAGE = 300;

export class AlertsTab {
  private readonly none = html('div', { class: 'alone' }, icon('pass'));
  private readonly noneTitle = html('strong');
  private readonly noneText = html('p');
  private readonly filter = html('fieldset', { class: 'kinds' });
  private readonly legend = html('legend', { class: 'caption' });
  private readonly kinds = new Map<AlertKind, { readonly button: HTMLButtonElement; readonly text: HTMLElement }>();
  private readonly list = html('div', { class: 'listing', role: 'region', tabindex: 0, 'data-testid': 'alert-list' });
  private readonly more = html('button', { class: 'button', type: 'button' });
  private readonly announcer = html('div', { class: 'unseen', role: 'status', 'aria-live': 'polite', 'data-testid': 'alert-news' });
  private readonly memo = new Memo();
  private readonly newsMemo = new Memo();
  private view: View | undefined;
  private shown = PAGE;
  private told: number | undefined;

  /** @param elements the panel to fill, and where news are spoken whichever tab is shown */
  constructor(
    element: HTMLElement,
    root: HTMLElement,
    private readonly intents: Pick<Intents, 'select' | 'goTo'>,
  ) {
    this.none.append(this.noneTitle, this.noneText);
    this.filter.append(this.legend);
    for (const kind of ALERT_KINDS) {
      const text = html('span');
      const button = html(
        'button',
        { class: `kind-filter ${toneOf(kind)}`, type: 'button', 'data-kind': kind },
        icon(ALERT_ICONS[kind]),
        text,
      );
      button.addEventListener('click', () => this.toggle(kind));
      this.kinds.set(kind, { button, text });
      this.filter.append(button);
    }
    this.more.addEventListener('click', () => {
      this.shown += PAGE;
      if (this.view) this.fill(this.view);
    });
    this.list.addEventListener('keydown', (event) => this.pressed(event));
    element.append(this.none, this.filter, this.list, this.more);
    root.append(this.announcer);
  }

  /** Says what came, whichever tab is shown; fills the list only where it is. */
  update(view: View): void {
    this.view = view;
    const { words, alerts, extent, selection } = view;
    if (this.newsMemo.changed(alerts)) this.tell(view);
    if (selection.tab !== 'alerts') return;
    if (this.memo.changed(words, alerts, extent.layout, selection.hiddenAlerts)) this.fill(view);
  }

  /** Only what came while the page was open is news. */
  private tell({ alerts }: View): void {
    const troubles = alerts.filter(isTrouble);
    const [newest] = troubles;
    if (newest && this.told !== undefined && troubles.length > this.told) {
      setText(this.announcer, newest.text);
    }
    this.told = troubles.length;
  }

  private toggle(kind: AlertKind): void {
    const hidden = this.view?.selection.hiddenAlerts ?? [];
    this.intents.select({ hiddenAlerts: hidden.includes(kind) ? hidden.filter((other) => other !== kind) : [...hidden, kind] });
  }

  private fill(view: View): void {
    const { words, alerts, selection } = view;
    setText(this.noneTitle, words.text('alerts.none'));
    setText(this.noneText, words.text('alerts.noneDetail'));
    setText(this.legend, words.text('alerts.kinds'));
    setAttributes(this.list, { 'aria-label': words.text('tab.alerts') });
    for (const [kind, { button, text }] of this.kinds) {
      const count = alerts.filter((alert) => alert.kind === kind).length;
      setText(text, `${words.text(`alerts.${kind}`)} (${count})`);
      setAttributes(button, { 'aria-pressed': String(!selection.hiddenAlerts.includes(kind)), hidden: count === 0 });
    }
    const seen = alerts.filter(({ kind }) => !selection.hiddenAlerts.includes(kind));
    setAttributes(this.none, { hidden: alerts.length > 0 });
    setAttributes(this.filter, { hidden: alerts.length === 0 });
    setAttributes(this.list, { hidden: alerts.length === 0 });
    setAttributes(this.more, { hidden: seen.length <= this.shown });
    setText(this.more, words.text('alerts.more', { count: seen.length - this.shown }));
    const focused = document.activeElement?.getAttribute('data-alert');
    this.list.replaceChildren(this.table(view, seen));
    if (focused) this.list.querySelector<HTMLElement>(`[data-alert="${CSS.escape(focused)}"]`)?.focus();
  }

  private table(view: View, seen: readonly Alert[]): HTMLElement {
    const { words } = view;
    const heads = ['severity', 'step', 'layer', 'part', 'what'].map((head) => html('th', { scope: 'col' }, words.text(`alerts.${head}`)));
    const body = html('tbody', {}, ...seen.slice(0, this.shown).map((alert, index) => this.row(view, alert, seen.length - index)));
    if (seen.length === 0) body.append(html('tr', {}, html('td', { colspan: heads.length }, words.text('alerts.filtered'))));
    return html('table', {}, html('thead', {}, html('tr', {}, ...heads)), body);
  }

  /** @param number counts from the oldest: the same line keeps it when newer ones come */
  private row({ words, extent }: View, { kind, step, text, place, part }: Alert, number: number): HTMLElement {
    const at = extent.layout?.rows.indexOf(place ?? '') ?? -1;
    const title = words.text('cursor.alert', { step });
    const button = html(
      'button',
      { class: 'link', type: 'button', title, 'data-alert': number },
      html('span', { class: 'number' }, String(step)),
    );
    const row = html(
      'tr',
      { class: 'event', 'data-kind': kind },
      html('td', { class: `severity ${toneOf(kind)}` }, icon(ALERT_ICONS[kind]), severity(kind, words)),
      html('td', {}, button),
      html('td', {}, at >= 0 ? rowTitle(extent.layout?.rows, at, words) : (place ?? '')),
      html('td', {}, part ? words.text(`part.${part}`) : ''),
      html('td', { class: 'words' }, text),
    );
    row.addEventListener('click', () => this.intents.goTo(step, at, part));
    return row;
  }

  /** Arrow keys go from line to line. */
  private pressed(event: KeyboardEvent): void {
    const lines = [...this.list.querySelectorAll<HTMLElement>('[data-alert]')];
    const at = lines.findIndex((line) => line.matches(':focus'));
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: lines.length - 1 }[event.key];
    const line = to === undefined ? undefined : lines[Math.max(0, Math.min(lines.length - 1, to))];
    if (!line) return;
    event.preventDefault();
    line.focus();
  }
}

function severity(kind: AlertKind, words: Words): HTMLElement {
  return html('span', {}, words.text(`severity.${SEVERITY[kind]}`));
}
