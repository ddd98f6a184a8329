// The Compare tab: several runs as a table, as overlaid curves, and as depth profiles side by side.

import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { VscodeSingleSelect } from '@vscode-elements/elements/dist/vscode-single-select/vscode-single-select.js';
import type { ProfileRequest } from '../../src/experiment/view';
import { Choices } from '../choices';
import { html, icon, Memo, setAttributes, setText } from '../dom';
import { stripCsv, tableCsv } from '../export/csv';
import { type SaveDoor, SaveMenu } from '../export/saveMenu';
import { COMPARE_AT, type CompareChoices } from '../selection';
import { columnName, PARTS } from '../statistics';
import { type Intents, titleWithUnit, type View } from '../view';
import { ChartGrid } from './chartGrid';
import { DepthStrip, type StripPanel } from './depthStrip';
import type { TableColumn } from './measures';
import { Parallel } from './parallel';
import type { RunFacts, RunSet } from './runSet';
import { RunTable } from './runTable';

/** The curves that tell runs apart first; all others are in the Curves tab. */
const CHARTED: readonly string[] = ['loss/train', 'loss/validation', 'loss/validation_averaged', 'gradient_norm'];

/** What the tab asks of the page. */
export interface CompareWishes extends Pick<Intents, 'select'> {
  /** Lets a person choose runs to lay beside. */
  add(): void;
  dismiss(run: number): void;
  redraw(): void;
  readonly door: SaveDoor;
}

export class CompareTab {
  private readonly alone = html('div', { class: 'alone' });
  private readonly aloneTitle = html('strong');
  private readonly aloneText = html('p');
  private readonly addButtons: readonly HTMLButtonElement[];
  private readonly content = html('div', { class: 'compare' });
  private readonly table: RunTable;
  private readonly tableTitle = html('h2');
  private readonly curvesTitle = html('h2');
  private readonly depthTitle = html('h2');
  private readonly toolbar = html('div', { class: 'toolbar', role: 'toolbar' });
  private readonly caption = html('span', { class: 'caption', 'aria-hidden': 'true' });
  private readonly statistic: VscodeSingleSelect = document.createElement('vscode-single-select');
  private readonly part;
  private readonly at;
  private readonly charts: ChartGrid;
  private readonly strip: DepthStrip;
  private readonly memo = new Memo();
  private readonly listMemo = new Memo();
  private readonly parallel: Parallel;
  private readonly parallelTitle = html('div', { class: 'compare-title' });
  private readonly parallelHeading = html('h2');
  private readonly parallelSave: SaveMenu;
  private readonly stripSave: SaveMenu;
  private readonly tableSave: SaveMenu;
  private choices: CompareChoices | undefined;
  private panels: readonly StripPanel[] = [];

  constructor(element: HTMLElement, wishes: CompareWishes) {
    const change = (part: Partial<CompareChoices>): void => {
      if (this.choices) wishes.select({ compare: { ...this.choices, ...part } });
    };
    const add = (): HTMLButtonElement => {
      const button = html('button', { class: 'button', type: 'button', 'data-testid': 'add-runs' }, icon('add'), html('span'));
      button.addEventListener('click', () => wishes.add());
      return button;
    };
    const [first, second] = [add(), add()];
    this.addButtons = [first, second];
    this.table = new RunTable(change, (run) => wishes.dismiss(run));
    this.charts = new ChartGrid(wishes.redraw, wishes.door, (tag) => CHARTED.includes(tag));
    this.strip = new DepthStrip(wishes.redraw);
    this.parallel = new Parallel(wishes.redraw);
    const { strip, table, parallel } = this;
    this.parallelSave = new SaveMenu(
      { name: () => 'parallel coordinates', parts: () => [parallel.element], csv: () => tableCsv(table.columns) },
      wishes.door,
    );
    this.parallelTitle.append(this.parallelHeading, this.parallelSave.element);
    this.stripSave = new SaveMenu({ name: () => 'profiles', parts: () => [strip.element], csv: () => stripCsv(this.panels) }, wishes.door);
    this.tableSave = new SaveMenu({ name: () => 'comparison', csv: () => tableCsv(table.columns) }, wishes.door);
    this.part = new Choices('compare-part', PARTS, (part) => wishes.select({ part }));
    this.at = new Choices('compare-at', COMPARE_AT, (at) => change({ at }));
    this.statistic.id = 'compare-statistic';
    this.statistic.addEventListener('change', () => wishes.select({ statistic: this.statistic.value }));
    this.alone.append(icon('diff-multiple'), this.aloneTitle, this.aloneText, first);
    this.toolbar.append(html('div', { class: 'field' }, this.caption, this.statistic), this.part.element, this.at.element);
    this.content.append(
      html('div', { class: 'compare-title' }, this.tableTitle, this.tableSave.element, second),
      this.table.element,
      this.parallelTitle,
      this.parallel.element,
      this.curvesTitle,
      this.charts.element,
      this.charts.announcer,
      html('div', { class: 'compare-title' }, this.depthTitle, this.stripSave.element),
      this.toolbar,
      this.strip.element,
    );
    element.append(this.alone, this.content);
  }

