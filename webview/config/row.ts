// One field of the form: its name and what it is for, its control, its default, and what is found about it.

import type { Catalogue } from '../../src/experiment/catalogue';
import { type Change, isSame } from '../../src/experiment/change';
import type { Field, FieldPath } from '../../src/experiment/field';
import { FIELDS } from '../../src/experiment/fields';
import { remedyOf } from '../../src/experiment/remedy';
import type { ConfigEdit, ConfigFinding, ConfigState } from '../../src/protocol/configuration';
import { html, icon, Memo, setAttributes, setText } from '../dom';
import type { Words } from '../words';
import { type Control, controlFor, setDocumentation } from './control';
import { brief, partsOf, spelled, valueWith } from './shown';

const SEVERITY_ICONS = { error: 'error', warning: 'warning', hint: 'info' } as const;

/** What a person does to the fields. */
export interface Editing {
  /** Makes edits on top of those that there are. */
  change(edits: readonly ConfigEdit[]): void;
  /** Takes the edit of a field back. */
  undo(field: string): void;
}

export interface RowState {
  readonly words: Words;
  readonly state: ConfigState;
  readonly edits: readonly ConfigEdit[];
  readonly findings: readonly ConfigFinding[];
}

export class Row {
  readonly element;
  readonly remedy;
  isEdited = false;
  isFollowing = false;
  hasFindings = false;
  private readonly field: Field;
  private readonly control: Control;
  private readonly tag = html('span', { class: 'tag' });
  private readonly documentation;
  private readonly otherwise = html('span', { class: 'otherwise' });
  private readonly reset;
  private readonly was = html('p', { class: 'was' });
  private readonly findings;
  private readonly haystack: string;
  private readonly memo = new Memo();
  private base: unknown;

  constructor(
    readonly path: FieldPath,
    private readonly catalogue: Catalogue,
    private readonly editing: Editing,
  ) {
    const field: Field = FIELDS[path];
    const { name } = partsOf(path);
    const label = spelled(name);
    const id = `config-${path}`;
    this.field = field;
    this.remedy = remedyOf(path);
    this.haystack = [path, label, field.documentation, ...(field.aliases ?? [])].join(' ').toLowerCase();
    this.documentation = html('p', { class: 'documentation', id: `${id}-about` });
    this.findings = html('ul', { class: 'findings', id: `${id}-findings` });
    const described = `${id}-about ${id}-findings`;
    this.control = controlFor(
      field,
      {
        id,
        label,
        describedBy: described,
        changed: (value) => editing.change([value === undefined ? { field: path } : { field: path, value }]),
      },
      catalogue,
    );
    const isGroup = field.type === 'names' || field.type === 'options';
    const title = isGroup ? html('span', { class: 'label' }, label) : html('label', { class: 'label', for: id }, label);
    if (field.type === 'choice') title.addEventListener('click', () => this.control.element.focus());
    this.reset = html('button', { class: 'link', type: 'button' });
    this.reset.addEventListener('click', () => editing.change([{ field: path }]));
    const unit = 'unit' in field && field.unit !== undefined ? [html('span', { class: 'unit' }, field.unit)] : [];
    setDocumentation(this.documentation, field.documentation);
    this.element = html(
      'div',
      { class: 'setting', 'data-field': path },
      html('div', { class: 'heading' }, title, html('code', { class: 'path' }, path), this.tag),
      this.documentation,
      html('div', { class: 'entering' }, this.control.element, ...unit, this.otherwise, this.reset),
      this.was,
      this.findings,
    );
  }

  /** Whether all of the words are somewhere in what is known of the field. */
  matches(terms: readonly string[]): boolean {
    return terms.every((term) => this.haystack.includes(term));
  }

