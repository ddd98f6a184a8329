// The Config tab: the run's configuration as a form, with the editor's findings beside the fields, what
// differs from the file and from the parent, and what can be done with a person's edits.

import type { Catalogue } from '../../src/experiment/catalogue';
import type { ConfigAction, ConfigEdit, ConfigState, Said } from '../../src/protocol/configuration';
import { html, icon, Memo, setAttributes, setText } from '../dom';
import { Forgotten } from '../host';
import type { Intents, View } from '../view';
import type { Words } from '../words';
import { Actions, type Progress } from './actions';
import { differenceList } from './differences';
import { Form } from './form';
import { differing, edited } from './shown';

/** A run that trains makes checkpoints and ends: what can be done is asked anew this often. */
const FRESH_MS = 3000;

export interface ConfigWishes extends Pick<Intents, 'select'> {
  ask(edits: readonly ConfigEdit[]): Promise<ConfigState>;
  does(action: ConfigAction, edits: readonly ConfigEdit[], step: number | undefined): Promise<Said>;
  /** Opens the run's configuration file in the editor. */
  open(): void;
  redraw(): void;
}

export class ConfigTab {
  private readonly problem = html('p', { class: 'told', 'data-error': true, role: 'alert', hidden: true });
  private readonly waiting = html('p', { class: 'about' });
  private readonly content = html('div', { class: 'config', hidden: true });
  private readonly form: Form;
  private readonly actions: Actions;
  private readonly fileTitle = html('h2');
  private readonly fileState = html('p', { class: 'about', 'data-testid': 'config-file' });
  private readonly fileChanges = html('div');
  private readonly openButton = html(
    'button',
    { class: 'button', type: 'button', 'data-testid': 'config-open' },
    icon('go-to-file'),
    html('span'),
  );
  private readonly parent = html('section', { class: 'beside', 'data-testid': 'config-parent' });
  private readonly summary = html('p', { class: 'about', 'data-testid': 'config-summary' });
  private readonly memo = new Memo();
  private readonly askMemo = new Memo();
  private readonly drawMemo = new Memo();
  private readonly besideMemo = new Memo();
  private view: View | undefined;
  private state: ConfigState | undefined;
  private progress: Progress = {};
  private trouble: string | undefined;
  private asking = false;
  private again = false;
  private askedAt = Number.NEGATIVE_INFINITY;
  /** Counts what the host said of the file, and greetings. */
  private news = 0;

  constructor(
    element: HTMLElement,
    catalogue: Catalogue,
    private readonly wishes: ConfigWishes,
  ) {
    const editing = {
      change: (edits: readonly ConfigEdit[]) => this.change(edits),
      undo: (field: string) => this.keep((this.view?.selection.edits ?? []).filter((edit) => edit.field !== field)),
    };
    this.form = new Form(catalogue, editing);
    this.actions = new Actions({
      does: (action, step) => void this.does(action, step),
      undo: editing.undo,
      discard: () => this.keep([]),
      show: (field) => this.form.show(field),
    });
    this.openButton.addEventListener('click', () => wishes.open());
    const file = html('section', { class: 'beside' }, this.fileTitle, this.fileState, this.fileChanges, this.openButton);
    const aside = html('aside', { class: 'beside-form' }, this.summary, this.actions.element, file, this.parent);
    this.content.append(this.form.element, aside);
    element.append(this.problem, this.waiting, this.content);
  }

  /** The run's file is another one, or the page begins anew. */
  renew(): void {
    this.news++;
  }

  update(view: View): void {
    this.view = view;
    const { words, selection, status } = view;
    const isOld = performance.now() - this.askedAt > FRESH_MS;
    if (
      this.askMemo.changed(selection.edits, this.news, status.state, status.record?.edits?.length) ||
      (isOld && this.memo.changed(status))
    )
      void this.ask();
    setText(this.waiting, words.text('config.reading'));
    setAttributes(this.waiting, { hidden: this.state !== undefined || this.trouble !== undefined });
    setText(this.problem, this.trouble ?? '');
    setAttributes(this.problem, { hidden: this.trouble === undefined });
    setAttributes(this.content, { hidden: this.state === undefined });
    const { state, progress } = this;
    if (!state) return;
    this.form.update(words, state, selection.edits);
    this.actions.update(words, state, selection.edits, progress);
    if (this.drawMemo.changed(words, state)) this.tell(words, state);
  }

