// What stands in the way, said plainly above the plots: nothing recorded yet, a failed or lost run,
// files that cannot be read. At most one state and, beneath it, the problems with the files.

import type { RunAction } from '../src/protocol/messages';
import { inDigits } from './alerts';
import { html, icon } from './dom';
import type { View } from './view';
import type { Words } from './words';

interface Notice {
  readonly kind: 'info' | 'warning' | 'error';
  readonly icon: string;
  readonly title: string;
  readonly detail: readonly string[];
  readonly actions: readonly RunAction[];
}

/** The state's notice, if it needs one. */
export function stateNotice({ words, status, extent, config }: View): Notice | undefined {
  const { record, state, directory } = status;
  const step = record?.step ?? 0;
  const say = (key: string, args = {}): Pick<Notice, 'title' | 'detail'> => ({
    title: words.text(`banner.${key}`, args),
    detail: [words.text(`banner.${key}Detail`, args)],
  });
  switch (state) {
    case 'failed': {
      const failure = say('failed', { step });
      const error = record?.error;
      const known = error && words.optional(error.code) !== undefined ? words.text(error.code, inDigits(error.args)) : error?.message;
      const detail = known === undefined ? failure.detail : [known];
      return { kind: 'error', icon: 'error', title: failure.title, detail, actions: ['show-log', 'open-configuration'] };
    }
    case 'lost':
      return { kind: 'error', icon: 'debug-disconnect', ...say('lost', { step }), actions: ['resume', 'show-log'] };
    case 'missing':
      return { kind: 'error', icon: 'trash', ...say('missing', { directory }), actions: [] };
    case 'unreadable':
      return { kind: 'error', icon: 'warning', ...say('unreadable', { directory }), actions: ['open-folder', 'show-log'] };
    case 'queued':
      return { kind: 'info', icon: 'clock', ...say('queued'), actions: ['stop'] };
    default:
  }
  if (extent.columns > 0) return undefined;
  const every = config?.training.recordEvery ?? 1;
  if (state === 'finished' || state === 'stopped') return { kind: 'info', icon: 'info', ...say('noColumns'), actions: ['show-log'] };
  const waiting = state === 'starting' || step === 0 ? say('starting') : say('firstColumn', { step, every });
  return { kind: 'info', icon: 'loading codicon-modifier-spin', ...waiting, actions: ['show-log'] };
}

/** Why the page itself is in difficulty: a refused question, or a host of another version. */
export type Trouble = { readonly kind: 'refused'; readonly detail: string } | { readonly kind: 'protocol' };

export class Banner {
  readonly element = html('div', { class: 'banners', role: 'status', 'aria-live': 'polite' });
  private shown = '';

  constructor(private readonly act: (action: RunAction) => void) {}

  /** Before the host's greeting there is no view, but there may be trouble. */
  update(view: View | undefined, words: Words, trouble: Trouble | undefined): void {
    const notices: Notice[] = [];
    const state = view && stateNotice(view);
    if (state) notices.push(state);
    const problems = view?.status.problems ?? [];
    if (problems.length > 0) {
      const detail = problems.map(({ code, args }) => words.text(code, args));
      notices.push({ kind: 'warning', icon: 'warning', title: words.text('banner.problems'), detail, actions: ['open-folder'] });
    }
    if (trouble) {
      const detail = trouble.kind === 'refused' ? trouble.detail : words.text('banner.protocolDetail');
      const title = words.text(`banner.${trouble.kind}`);
      notices.push({ kind: 'warning', icon: 'warning', title, detail: [detail], actions: ['show-log'] });
    }
    // Compared by content: a node built anew would be read out again and its spinner would jump.
    const content = JSON.stringify(notices);
    if (content === this.shown) return;
    this.shown = content;
    this.element.replaceChildren(...notices.map((notice) => this.render(notice, words)));
  }

  private render(notice: Notice, words: Words): HTMLElement {
    const text = html('div', { class: 'text' }, html('strong', {}, notice.title));
    for (const line of notice.detail) text.append(html('p', {}, line));
    const actions = html('div', { class: 'buttons' });
    for (const action of notice.actions) {
      const button = html('button', { class: 'button', type: 'button', 'data-action': action }, words.text(`action.${action}`));
      button.addEventListener('click', () => this.act(action));
      actions.append(button);
    }
    return html('section', { class: `banner ${notice.kind}` }, icon(notice.icon), text, actions);
  }
}