  update({ words, state, edits, findings }: RowState): void {
    const { path } = this;
    const edit = edits.find(({ field }) => field === path);
    const following = edit ? undefined : state.follow.find(({ field }) => field === path);
    const [value, otherwise] = [valueWith(state, edits, path), state.defaults[path]];
    this.base = state.values[path];
    this.isEdited = edit !== undefined;
    this.isFollowing = following !== undefined;
    this.hasFindings = findings.length > 0;
    if (this.field.type === 'options') this.control.setOptions?.(this.schemeOptions(state, edits));
    this.control.show(value, otherwise);
    const key = JSON.stringify([edit, following, value, otherwise, findings, this.base]);
    if (!this.memo.changed(words, key)) return;
    this.control.setInvalid(findings.some(({ severity }) => severity === 'error'));
    setAttributes(this.element, { 'data-edited': this.isEdited, 'data-following': this.isFollowing, 'data-remedy': this.remedy });
    setText(this.tag, words.text(`config.remedy.${this.remedy}`));
    setAttributes(this.tag, { title: words.text(`config.remedy.${this.remedy}Detail`), hidden: this.remedy !== 'apply' && !this.isEdited });
    const isDefault = isSame(value, otherwise);
    setText(this.otherwise, this.defaultWords(words, otherwise, isDefault));
    setText(this.reset, words.text('config.useDefault'));
    setAttributes(this.reset, {
      hidden: isDefault || otherwise === undefined,
      'aria-label': `${words.text('config.useDefault')}: ${path}`,
    });
    this.fillWas(words, following);
    this.fillFindings(words, findings);
  }

  private defaultWords(words: Words, otherwise: unknown, isDefault: boolean): string {
    const given = this.field.default;
    const derived = typeof given === 'object' && 'from' in given && typeof given.words === 'string' ? given.words : undefined;
    if (isDefault) return derived === undefined ? words.text('config.isDefault') : words.text('config.isDefaultDerived', { derived });
    if (otherwise === undefined) return derived ?? '';
    const value = brief(otherwise, words.text('config.nothing'));
    return derived === undefined ? words.text('config.default', { value }) : words.text('config.defaultDerived', { value, derived });
  }

  private fillWas(words: Words, following: Change | undefined): void {
    const { path, base } = this;
    setAttributes(this.was, { hidden: !this.isEdited && !following });
    if (!this.isEdited && !following) return;
    const value = brief(base, words.text('config.nothing'));
    const undo = html('button', { class: 'link', type: 'button' }, words.text(following ? 'config.keep' : 'config.undo', { value }));
    // What follows from another field stays only where it is written down.
    undo.addEventListener('click', () => (following ? this.editing.change([{ field: path, value: base }]) : this.editing.undo(path)));
    undo.setAttribute('aria-label', `${undo.textContent}: ${path}`);
    this.was.replaceChildren(words.text(following ? 'config.follows' : 'config.was', { value }), ' ', undo);
  }

  private fillFindings(words: Words, findings: readonly ConfigFinding[]): void {
    this.findings.replaceChildren(...findings.map((finding) => findingItem(words, finding, this.editing)));
  }

  private schemeOptions(state: ConfigState, edits: readonly ConfigEdit[]) {
    const scheme = valueWith(state, edits, 'model.scheme');
    const options = this.catalogue.schemes.find(({ name }) => name === scheme)?.options ?? [];
    setAttributes(this.element, { 'data-empty': options.length === 0 });
    return options;
  }
}

/** A finding's words, and a button for each of its mends. */
export function findingItem(words: Words, finding: ConfigFinding, editing: Pick<Editing, 'change'>): HTMLElement {
  const { severity, said, fixes } = finding;
  const buttons = fixes.map(({ title, edits }) => {
    const button = html('button', { class: 'button', type: 'button' }, words.text(title.code, title.args));
    button.addEventListener('click', () => editing.change(edits));
    return button;
  });
  const kind = html('span', { class: 'unseen' }, `${words.text(`config.${severity}`)}: `);
  return html(
    'li',
    { class: `finding ${severity}` },
    icon(SEVERITY_ICONS[severity]),
    html('div', {}, kind, html('span', {}, words.text(said.code, said.args)), html('div', { class: 'buttons' }, ...buttons)),
  );
}
