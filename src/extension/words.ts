// Words for people, in their language. Findings and failures arrive as codes with arguments; their
// English comes from the experiment room's table and is looked up in the editor's language bundle.
import * as vscode from 'vscode';
import { MESSAGES, type MessageArgs, render } from '../experiment/messages';
import type { Translate } from './translate';

export const t: Translate = (message, args) => (args ? vscode.l10n.t(message, { ...args }) : vscode.l10n.t(message));

/** Words of a code; an unknown one shows itself rather than nothing. */
export function inWords(code: string, args: MessageArgs): string {
  const template = MESSAGES[code];
  return template === undefined ? render(code, args) : t(template, args);
}
