// The Samples tab: text that checkpoints wrote, and asking one to write more. What a model writes is
// shown as text, whatever it looks like.

import type { TextSample } from '../../src/experiment/view';
import type { GenerateRequest } from '../../src/protocol/messages';
import { formatValue } from '../axes';
import { html, icon, Memo, setAttributes, setText } from '../dom';
import { SAMPLE_NUMBERS, type SampleChoices } from '../selection';
import type { View } from '../view';
import type { Words } from '../words';
import { type Asked, isKept } from './asking';
import { checkpointChoices, Doing, field, fillChoices, numberInput, obstacle } from './form';

export interface SampleWishes {
  generate(request: GenerateRequest): void;
  end(): void;
  select(choices: SampleChoices): void;
}

export class SamplesTab {
  private readonly form = html('form', { class: 'asking' });
  private readonly prompt = html('textarea', { class: 'input prompt', rows: 3, maxlength: 20_000, required: true });
  private readonly promptField = field('sample-prompt', this.prompt);
  private readonly step = html('select', { class: 'input' });
  private readonly stepField = field('sample-step', this.step);
  private readonly numbers = SAMPLE_NUMBERS.map(({ name, least, most, step }) => {
    const input = numberInput(least, most, step);
    return { name, input, field: field(`sample-${name}`, input) };
  });
  private readonly doing: Doing;
  private readonly none = html('div', { class: 'alone' }, icon('comment'));
  private readonly noneTitle = html('strong');
  private readonly noneText = html('p');
  private readonly writing = html('div', { class: 'samples', 'data-testid': 'writing' });
  private readonly list = html('div', { class: 'samples', 'data-testid': 'samples' });
  private readonly problems = html('p', { class: 'formula' });
  private readonly memo = new Memo();
  private readonly nameMemo = new Memo();

  constructor(
    element: HTMLElement,
    private readonly wishes: SampleWishes,
  ) {
    this.doing = new Doing(wishes.end);
    const fields = html('div', { class: 'fields' }, this.stepField.element, ...this.numbers.map((number) => number.field.element));
    this.form.append(this.promptField.element, fields, this.doing.element);
    this.form.addEventListener('submit', (event) => this.sent(event));
    this.form.addEventListener('change', () => this.wishes.select(this.choices()));
    this.none.append(this.noneTitle, this.noneText);
    element.append(this.form, this.none, this.writing, this.list, this.problems);
  }

  update({ words, config, selection }: View, asked: Asked): void {
    if (this.nameMemo.changed(words)) this.name(words);
    this.show(selection.samples);
    fillChoices(this.step, checkpointChoices(asked, words));
    const encoder = config?.model.architecture === 'bert' ? words.text('samples.encoder') : undefined;
    const job = asked.jobs.generate;
    const running = words.text('samples.running', { step: job?.step ?? 0 });
    const names = { start: words.text('samples.start'), running, ended: words.text('samples.ended') };
    this.doing.update(words, names, job, encoder ?? obstacle(asked, config, words));
    const samples = asked.outcomes?.samples ?? [];
    const shown = job && (job.running || !isKept(job, asked.outcomes)) ? job : undefined;
    setAttributes(this.none, { hidden: samples.length > 0 || shown !== undefined });
    const texts = shown ? (shown.texts.length > 0 ? shown.texts : ['']) : [];
    while (this.writing.childElementCount > texts.length) this.writing.lastElementChild?.remove();
    texts.forEach((text, index) => {
      const article = this.writing.children[index] ?? this.writing.appendChild(passage(words, shown?.step ?? 0, '', ''));
      setAttributes(article, { 'aria-busy': String(shown?.running === true) });
      const [, prompt, written] = article.querySelectorAll('[data-part]');
      if (prompt && written) {
        setText(prompt, shown?.about ?? '');
        setText(written, text);
      }
    });
    if (!this.memo.changed(words, asked.outcomes)) return;
    setText(this.problems, (asked.outcomes?.problems ?? []).map(({ code, args }) => words.text(code, args)).join(' '));
    this.list.replaceChildren(...samples.map((sample) => passage(words, sample.step, sample.prompt, sample.text, sample)));
  }

  private name(words: Words): void {
    setText(this.promptField.caption, words.text('samples.prompt'));
    setText(this.stepField.caption, words.text('evaluate.step'));
    for (const { name, input, field: numbered } of this.numbers) {
      setText(numbered.caption, words.text(`samples.${name}`));
      setAttributes(numbered.element, { title: words.optional(`samples.${name}Detail`) });
      if (name === 'topK') input.placeholder = words.text('samples.all');
    }
    setText(this.noneTitle, words.text('samples.none'));
    setText(this.noneText, words.text('samples.noneDetail'));
  }

  /** Puts what was chosen into the fields, but not under a person's fingers. */
  private show({ prompt, ...numbers }: SampleChoices): void {
    if (document.activeElement !== this.prompt && this.prompt.value !== prompt) this.prompt.value = prompt;
    for (const { name, input } of this.numbers) {
      const value = numbers[name];
      const text = value === undefined ? '' : String(value);
      if (document.activeElement !== input && input.value !== text) input.value = text;
    }
  }

  private choices(): SampleChoices {
    const entries = this.numbers.flatMap(({ name, input }) => (input.value === '' ? [] : [[name, input.valueAsNumber]]));
    return { prompt: this.prompt.value, ...Object.fromEntries(entries) };
  }

  private sent(event: SubmitEvent): void {
    event.preventDefault();
    const choices = this.choices();
    if (this.step.value === '' || choices.prompt === '') return;
    this.wishes.select(choices);
    const { prompt, tokens = 200, count = 1, temperature = 0.8, topK, seed = 0 } = choices;
    this.wishes.generate({ prompt, step: Number(this.step.value), tokens, count, temperature, seed, ...(topK !== undefined && { topK }) });
  }
}

/** A text behind its prompt, and how it came to be. */
function passage(words: Words, step: number, prompt: string, text: string, sample?: TextSample): HTMLElement {
  const settings = Object.entries(sample?.sampling ?? {}).flatMap(([name, value]) => {
    const title = words.optional(`samples.${name}`) ?? name;
    return name === 'topP' && value === 1 ? [] : [`${title} ${formatValue(value)}`];
  });
  const about = html('header', { class: 'caption', 'data-part': 'about' }, [words.text('cursor.step', { step }), ...settings].join(' · '));
  const written = html(
    'p',
    { class: 'passage' },
    html('span', { class: 'prompted', 'data-part': 'prompt' }, prompt),
    html('span', { 'data-part': 'text' }, text),
  );
  return html('article', { class: 'sample' }, about, written);
}
