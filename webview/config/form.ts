// Every field of the configuration, section by section as the table of fields has them, with a box that
// finds fields and a choice of which are shown. Made when it is first looked at.

import type { Catalogue } from '../../src/experiment/catalogue';
import type { FieldPath } from '../../src/experiment/field';
import { FIELDS, SECTIONS } from '../../src/experiment/fields';
import type { ConfigEdit, ConfigFinding, ConfigState } from '../../src/protocol/configuration';
import { Choices } from '../choices';
import { html, Memo, setAttributes, setText } from '../dom';
import type { Words } from '../words';
import { type Editing, findingItem, Row } from './row';
import { partsOf, spelled } from './shown';

const SHOWN = ['all', 'changed', 'findings', 'live'] as const;
type Shown = (typeof SHOWN)[number];

/** The version of the format is no choice of a person's. */
const PATHS = (Object.keys(FIELDS) as FieldPath[]).filter((path) => path !== 'format');

interface Section {
  readonly element: HTMLElement;
  readonly title: HTMLElement;
  readonly rows: readonly Row[];
}

export class Form {
  readonly element = html('div', { class: 'form' });
  private readonly search = html('input', { class: 'entry', type: 'search', id: 'config-search', spellcheck: 'false' });
  private readonly caption = html('label', { class: 'caption', for: 'config-search' });
  private readonly choices;
  private readonly count = html('p', { class: 'unseen', role: 'status' });
  private readonly general = html('ul', { class: 'findings' });
  private readonly none = html('p', { class: 'none' });
  private readonly memo = new Memo();
  private sections: readonly Section[] = [];
  private shown: Shown = 'all';
  private words: Words | undefined;

  constructor(
    private readonly catalogue: Catalogue,
    private readonly editing: Editing,
  ) {
    this.choices = new Choices('config-show', SHOWN, (shown) => {
      this.shown = shown;
      this.filter();
    });
    this.search.addEventListener('input', () => this.filter());
    const find = html('div', { class: 'field find' }, this.caption, this.search);
    this.element.append(html('div', { class: 'toolbar' }, find, this.choices.element), this.count, this.general, this.none);
  }

  update(words: Words, state: ConfigState, edits: readonly ConfigEdit[]): void {
    this.words = words;
    if (this.sections.length === 0) this.build();
    if (!this.memo.changed(words, state, edits)) return;
    setText(this.caption, words.text('config.search'));
    this.search.placeholder = words.text('config.searchHint');
    const byField = new Map<string, ConfigFinding[]>();
    for (const finding of state.findings) {
      const path = pathOf(finding.field);
      byField.set(path, [...(byField.get(path) ?? []), finding]);
    }
    for (const { rows } of this.sections)
      for (const row of rows) row.update({ words, state, edits, findings: byField.get(row.path) ?? [] });
    const known = new Set<string>(PATHS);
    const general = [...byField].flatMap(([field, findings]) => (known.has(field) ? [] : findings));
    this.general.replaceChildren(...general.map((finding) => findingItem(words, finding, this.editing)));
    this.filter();
  }

  /** Brings a field to sight and gives it the focus, whatever was looked for before. */
  show(path: string): void {
    const row = this.sections.flatMap(({ rows }) => rows).find((each) => each.path === pathOf(path));
    if (!row) return;
    if (row.element.hidden) {
      this.search.value = '';
      this.shown = 'all';
      this.filter();
    }
    row.element.scrollIntoView({ block: 'center' });
    document.getElementById(`config-${row.path}`)?.focus();
  }

  private build(): void {
    const names = ['', ...Object.keys(SECTIONS)];
    this.sections = names.map((name) => {
      const rows = PATHS.filter((path) => partsOf(path).section === name).map((path) => new Row(path, this.catalogue, this.editing));
      const title = html('h2', {}, spelled(name));
      const about = name === '' ? '' : SECTIONS[name as keyof typeof SECTIONS];
      const element = html('section', { class: 'settings', 'data-section': name }, title, html('p', { class: 'about' }, about));
      element.append(...rows.map((row) => row.element));
      return { element, title, rows };
    });
    this.element.append(...this.sections.map(({ element }) => element));
  }

  private filter(): void {
    const { words, shown } = this;
    if (!words) return;
    const terms = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits: Readonly<Record<Shown, (row: Row) => boolean>> = {
      all: () => true,
      changed: (row) => row.isEdited || row.isFollowing,
      findings: (row) => row.hasFindings,
      live: (row) => row.remedy === 'apply',
    };
    let count = 0;
    for (const { element, title, rows } of this.sections) {
      let any = false;
      for (const row of rows) {
        const visible = fits[shown](row) && row.matches(terms);
        setAttributes(row.element, { hidden: !visible });
        any ||= visible;
        if (visible) count++;
      }
      setAttributes(element, { hidden: !any });
      if (element.dataset.section === '') setText(title, words.text('config.experiment'));
    }
    this.choices.update(words.text('config.show'), shown, SHOWN, (choice) => ({ text: words.text(`config.show.${choice}`) }));
    setText(this.none, words.text('config.noFields'));
    setAttributes(this.none, { hidden: count > 0 });
    if (terms.length > 0) setText(this.count, words.text('config.found', { count }));
  }
}

/** A scheme's option belongs to the field of them all. */
function pathOf(field: string): string {
  return field.startsWith('model.schemeOptions.') ? 'model.schemeOptions' : field;
}
