// What can be done with the edits of the form: save them to the file, apply them to the running trainer, fork
// the run with them. What cannot be done says why, and what to do instead.

import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import type { VscodeSingleSelect } from '@vscode-elements/elements/dist/vscode-single-select/vscode-single-select.js';
import type { Change } from '../../src/experiment/change';
import type { FieldPath } from '../../src/experiment/field';
import { FIELDS } from '../../src/experiment/fields';
import { type Remedy, remedyOf } from '../../src/experiment/remedy';
import type { ConfigAction, ConfigEdit, ConfigState } from '../../src/protocol/configuration';
import { html, icon, Memo, setAttributes, setText } from '../dom';
import type { Words } from '../words';
import { differenceList } from './differences';

const ACTIONS: readonly ConfigAction[] = ['save', 'apply', 'fork'];
const ICONS: Readonly<Record<ConfigAction, string>> = { save: 'save', apply: 'play', fork: 'repo-forked' };

export interface ActionWishes {
  does(action: ConfigAction, step: number | undefined): void;
  /** Takes the edit of a field back. */
  undo(field: string): void;
  discard(): void;
  show(field: string): void;
}

/** How the last thing that was asked for stands. */
export interface Progress {
  readonly busy?: ConfigAction | undefined;
  readonly told?: { readonly words: string; readonly isError: boolean } | undefined;
}

export class Actions {
  readonly element = html('section', { class: 'actions-of' });
  private readonly title = html('h2');
  private readonly hint = html('p', { class: 'about' });
  private readonly list = html('div');
  private readonly buttons = new Map<
    ConfigAction,
    { readonly button: HTMLButtonElement; readonly text: HTMLElement; readonly why: HTMLElement }
  >();
  private readonly steps: VscodeSingleSelect = document.createElement('vscode-single-select');
  private readonly discard = html('button', { class: 'button', type: 'button', 'data-testid': 'config-discard' });
  private readonly told = html('p', { class: 'told', role: 'status', 'data-testid': 'config-told' });
  private readonly memo = new Memo();
  private readonly stepsMemo = new Memo();
  private readonly listMemo = new Memo();

  constructor(private readonly wishes: ActionWishes) {
    this.discard.addEventListener('click', () => wishes.discard());
    this.steps.id = 'config-checkpoint';
    const rows = ACTIONS.map((action) => {
      const text = html('span');
      const why = html('p', { class: 'why', id: `config-${action}-why` });
      const button = html(
        'button',
        { class: 'button', type: 'button', 'data-testid': `config-${action}`, 'aria-describedby': why.id },
        icon(ICONS[action]),
        text,
      );
      button.addEventListener('click', () => wishes.does(action, action === 'fork' ? Number(this.steps.value) : undefined));
      this.buttons.set(action, { button, text, why });
      return html('div', { class: 'action' }, html('div', { class: 'doing' }, button, ...(action === 'fork' ? [this.steps] : [])), why);
    });
    this.element.append(this.title, this.hint, this.list, this.told, ...rows, this.discard);
  }

  update(words: Words, state: ConfigState, edits: readonly ConfigEdit[], progress: Progress): void {
    if (!this.memo.changed(words, state, edits, progress)) return;
    setText(this.title, words.text('config.changes', { count: edits.length }));
    setText(this.hint, words.text('config.changesNone'));
    setAttributes(this.hint, { hidden: edits.length > 0 });
    this.listEdits(words, state, edits);
    setText(this.discard, words.text('config.discard'));
    setAttributes(this.discard, { hidden: edits.length === 0 });
    setText(this.told, progress.told?.words ?? '');
    setAttributes(this.told, { hidden: progress.told === undefined, 'data-error': progress.told?.isError });
    this.fillSteps(words, state.checkpoints);
    for (const [action, { button, text, why }] of this.buttons) {
      const reason = whyNot(action, words, state, edits);
      const isBusy = progress.busy === action;
      setText(text, words.text(isBusy ? `config.${action}Busy` : `config.${action}`));
      button.disabled = reason !== undefined || progress.busy !== undefined;
      setText(why, reason ?? about(action, words, edits));
    }
  }

  private listEdits(words: Words, state: ConfigState, edits: readonly ConfigEdit[]): void {
    const changes = edits.map(({ field, value }): Change => ({ field, from: state.values[field], to: value ?? state.defaults[field] }));
    // By content: the focus may be on one of its buttons whenever the run tells something new.
    if (!this.listMemo.changed(words, JSON.stringify(changes))) return;
    const list = differenceList(words, changes, this.wishes.show, ({ field }) => {
      const label = words.text('config.undoField', { field });
      const undo = html('button', { class: 'tool', type: 'button', title: label, 'aria-label': label }, icon('discard'));
      undo.addEventListener('click', () => this.wishes.undo(field));
      return [undo];
    });
    this.list.replaceChildren(list);
  }

  private fillSteps(words: Words, checkpoints: readonly number[]): void {
    setAttributes(this.steps, { hidden: checkpoints.length === 0 });
    if (!this.stepsMemo.changed(words, checkpoints.join())) return;
    const chosen = this.steps.value;
    this.steps.label = words.text('config.checkpoint');
    this.steps.options = checkpoints.map((step) => ({ value: String(step), label: words.text('config.checkpointAt', { step }) }));
    this.steps.value = checkpoints.some((step) => String(step) === chosen) ? chosen : String(checkpoints[0] ?? '');
  }
}

const remedies = (edits: readonly ConfigEdit[], wanted: readonly Remedy[]): readonly ConfigEdit[] =>
  edits.filter(({ field }) => field in FIELDS && wanted.includes(remedyOf(field as FieldPath)));

/** Why an action cannot be done with these edits; undefined where it can. */
function whyNot(action: ConfigAction, words: Words, state: ConfigState, edits: readonly ConfigEdit[]): string | undefined {
  const refusal = state.refusals[action];
  if (refusal) return words.text(refusal.code, refusal.args);
  if (edits.length === 0) return words.text(`config.${action}Nothing`);
  const isWrong = edits.some(({ field }) =>
    state.findings.some((finding) => finding.severity === 'error' && finding.field.startsWith(field)),
  );
  if (action !== 'save' && isWrong) return words.text('config.errorsFirst');
  const list = (some: readonly ConfigEdit[]): string => some.map(({ field }) => field).join(', ');
  if (action === 'apply' && remedies(edits, ['apply']).length === 0) {
    const needsRun = remedies(edits, ['new-run']);
    return words.text(needsRun.length > 0 ? 'config.applyNewRun' : 'config.applyFork', { fields: list(edits) });
  }
  const fixed = remedies(edits, ['new-run']);
  return action === 'fork' && fixed.length > 0 ? words.text('config.forkFixed', { fields: list(fixed) }) : undefined;
}

/** What an action will do. */
function about(action: ConfigAction, words: Words, edits: readonly ConfigEdit[]): string {
  const live = remedies(edits, ['apply']);
  if (action !== 'apply' || live.length === edits.length) return words.text(`config.${action}About`);
  return words.text('config.applySome', { count: live.length, all: edits.length });
}
