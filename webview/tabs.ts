// The dashboard's tabs: one page at a time under a row of names, moved along by arrow keys as the
// ARIA pattern for tabs asks.

import { html, Memo, setAttributes, setText } from './dom';
import { TABS, type Tab } from './selection';
import type { Words } from './words';

export class Tabs {
  readonly element = html('div', { class: 'tabs', role: 'tablist' });
  readonly panels: Readonly<Record<Tab, HTMLElement>>;
  private readonly buttons = new Map<
    Tab,
    { readonly button: HTMLButtonElement; readonly name: HTMLElement; readonly badge: HTMLElement }
  >();
  private readonly memo = new Memo();

  constructor(private readonly choose: (tab: Tab) => void) {
    const panel = (tab: Tab): HTMLElement =>
      html('div', { class: `tab-panel tab-${tab}`, role: 'tabpanel', id: `panel-${tab}`, 'aria-labelledby': `tab-${tab}`, hidden: true });
    this.panels = Object.fromEntries(TABS.map((tab) => [tab, panel(tab)])) as Readonly<Record<Tab, HTMLElement>>;
    for (const tab of TABS) {
      const controls = `panel-${tab}`;
      const name = html('span');
      const badge = html('span', { class: 'badge number', hidden: true });
      const button = html(
        'button',
        { class: 'tab', type: 'button', role: 'tab', id: `tab-${tab}`, 'aria-controls': controls },
        name,
        ' ',
        badge,
      );
      button.addEventListener('click', () => choose(tab));
      this.buttons.set(tab, { button, name, badge });
      this.element.append(button);
    }
    this.element.addEventListener('keydown', (event) => this.pressed(event));
  }

  /** @param counts how much there is to see in a tab; 0 shows none */
  update(words: Words, chosen: Tab, counts: Readonly<Partial<Record<Tab, number>>>): void {
    if (!this.memo.changed(words, chosen, ...TABS.map((tab) => counts[tab]))) return;
    setAttributes(this.element, { 'aria-label': words.text('tab.label') });
    for (const [tab, { button, name, badge }] of this.buttons) {
      const count = counts[tab] ?? 0;
      setText(name, words.text(`tab.${tab}`));
      setText(badge, String(count));
      setAttributes(badge, { hidden: count === 0 });
      setAttributes(button, { 'aria-selected': String(tab === chosen), tabindex: tab === chosen ? 0 : -1 });
      setAttributes(this.panels[tab], { hidden: tab !== chosen });
    }
  }

  private pressed(event: KeyboardEvent): void {
    const at = TABS.findIndex((tab) => this.buttons.get(tab)?.button === document.activeElement);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: TABS.length - 1 }[event.key];
    const tab = to === undefined || at < 0 ? undefined : TABS[(to + TABS.length) % TABS.length];
    if (tab === undefined) return;
    event.preventDefault();
    this.choose(tab);
    this.buttons.get(tab)?.button.focus();
  }
}
