// Playback's two controls, in the corner beside the step axis that they move along.

import { formatValue } from './axes';
import { html, icon, Memo, setAttributes } from './dom';
import { SPEEDS } from './playback';
import type { Intents, View } from './view';

export class Transport {
  readonly element = html('div', { class: 'transport', role: 'group' });
  private readonly sign = icon('play');
  private readonly button = html('button', { class: 'tool', type: 'button', 'data-testid': 'play' }, this.sign);
  private readonly speed = html('select', { class: 'speed', 'data-testid': 'speed' });
  private readonly memo = new Memo();

  constructor(intents: Intents) {
    this.button.addEventListener('click', () => intents.play());
    this.speed.append(...SPEEDS.map((speed) => html('option', { value: speed }, `${formatValue(speed)}×`)));
    this.speed.addEventListener('change', () => intents.select({ speed: Number(this.speed.value) }));
    this.element.append(this.button, this.speed);
  }

  update({ words, playing, selection, extent }: View): void {
    if (!this.memo.changed(words, playing, selection.speed, extent.columns > 1)) return;
    const label = words.text(playing ? 'play.pause' : 'play.play');
    setAttributes(this.element, { 'aria-label': words.text('play.label') });
    setAttributes(this.button, { title: label, 'aria-label': label, disabled: extent.columns < 2 });
    setAttributes(this.sign, { class: `codicon codicon-${playing ? 'debug-pause' : 'play'}` });
    setAttributes(this.speed, { title: words.text('play.speed'), 'aria-label': words.text('play.speed') });
    this.speed.value = String(SPEEDS.find((speed) => speed === selection.speed) ?? 1);
  }
}
