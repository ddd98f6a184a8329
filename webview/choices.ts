// A few choices side by side, for the toolbars of every tab.

import { html, setAttributes, setText } from './dom';

/** Radio buttons, so that keyboard and screen reader know them. */
export class Choices<Choice extends string> {
  readonly element = html('fieldset', { class: 'choices' });
  private readonly legend = html('legend', { class: 'caption' });
  private readonly inputs = new Map<
    Choice,
    { readonly input: HTMLInputElement; readonly label: HTMLElement; readonly text: HTMLElement }
  >();

  constructor(name: string, choices: readonly Choice[], chosen: (choice: Choice) => void) {
    const row = html('div', { class: 'segments' });
    for (const choice of choices) {
      const input = html('input', { type: 'radio', name, value: choice, id: `${name}-${choice}` });
      const text = html('span');
      const label = html('label', { for: input.id, 'data-testid': input.id }, input, text);
      input.addEventListener('change', () => chosen(choice));
      this.inputs.set(choice, { input, label, text });
      row.append(label);
    }
    this.element.append(this.legend, row);
  }

  update(
    caption: string,
    chosen: Choice,
    possible: readonly Choice[],
    explain: (choice: Choice) => { text: string; title?: string },
  ): void {
    setText(this.legend, caption);
    for (const [choice, { input, label, text }] of this.inputs) {
      const { text: words, title } = explain(choice);
      input.checked = choice === chosen;
      input.disabled = !possible.includes(choice);
      setText(text, words);
      setAttributes(label, { title });
    }
  }
}
