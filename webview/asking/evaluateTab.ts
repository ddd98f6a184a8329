// The Evaluate tab: what checkpoints score on tasks, beside chance and with the standard error, over
// training steps where there are several; and asking another one.

import type { EvaluateRequest } from '../../src/protocol/messages';
import { rounded, scaleOver } from '../axes';
import { html, icon, Memo, setAttributes, setText } from '../dom';
import type { SaveDoor } from '../export/saveMenu';
import { Chart } from '../runs/chart';
import { acrossScale } from '../runs/lines';
import type { View } from '../view';
import type { Words } from '../words';
import type { Asked } from './asking';
import { checkpointChoices, Doing, field, fillChoices, numberInput, obstacle } from './form';
import { type ScoredCheckpoint, type ScoredTask, scoredCheckpoints, scoredTasks, scoreLines, scoreText } from './scores';

export interface EvaluateWishes {
  evaluate(request: EvaluateRequest): void;
  end(): void;
  redraw(): void;
  readonly door: SaveDoor;
}

export class EvaluateTab {
  private readonly form = html('form', { class: 'asking' });
  private readonly task = html('select', { class: 'input' });
  private readonly step = html('select', { class: 'input' });
  private readonly limit = numberInput(1, 999_999_999, 1);
  private readonly averaged = html('input', { type: 'checkbox', id: 'evaluate-averaged' });
  private readonly averagedName = html('label', { for: 'evaluate-averaged' });
  private readonly fields;
  private readonly about = html('p', { class: 'formula' });
  private readonly doing: Doing;
  private readonly none = html('div', { class: 'alone' }, icon('checklist'));
  private readonly noneTitle = html('strong');
  private readonly noneText = html('p');
  private readonly list = html('div', { class: 'listing', role: 'region', tabindex: 0, 'data-testid': 'scores' });
  private readonly note = html('p', { class: 'formula' });
  private readonly chart: Chart;
  private readonly chartPlace = html('div', { class: 'charts' });
  private readonly memo = new Memo();
  private cursor: number | undefined;
  private asked: Asked | undefined;

  constructor(
    element: HTMLElement,
    private readonly wishes: EvaluateWishes,
  ) {
    this.doing = new Doing(wishes.end);
    const point = (place: number | undefined): void => {
      this.cursor = place;
      wishes.redraw();
    };
    this.chart = new Chart({ point, zoom: () => undefined }, wishes.redraw, wishes.door);
    this.chartPlace.append(this.chart.element);
    this.fields = {
      task: field('evaluate-task', this.task),
      step: field('evaluate-step', this.step),
      limit: field('evaluate-limit', this.limit),
    };
    const { task, step, limit } = this.fields;
    const averaged = html('div', { class: 'checked' }, this.averaged, this.averagedName);
    this.form.append(html('div', { class: 'fields' }, task.element, step.element, limit.element, averaged), this.about, this.doing.element);
    this.form.addEventListener('submit', (event) => this.sent(event));
    this.task.addEventListener('change', () => wishes.redraw());
    this.none.append(this.noneTitle, this.noneText);
    element.append(this.form, this.none, this.list, this.note, this.chartPlace);
  }

  update(view: View, asked: Asked): void {
    this.asked = asked;
    const { words, config } = view;
    const possible = asked.tasks.filter(
      ({ pairs }) => config?.model.architecture !== 'bert' || (pairs && config.model.objective === 'pair-class'),
    );
    fillChoices(
      this.task,
      possible.map(({ name, title }) => ({ value: name, text: title })),
    );
    fillChoices(this.step, checkpointChoices(asked, words));
    const chosen = asked.tasks.find(({ name }) => name === this.task.value);
    setText(this.about, chosen ? `${chosen.documentation} ${words.text('evaluate.files', { files: chosen.files.join('; ') })}` : '');
    const reason =
      obstacle(asked, config, words) ?? (asked.tasks.length > 0 && possible.length === 0 ? words.text('evaluate.encoder') : undefined);
    const job = asked.jobs.evaluate;
    const titled = asked.tasks.find(({ name }) => name === job?.about)?.title ?? job?.about ?? '';
    const running = words.text('evaluate.running', { task: titled, step: job?.step ?? 0 });
    this.doing.update(words, { start: words.text('evaluate.start'), running, ended: '' }, job, reason);
    setAttributes(this.averaged.parentElement ?? this.averaged, { hidden: (config?.training.averaging ?? 0) === 0 });
    const evaluations = asked.outcomes?.evaluations ?? [];
    const tasks = scoredTasks(evaluations, asked.tasks);
    const rows = scoredCheckpoints(evaluations);
    if (this.memo.changed(words, asked.outcomes, asked.tasks)) this.fill(words, tasks, rows);
    this.draw(words, tasks, rows);
  }

