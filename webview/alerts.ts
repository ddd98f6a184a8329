// What the trainer recorded with a step and a person should see on the axes and in a list: alerts,
// diagnoses, turns back, and changes of the configuration while it trained, in a person's words.

import type { MessageArgs } from '../src/experiment/messages';
import { isRecord, type Raw } from '../src/experiment/record';
import type { RunText } from '../src/experiment/view';
import { formatValue } from './axes';
import type { Words } from './words';

/**
 * `diagnosis`: where a number that is not finite came from; `rollback`: the run went back to a
 * checkpoint; `over`: what an alert told is no longer so.
 */
export const ALERT_KINDS = ['diagnosis', 'rollback', 'alert', 'over', 'edit'] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** How much it matters, and the icon that says so. */
export const SEVERITY: Readonly<Record<AlertKind, 'error' | 'warning' | 'info'>> = {
  diagnosis: 'error',
  rollback: 'warning',
  alert: 'warning',
  over: 'info',
  edit: 'info',
};
/** Class of its sign's colour. */
export function toneOf(kind: AlertKind): string {
  return kind === 'over' ? 'over' : SEVERITY[kind];
}

export const ALERT_ICONS: Readonly<Record<AlertKind, string>> = {
  diagnosis: 'error',
  rollback: 'discard',
  alert: 'warning',
  over: 'pass',
  edit: 'edit',
};

const SUBLAYERS = ['attention', 'feed_forward'] as const;

export interface Alert {
  readonly kind: AlertKind;
  readonly step: number;
  readonly text: string;
  /** Name of the depth layout's row it is about, where it names one. */
  readonly place: string | undefined;
  /** The sublayer, where it names one. */
  readonly part?: (typeof SUBLAYERS)[number] | undefined;
}

/** What calls for attention: neither what is over nor what a person did. */
export function isTrouble({ kind }: Alert): boolean {
  return SEVERITY[kind] !== 'info';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function plain(value: unknown): string {
  return typeof value === 'number' ? formatValue(value) : typeof value === 'string' ? value : JSON.stringify(value);
}

/** An alert of a newer trainer has no words here: its code, made readable, and what came with it. */
function unknownAlert(code: string, args: MessageArgs): string {
  const about = Object.entries(args).filter(([name]) => name !== 'code' && name !== 'step');
  const name = code.replaceAll(/[-_]+/g, ' ').trim();
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  return about.length === 0 ? title : `${title} (${about.map(([key, value]) => `${key}: ${plain(value)}`).join(', ')})`;
}

/** Measured numbers in as many digits as a person reads; counts stay whole. */
export function inDigits(args: MessageArgs): MessageArgs {
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name, typeof value === 'number' && !Number.isInteger(value) ? formatValue(value) : value]),
  );
}

function alertWords(payload: Raw & { readonly code: string }, words: Words): string {
  const args: MessageArgs = Object.fromEntries(
    Object.entries(payload).filter((entry): entry is [string, string | number] => ['string', 'number'].includes(typeof entry[1])),
  );
  return words.optional(payload.code) === undefined ? unknownAlert(payload.code, args) : words.text(payload.code, inDigits(args));
}

/** `{ changes: [{ field, from, to }] }`, or plainly `{ field: value }`. */
function editWords(payload: Raw, words: Words): string {
  const listed: readonly unknown[] = Array.isArray(payload.changes) ? payload.changes : [payload];
  const changes = listed.filter(isRecord).flatMap((change) => {
    if (typeof change.field !== 'string') {
      return Object.entries(change).flatMap(([field, value]) => (isRecord(value) ? [] : [`${field} ${plain(value)}`]));
    }
    const before = change.from === undefined ? '' : `${plain(change.from)} → `;
    return [`${change.field} ${before}${plain(change.to ?? change.value)}`];
  });
  return words.text('event.edit', { changes: changes.join(', ') });
}

function kindOf(code: string): AlertKind {
  if (code.startsWith('non-finite')) return 'diagnosis';
  if (code === 'rollback') return 'rollback';
  return code.endsWith('-over') ? 'over' : 'alert';
}

/** The alerts and edits among a run's texts, newest first. A payload that is not understood is shown as it is. */
export function alertsOf(texts: readonly RunText[], words: Words): Alert[] {
  return texts
    .flatMap(({ step, tag, text }): Alert[] => {
      if (tag !== 'alert' && tag !== 'edit') return [];
      const payload = parsed(text);
      if (!isRecord(payload)) return [{ kind: tag, step, text, place: undefined }];
      const place = typeof payload.place === 'string' ? payload.place : undefined;
      if (tag === 'edit') return [{ kind: tag, step, text: editWords(payload, words), place }];
      const { code } = payload;
      if (typeof code !== 'string') return [{ kind: tag, step, text, place }];
      const part = SUBLAYERS.find((known) => known === payload.part);
      return [{ kind: kindOf(code), step, text: alertWords({ ...payload, code }, words), place, part }];
    })
    .reverse();
}
