// Alerts that the trainer recorded with a step, in a person's words.

import type { MessageArgs } from '../src/experiment/messages';
import type { RunText } from '../src/experiment/view';
import type { Words } from './words';

export interface Alert {
  readonly step: number;
  readonly text: string;
  /** Name of the depth layout's row it is about, where it names one. */
  readonly place: string | undefined;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The alerts among a run's texts, newest first. A payload that is no code with arguments is shown as it is. */
export function alertsOf(texts: readonly RunText[], words: Words): Alert[] {
  return texts
    .filter(({ tag }) => tag === 'alert')
    .map(({ step, text }) => {
      const payload = parsed(text);
      if (!isFields(payload) || typeof payload.code !== 'string') return { step, text, place: undefined };
      const args: MessageArgs = Object.fromEntries(
        Object.entries(payload).filter((entry): entry is [string, string | number] => ['string', 'number'].includes(typeof entry[1])),
      );
      const place = typeof payload.place === 'string' ? payload.place : undefined;
      return { step, text: words.text(payload.code, args), place };
    })
    .reverse();
}