  private fill(words: Words, tasks: readonly ScoredTask[], rows: readonly ScoredCheckpoint[]): void {
    for (const [name, { caption }] of Object.entries(this.fields)) setText(caption, words.text(`evaluate.${name}`));
    setText(this.averagedName, words.text('evaluate.averaged'));
    this.limit.placeholder = words.text('evaluate.all');
    setText(this.noneTitle, words.text('evaluate.none'));
    setText(this.noneText, words.text('evaluate.noneDetail'));
    setAttributes(this.list, { 'aria-label': words.text('evaluate.table'), hidden: rows.length === 0 });
    setAttributes(this.none, { hidden: rows.length > 0 });
    const problems = (this.asked?.outcomes?.problems ?? []).map(({ code, args }) => words.text(code, args));
    const limited = rows.some(({ results }) => [...results.values()].some((result) => result.limited));
    setText(this.note, [...(limited ? [words.text('evaluate.limited')] : []), ...problems].join(' '));
    this.list.replaceChildren(this.table(words, tasks, rows));
  }

  private table(words: Words, tasks: readonly ScoredTask[], rows: readonly ScoredCheckpoint[]): HTMLElement {
    const head = html('tr', {}, html('th', { scope: 'col' }, words.text('evaluate.checkpoint')));
    const chance = html('tr', { class: 'chance' }, html('th', { scope: 'row' }, words.text('evaluate.chance')));
    for (const task of tasks) {
      head.append(html('th', { scope: 'col', class: 'number' }, task.title));
      chance.append(html('td', { class: 'number' }, task.chance === undefined ? '–' : `${(100 * task.chance).toFixed(0)} %`));
    }
    const body = rows.map(({ step, averaged, results }) => {
      const name = `${words.text('cursor.step', { step })}${averaged ? ` · ${words.text('evaluate.averaged')}` : ''}`;
      const cells = tasks.map(({ name: task, headline }) => {
        const result = results.get(task);
        if (!result) return html('td', { class: 'number' });
        const { metrics, examples, limited } = result;
        const others = Object.entries(metrics).filter(([metric]) => metric !== headline);
        const cell = html('td', { class: 'number' }, `${scoreText(headline, metrics[headline], examples)}${limited ? ' *' : ''}`);
        for (const [metric, value] of others)
          cell.append(html('div', { class: 'aside' }, `${metric} ${scoreText(metric, value, examples)}`));
        cell.append(html('div', { class: 'aside' }, words.text('evaluate.examples', { count: examples })));
        return cell;
      });
      return html('tr', {}, html('th', { scope: 'row' }, name), ...cells);
    });
    return html('table', {}, html('thead', {}, head), html('tbody', {}, chance, ...body));
  }

  private draw(words: Words, tasks: readonly ScoredTask[], rows: readonly ScoredCheckpoint[]): void {
    const lines = scoreLines(tasks, rows, (task) => words.text('evaluate.chanceOf', { task }));
    setAttributes(this.chartPlace, { hidden: lines.length === 0 });
    if (lines.length === 0) return;
    const values = lines.flatMap(({ curve }) => [...curve.minimum]);
    const content = {
      title: words.text('evaluate.chart'),
      lines,
      across: acrossScale(lines, 'linear'),
      up: rounded(scaleOver('linear', Math.min(...values), Math.max(...values))),
      acrossTitle: words.text('along.step'),
      empty: '',
    };
    this.chart.update(content, this.cursor, words);
  }

  private sent(event: SubmitEvent): void {
    event.preventDefault();
    if (!this.asked || this.task.value === '' || this.step.value === '') return;
    const limit = this.limit.value === '' ? {} : { limit: Number(this.limit.value) };
    this.wishes.evaluate({ task: this.task.value, step: Number(this.step.value), averaged: this.averaged.checked, ...limit });
  }
}
