// Fields of the two tabs that ask checkpoints: labelled inputs, a button that starts and one that ends,
// and the reason where nothing can be started.

import type { ExperimentConfig } from '../../src/experiment/config';
import type { Job } from '../../src/protocol/messages';
import { formatCount } from '../axes';
import { html, icon, setAttributes, setText } from '../dom';
import type { Words } from '../words';
import type { Asked } from './asking';

/** An input under its name. */
export function field(id: string, control: HTMLElement): { readonly element: HTMLElement; readonly caption: HTMLElement } {
  control.id = id;
  const caption = html('label', { class: 'caption', for: id });
  return { element: html('div', { class: 'field' }, caption, control), caption };
}

/** A number's input. Out of bounds, the browser says so when the form is sent. */
export function numberInput(min: number, max: number, step: number | 'any'): HTMLInputElement {
  return html('input', { type: 'number', class: 'input number', min, max, step });
}

/** Fills a list of choices, keeping what was chosen where it is still there. */
export function fillChoices(select: HTMLSelectElement, choices: readonly { readonly value: string; readonly text: string }[]): void {
  const key = choices.map(({ value, text }) => `${value} ${text}`).join('\n');
  if (select.dataset.choices === key) return;
  const { value } = select;
  select.dataset.choices = key;
  select.replaceChildren(...choices.map((choice) => html('option', { value: choice.value }, choice.text)));
  if (choices.some((choice) => choice.value === value)) select.value = value;
}

/** Checkpoints to choose from, newest first. */
export function checkpointChoices({ outcomes }: Asked, words: Words): { readonly value: string; readonly text: string }[] {
  return [...(outcomes?.checkpoints ?? [])].reverse().map((step, index) => ({
    value: String(step),
    text: `${words.text('cursor.step', { step: formatCount(step) })}${index === 0 ? ` · ${words.text('asking.newest')}` : ''}`,
  }));
}

/** Why nothing can be asked of the run; undefined where something can. */
export function obstacle({ trusted, outcomes }: Asked, config: ExperimentConfig | undefined, words: Words): string | undefined {
  if (trusted === false) return words.text('asking.untrusted');
  if (config === undefined) return words.text('asking.noConfiguration');
  if (outcomes?.checkpoints.length === 0) return words.text('asking.noCheckpoint');
  return trusted === undefined || outcomes === undefined ? '' : undefined;
}

/** A form's last line: start, or how far it is and end, and what stands in the way. */
export class Doing {
  readonly element = html('div', { class: 'doing' });
  private readonly start = html('button', { class: 'button primary', type: 'submit' });
  private readonly end = html('button', { class: 'button', type: 'button', hidden: true });
  private readonly bar = html('progress', { class: 'bar', hidden: true });
  private readonly state = html('span', { class: 'caption', role: 'status', 'aria-live': 'polite' });
  private readonly trouble = html('p', { class: 'trouble', role: 'alert', hidden: true });
  private readonly reason = html('p', { class: 'reason', hidden: true });

  constructor(end: () => void) {
    this.end.addEventListener('click', end);
    this.element.append(this.start, this.end, this.bar, this.state, this.reason, this.trouble);
  }

  update(
    words: Words,
    names: { readonly start: string; readonly running: string; readonly ended: string },
    job: Job | undefined,
    reason: string | undefined,
  ): void {
    const running = job?.running === true;
    const focused = document.activeElement === this.start || document.activeElement === this.end;
    setText(this.start, names.start);
    setText(this.end, words.text('asking.cancel'));
    setAttributes(this.start, { hidden: running, disabled: reason !== undefined });
    setAttributes(this.end, { hidden: !running });
    // A button that goes takes the focus with it.
    if (focused && document.activeElement === document.body) (running ? this.end : this.start).focus();
    const { done, of } = job ?? {};
    setAttributes(this.bar, { hidden: !running || of === undefined, max: of, value: done, 'aria-label': names.running });
    const counted = done === undefined || of === undefined ? '' : ` ${formatCount(done)} / ${formatCount(of)}`;
    setText(this.state, running ? names.running : job && job.error === undefined ? names.ended : '');
    setAttributes(this.state, { 'data-count': counted });
    setText(this.reason, reason ?? '');
    setAttributes(this.reason, { hidden: reason === undefined || reason === '' });
    const error = running ? undefined : job?.error;
    if (this.trouble.textContent !== (error ?? '')) this.trouble.replaceChildren(...(error === undefined ? [] : [icon('error'), error]));
    setAttributes(this.trouble, { hidden: error === undefined });
  }
}