  update(view: View, set: RunSet): void {
    const { words, selection, statistic } = view;
    const choices = selection.compare;
    this.choices = choices;
    const several = set.directories.length > 0;
    setAttributes(this.alone, { hidden: several });
    setAttributes(this.content, { hidden: !several });
    if (this.memo.changed(words)) this.name(view);
    if (!several) return;
    this.charts.update(words, selection.curves, set);
    this.table.update(words, choices, set.runs);
    const told = this.parallel.update(words, this.table.columns, set.runs);
    setAttributes(this.parallelTitle, { hidden: !told });
    this.updateToolbar(view, choices);
    if (!statistic) return;
    const part = statistic.parts.includes(selection.part) ? selection.part : (statistic.parts[0] ?? 'layer');
    const name = columnName(statistic.name, part);
    const step = selection.step ?? Math.min(...set.runs.filter(({ extent }) => extent.columns > 0).map(({ extent }) => extent.lastStep));
    const request = ({ extent }: RunFacts): ProfileRequest | undefined => {
      if (extent.columns === 0 || !extent.layout?.columns.includes(name)) return undefined;
      const newest = choices.at === 'newest' || !Number.isFinite(step);
      return newest ? { statistics: [name], column: extent.columns - 1 } : { statistics: [name], step: Math.max(0, Math.round(step)) };
    };
    set.wantProfiles(request);
    this.panels = set.runs.map((run) => {
      const wanted = request(run);
      return { run, profile: wanted && run.profile(wanted) };
    });
    const transform = selection.transforms[statistic.name] ?? statistic.transform;
    this.strip.update(words, this.panels, transform, titleWithUnit(statistic.title, statistic.unit));
  }

  /** What a report shows of the comparison. */
  get columns(): readonly TableColumn[] {
    return this.table.columns;
  }

  get pictures(): readonly Element[] {
    return [this.parallel.element, this.strip.element].filter((element) => !element.hidden);
  }

  private name({ words }: View): void {
    setText(this.aloneTitle, words.text('compare.alone'));
    setText(this.aloneText, words.text('compare.aloneDetail'));
    for (const button of this.addButtons) if (button.lastElementChild) setText(button.lastElementChild, words.text('compare.add'));
    setText(this.tableTitle, words.text('compare.table'));
    setText(this.parallelHeading, words.text('compare.parallel'));
    this.parallelSave.update(words, words.text('compare.parallel'));
    setText(this.curvesTitle, words.text('compare.curves'));
    this.tableSave.update(words, words.text('compare.table'));
    this.stripSave.update(words, words.text('compare.depth'));
    setText(this.depthTitle, words.text('compare.depth'));
    setAttributes(this.toolbar, { 'aria-label': words.text('compare.depth') });
    setText(this.caption, words.text('toolbar.statistic'));
    this.statistic.label = words.text('toolbar.statistic');
  }

  private updateToolbar({ words, selection, statistics, statistic }: View, choices: CompareChoices): void {
    setAttributes(this.toolbar, { hidden: statistic === undefined });
    if (!statistic || !this.listMemo.changed(words, selection, statistics, statistic)) return;
    this.statistic.options = statistics.map(({ name, title, about }) => ({ value: name, label: title, description: about }));
    this.statistic.value = statistic.name;
    const part = statistic.parts.includes(selection.part) ? selection.part : 'layer';
    this.part.update(words.text('toolbar.part'), part, statistic.parts, (choice) => ({ text: words.text(`part.${choice}`) }));
    this.at.update(words.text('compare.at'), choices.at, COMPARE_AT, (at) => ({
      text: words.text(`compare.at.${at}`),
      title: words.text(`compare.at.${at}Detail`),
    }));
  }
}
