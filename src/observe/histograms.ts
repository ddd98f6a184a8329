// The histograms over depth of one event file. They are few and large, so they stay in memory, and where
// there are too many of them every other older one is let go.

import type { HistogramLayout, RunEvent } from '../experiment/events';
import { Failure } from '../experiment/failure';
import type { Histogram, HistogramRequest } from '../experiment/view';

/** Of one kind, before older ones are thinned: 1000 layers take 140 kB each. */
const MOST_KEPT = 64;

export interface KeptHistogram {
  readonly step: number;
  readonly layout: HistogramLayout;
  /** Row-major, as recorded. */
  readonly values: Float32Array<ArrayBuffer>;
}

/** By name, steps ascending; plain data, so that it can be saved. */
export type HistogramsState = ReadonlyMap<string, readonly KeptHistogram[]>;

export class HistogramStore {
  private readonly kept: Map<string, KeptHistogram[]>;

  constructor(state: HistogramsState = new Map()) {
    this.kept = new Map([...state].map(([name, list]) => [name, [...list]]));
  }

  get names(): readonly string[] {
    return [...this.kept.keys()];
  }

  state(): HistogramsState {
    return this.kept;
  }

  /** @returns whether it is of the shape and the time that it should be. */
  add({ name, step, layout: own, rows, bins, values }: RunEvent & { readonly kind: 'histogram' }): boolean {
    const list = this.kept.get(name) ?? [];
    const last = list.at(-1);
    const layout = own ?? last?.layout;
    if (!layout || layout.rows.length !== rows || layout.edges.length + 1 !== bins || (last && step <= last.step)) return false;
    list.push({ step, layout, values: Float32Array.from(values) });
    this.kept.set(name, list.length > MOST_KEPT ? list.filter((_, i) => i % 2 === 0 || i === list.length - 1) : list);
    return true;
  }

  /** Those of a kind before a step, ascending. */
  before(name: string, end: number): readonly KeptHistogram[] {
    return (this.kept.get(name) ?? []).filter(({ step }) => step < end);
  }
}

/** @param kept of all event files, steps ascending. Throws `Failure` `unknown-histogram`. */
export function answerHistogram(kept: readonly KeptHistogram[], { name, step }: HistogramRequest): Histogram {
  const found = kept.findLast((each) => each.step <= step) ?? kept[0];
  if (!found) throw new Failure('unknown-histogram', { value: name });
  const { rows, edges } = found.layout;
  // A copy: answers are handed over to whoever asked.
  return { name, step: found.step, steps: kept.map((each) => each.step), rows, edges, values: found.values.slice() };
}
