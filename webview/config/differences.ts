// What differs, as a short list: field, what it was and what it is.

import type { Change } from '../../src/experiment/change';
import { html, icon } from '../dom';
import type { Words } from '../words';
import { brief } from './shown';

/**
 * @param show brings the field of a line to sight
 * @param tail what else a line says or offers
 */
export function differenceList(
  words: Words,
  changes: readonly Change[],
  show: (field: string) => void,
  tail: (change: Change) => readonly Node[] = () => [],
): HTMLElement {
  const nothing = words.text('config.nothing');
  const item = (change: Change): HTMLElement => {
    const button = html('button', { class: 'link', type: 'button' }, change.field);
    button.addEventListener('click', () => show(change.field));
    const values = html(
      'span',
      { class: 'values-of number' },
      html('span', {}, brief(change.from, nothing)),
      icon('arrow-right'),
      html('span', { class: 'unseen' }, ` ${words.text('config.to')} `),
      html('strong', {}, brief(change.to, nothing)),
    );
    return html('li', {}, html('span', { class: 'which' }, button, ...tail(change)), values);
  };
  return html('ul', { class: 'differences' }, ...changes.map(item));
}
