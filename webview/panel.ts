// What lies under the cursor, in numbers, and the pinned steps: the corner where the two axes meet.
// The readout for a screen reader is apart from it, so that a run that grows by itself stays silent.

import { ALERT_ICONS, toneOf } from './alerts';
import { formatMeasured } from './axes';
import { html, icon, Memo, setAttributes, setText } from './dom';
import { LAYER_NAMES, PIN_NAMES } from './heatmap/flags';
import { keyLine } from './profile';
import { rowTitle } from './rows';
import { type Intents, profileValues, titleWithUnit, type View } from './view';

/** Alerts in the panel; a run that goes on repeats itself. */
const ALERTS_SHOWN = 3;

/** Values at the cursor for every recorded part of the statistic, as words. */
export function partValues({ statistic, profile, cursor, extent, words }: View): string[] {
  return (statistic?.parts ?? []).map((_, index) => {
    const value = profile && cursor ? profileValues(profile, index, extent)(cursor.row) : undefined;
    return value === undefined ? words.text(profile ? 'value.notRecorded' : 'value.unknown') : formatMeasured(value);
  });
}

/** The cursor as one sentence. */
export function readout(view: View): string {
  const { words, cursor, statistic, extent } = view;
  if (!cursor || !statistic) return words.text('cursor.none');
  const [value = '', attention, feedForward] = partValues(view);
  const args = { step: cursor.step, row: rowTitle(extent.layout?.rows, cursor.row, words), statistic: statistic.title, value };
  const split = attention !== undefined && feedForward !== undefined;
  return split ? words.text('cursor.readoutParts', { ...args, attention, feedForward }) : words.text('cursor.readout', args);
}

export class Panel {
  readonly element = html('aside', { class: 'panel', 'data-testid': 'panel' });
  readonly announcer = html('div', { class: 'unseen', role: 'status', 'aria-live': 'polite', 'data-testid': 'readout' });
  private readonly heading = html('h2');
  private readonly place = html('p', { class: 'place number', 'data-testid': 'place' });
  private readonly statistic = html('p', { class: 'caption' });
  private readonly values = html('dl', { class: 'values' });
  private readonly pinButton = html('button', { class: 'button', type: 'button', 'data-testid': 'pin' });
  private readonly layerButton = html('button', { class: 'button', type: 'button', 'data-testid': 'pin-layer' });
  private readonly followButton = html('button', { class: 'button', type: 'button', 'data-testid': 'follow' });
  private readonly live = html('p', { class: 'live' });
  private readonly pins = html('ul', { class: 'pins' });
  private readonly alerts = html('ul', { class: 'alerts', 'data-testid': 'alerts' });
  private readonly memo = new Memo();
  private readonly alertMemo = new Memo();
  private readonly pinMemo = new Memo();
  private view: View | undefined;
  private announced: ReturnType<typeof setTimeout> | undefined;
  private due = false;
  private allAlerts = false;
  /** Since the last frame: what is drawn is not yet where the cursor is. */
  private moved = false;

  constructor(private readonly intents: Intents) {
    this.pinButton.addEventListener('click', () => {
      if (this.view?.cursor) intents.pin(this.view.cursor.step);
    });
    this.layerButton.addEventListener('click', () => {
      if (this.view?.cursor) intents.pinLayer(this.view.cursor.row);
    });
    this.followButton.addEventListener('click', () => {
      if (this.view?.cursor) intents.moveTo({ row: this.view.cursor.row, column: undefined }, true);
    });
    const buttons = html('div', { class: 'buttons' }, this.pinButton, this.layerButton, this.followButton);
    this.element.append(this.heading, this.place, html('div', {}, this.statistic, this.values), this.live, buttons, this.pins, this.alerts);
  }

  /** Reads the cursor out, once it rests: a held key does not queue a sentence per step. */
  announce(): void {
    this.moved = true;
    clearTimeout(this.announced);
    this.announced = setTimeout(() => {
      this.due = true;
      if (this.view) this.speak(this.view);
    }, 250);
  }

  /** Says what is due, as soon as the values are there. */
  private speak(view: View): void {
    if (!this.due || this.moved || (view.cursor && !view.profile)) return;
    this.due = false;
    setText(this.announcer, readout(view));
  }

  update(view: View): void {
    this.view = view;
    this.moved = false;
    this.speak(view);
    const { words, cursor, statistic, profile, extent, pins, status } = view;
    if (this.memo.changed(words, cursor, statistic, profile, extent.layout, status.state)) this.fill(view);
    if (this.alertMemo.changed(words, view.alerts, extent.layout)) this.list(view);
    if (this.pinMemo.changed(words, pins, view.selection.layers, extent.layout)) this.listPins(view);
  }