  private change(made: readonly ConfigEdit[]): void {
    if (this.state && this.view) this.keep(edited(this.state, this.view.selection.edits, made));
  }

  private keep(edits: readonly ConfigEdit[]): void {
    this.progress = { busy: this.progress.busy };
    this.wishes.select({ edits });
  }

  /** One question at a time; what has changed meanwhile is asked right after. */
  private async ask(): Promise<void> {
    this.again = this.asking;
    if (this.asking || !this.view) return;
    this.asking = true;
    this.askedAt = performance.now();
    try {
      const state = await this.wishes.ask(this.view.selection.edits);
      // What says the same is the same: nothing is drawn anew under a person's hands.
      if (JSON.stringify(state) !== JSON.stringify(this.state)) this.state = state;
      this.trouble = undefined;
      const { edits } = this.view.selection;
      const left = differing(state, edits);
      if (left.length < edits.length) this.wishes.select({ edits: left });
    } catch (reason) {
      if (reason instanceof Forgotten) this.again = true;
      else this.trouble = reason instanceof Error ? reason.message : String(reason);
    } finally {
      this.asking = false;
    }
    this.wishes.redraw();
    if (this.again) void this.ask();
  }

  private async does(action: ConfigAction, step: number | undefined): Promise<void> {
    const { view } = this;
    if (!view || this.progress.busy) return;
    const { words } = view;
    this.progress = { busy: action };
    this.wishes.redraw();
    try {
      const said = await this.wishes.does(action, view.selection.edits, step);
      this.progress = { told: { words: words.text(said.code, said.args), isError: false } };
    } catch (reason) {
      const isLost = reason instanceof Forgotten;
      this.progress = isLost ? {} : { told: { words: reason instanceof Error ? reason.message : String(reason), isError: true } };
    }
    this.renew();
    this.wishes.redraw();
  }

  private tell(words: Words, state: ConfigState): void {
    const { file, parent, findings } = state;
    const of = (severity: string): number => findings.filter((finding) => finding.severity === severity).length;
    const counts = { errors: of('error'), warnings: of('warning'), hints: of('hint') };
    setText(this.summary, words.text(findings.length === 0 ? 'config.noFindings' : 'config.findings', counts));
    if (!this.besideMemo.changed(words, JSON.stringify([file, parent]))) return;
    setText(this.fileTitle, file.name ?? words.text('config.file'));
    const why = file.why ? words.text(file.why.code, file.why.args) : '';
    const isSame = file.state === 'sound' && file.changes.length === 0;
    const told = words.text(isSame ? 'config.file.same' : `config.file.${file.state}`, { why, count: file.changes.length });
    setText(this.fileState, file.unsaved ? `${told} ${words.text('config.file.unsaved')}` : told);
    const show = (field: string): void => this.form.show(field);
    this.fileChanges.replaceChildren(differenceList(words, file.changes, show));
    setAttributes(this.openButton, { hidden: file.state === 'none' || file.state === 'missing' });
    if (this.openButton.lastElementChild) setText(this.openButton.lastElementChild, words.text('action.open-configuration'));
    setAttributes(this.parent, { hidden: parent === undefined });
    if (!parent) return;
    const { run, step, changes } = parent;
    const key = changes === undefined ? 'config.parentGone' : changes.length === 0 ? 'config.parentSame' : 'config.parentDiffers';
    this.parent.replaceChildren(
      html('h2', {}, words.text('config.parent')),
      html('p', { class: 'about' }, words.text(key, { run, step })),
      differenceList(words, changes ?? [], show),
    );
  }
}
