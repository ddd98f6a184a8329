// Which statistics a run recorded, under their names for people: the depth layout's columns joined
// with the catalogue's descriptors. A run of a newer Fathom may hold statistics that this catalogue
// does not know; they are shown under their own names rather than hidden.

import type { StatisticDescriptor } from '../src/experiment/catalogue';
import type { Transform } from './axes';
import type { Words } from './words';

export type Part = 'layer' | 'attention' | 'feed_forward';
export const PARTS: readonly Part[] = ['layer', 'attention', 'feed_forward'];

export interface Statistic {
  readonly name: string;
  readonly title: string;
  readonly formula: string;
  readonly documentation: string;
  /** Formula, documentation and source in one text. */
  readonly about: string;
  readonly unit: string;
  readonly transform: Transform;
  /** Recorded parts, in the order of `PARTS`; at least one. */
  readonly parts: readonly Part[];
}

/** The depth layout's column that holds a part of a statistic. */
export function columnName(statistic: string, part: Part): string {
  return part === 'layer' ? statistic : `${statistic}/${part}`;
}

function readable(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * The recorded statistics: those of the catalogue in its order, then unknown ones in the layout's.
 *
 * @param columns `DepthLayout.columns`
 */
export function recordedStatistics(columns: readonly string[], descriptors: readonly StatisticDescriptor[], words: Words): Statistic[] {
  const parts = new Map<string, Set<Part>>();
  for (const column of columns) {
    const [name = '', part = 'layer'] = column.split('/');
    const known = PARTS.find((candidate) => candidate === part);
    if (known) parts.set(name, (parts.get(name) ?? new Set()).add(known));
  }
  const order = [...descriptors.map((descriptor) => descriptor.name).filter((name) => parts.has(name)), ...parts.keys()];
  return [...new Set(order)].map((name) => {
    const descriptor = descriptors.find((candidate) => candidate.name === name);
    const recorded = parts.get(name);
    return {
      name,
      title: words.optional(`statistic.${name}`) ?? descriptor?.title ?? readable(name),
      formula: descriptor?.formula ?? '',
      documentation: descriptor?.documentation ?? '',
      about: [descriptor?.formula, descriptor?.documentation, descriptor?.source].filter(Boolean).join(' · '),
      unit: descriptor?.unit ?? '1',
      transform: descriptor?.scale ?? 'log',
      parts: PARTS.filter((part) => recorded?.has(part)),
    };
  });
}
