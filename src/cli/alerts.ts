// Alerts that the trainer recorded with a step, in a person's words.

import { type MessageArgs, render } from '../experiment/messages';
import { printable } from './display/text';

export interface ToldAlert {
  readonly code: string;
  readonly words: string;
}

/** @param text the event's payload; one that is no code with arguments is shown as it is. */
export function alertOf(text: string): ToldAlert {
  const payload = parsed(text);
  if (typeof payload !== 'object' || payload === null || !('code' in payload) || typeof payload.code !== 'string')
    return { code: '', words: printable(text) };
  return { code: payload.code, words: printable(render(payload.code, payload as unknown as MessageArgs)) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