  private listPins({ words, pins, selection, extent }: View): void {
    const item = (line: string, name: string, title: string, label: string, unpin: () => void): HTMLElement => {
      const remove = html('button', { class: 'tool', type: 'button', title: label, 'aria-label': label }, icon('close'));
      remove.addEventListener('click', unpin);
      return html('li', {}, keyLine(line), html('strong', {}, name), html('span', { class: 'number' }, title), remove);
    };
    this.pins.replaceChildren(
      ...pins.map(({ step }, index) =>
        item(
          `pin-line pin-${index}`,
          PIN_NAMES[index] ?? '',
          words.text('cursor.step', { step }),
          words.text('cursor.unpin', { step }),
          () => this.intents.unpin(step),
        ),
      ),
      ...selection.layers.map((row, index) => {
        const title = rowTitle(extent.layout?.rows, row, words);
        const label = words.text('cursor.unpinLayer', { row: title });
        return item(`layer-curve pin-${index}`, LAYER_NAMES[index] ?? '', title, label, () => this.intents.unpinLayer(row));
      }),
    );
    setAttributes(this.pins, { 'aria-label': words.text('cursor.pins'), hidden: pins.length + selection.layers.length === 0 });
  }

  /** The newest alerts; each takes the cursor where it happened. */
  private list({ words, alerts, extent }: View): void {
    setAttributes(this.alerts, { hidden: alerts.length === 0, 'aria-label': words.text('cursor.alerts') });
    this.alerts.replaceChildren(
      ...alerts.slice(0, this.allAlerts ? alerts.length : ALERTS_SHOWN).map(({ kind, step, text, place, part }) => {
        const title = words.text('cursor.alert', { step });
        const button = html('button', { class: `alert ${toneOf(kind)}`, type: 'button', title }, icon(ALERT_ICONS[kind]));
        button.append(html('span', {}, text));
        const row = extent.layout?.rows.indexOf(place ?? '') ?? -1;
        button.addEventListener('click', () => this.intents.goTo(step, row, part));
        return html('li', {}, button);
      }),
    );
    if (alerts.length <= ALERTS_SHOWN) return;
    const more = words.text(this.allAlerts ? 'cursor.alertsFewer' : 'cursor.alertsAll', { count: alerts.length });
    const button = html('button', { class: 'button', type: 'button', 'aria-expanded': String(this.allAlerts) }, more);
    button.addEventListener('click', () => {
      this.allAlerts = !this.allAlerts;
      if (this.view) this.list(this.view);
      this.alerts.querySelector<HTMLElement>('[aria-expanded]')?.focus();
    });
    this.alerts.append(html('li', {}, button));
  }

  private fill(view: View): void {
    const { words, cursor, statistic, extent, status } = view;
    setText(this.heading, words.text('cursor.title'));
    const row = cursor ? rowTitle(extent.layout?.rows, cursor.row, words) : '';
    setText(this.place, cursor ? `${words.text('cursor.step', { step: cursor.step })} · ${row}` : words.text('cursor.none'));
    setText(this.statistic, statistic ? titleWithUnit(statistic.title, statistic.unit) : '');
    const parts = statistic?.parts ?? [];
    const values = partValues(view);
    while (this.values.childElementCount > parts.length) this.values.lastElementChild?.remove();
    while (this.values.childElementCount < parts.length) this.values.append(html('div', {}, html('dt'), html('dd', { class: 'number' })));
    parts.forEach((part, index) => {
      const item = this.values.children[index];
      const [name, value] = item?.children ?? [];
      if (!item || !name || !value) return;
      if (item.getAttribute('data-part') !== part) {
        setAttributes(item, { 'data-part': part });
        name.replaceChildren(keyLine(`line-${part}`), html('span'));
      }
      if (name.lastElementChild) setText(name.lastElementChild, parts.length > 1 ? words.text(`part.${part}`) : '');
      setText(value, values[index] ?? '');
    });
    const growing = status.state === 'running' || status.state === 'paused' || status.state === 'starting';
    setText(this.live, cursor?.live && growing ? words.text('cursor.live') : '');
    setText(this.pinButton, words.text('cursor.pin'));
    setText(this.layerButton, words.text('cursor.pinLayer'));
    setText(this.followButton, words.text('cursor.follow'));
    setAttributes(this.pinButton, { hidden: !cursor });
    setAttributes(this.layerButton, { hidden: !cursor });
    setAttributes(this.followButton, { hidden: !cursor || cursor.live || !growing });
  }
}
