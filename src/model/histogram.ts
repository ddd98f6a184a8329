// Histograms over depth: how many values of a layer lie between fixed edges on a signed logarithmic scale.
// Inside programs they are counted as statistics' partials are: how many lie above each edge, which adds up
// over workers and micro-batches.

import { constant } from '../graph/constant';
import { step, subtract } from '../graph/elementwise';
import { total } from '../graph/reduce';
import type { Value } from '../graph/value';
import { type Observation, type ObservedValues, type Reduction, summed } from './statistic';

export type HistogramName = 'activations' | 'gradients' | 'weights';

/** Edges are ±10^(least + k·stride), k = 0 … 16. */
const SCALES: Readonly<Record<HistogramName, { readonly least: number; readonly stride: number }>> = {
  activations: { least: -4, stride: 0.5 },
  gradients: { least: -14, stride: 1 },
  weights: { least: -6, stride: 0.5 },
};
const EDGES_PER_SIGN = 17;

export const HISTOGRAM_NAMES = Object.keys(SCALES) as readonly HistogramName[];

/** Ascending, of float32 values, so that every precision draws the line at the same place. */
export const HISTOGRAM_EDGES: Readonly<Record<HistogramName, Float64Array>> = {
  activations: edgesOf('activations'),
  gradients: edgesOf('gradients'),
  weights: edgesOf('weights'),
};

function edgesOf(name: HistogramName): Float64Array {
  const { least, stride } = SCALES[name];
  const positive = Array.from({ length: EDGES_PER_SIGN }, (_, k) => Math.fround(10 ** (least + k * stride)));
  return Float64Array.from([...positive.toReversed().map((edge) => -edge), ...positive]);
}

/** Partial by which a program tells how many values lie above an edge. */
const partialName = (name: HistogramName, edge: number): string => `${name}Above${edge}`;

function counts(
  name: HistogramName,
  factor: number,
  of: (...given: Parameters<Reduction['reduce']>) => Value | undefined,
): Record<string, Reduction> {
  return Object.fromEntries(
    Array.from(HISTOGRAM_EDGES[name], (edge, i) => [
      partialName(name, i),
      summed((values, cotangentOf) => {
        const x = isLast(values) ? of(values, cotangentOf) : undefined;
        return x && total(step(subtract(x, constant(edge * factor))));
      }),
    ]),
  );
}

/** Of a layer, only its last sublayer's stream is counted. */
const isLast = ({ attended }: ObservedValues): boolean => attended === undefined;

/**
 * What programs count: the stream after every layer and after the embedding, and the loss's gradient there.
 * @param microBatches of a step: each differentiates its own mean, the step's loss is the mean of those.
 */
export function countedInPrograms(microBatches: number): Observation {
  return {
    rows: 'streams',
    forward: counts('activations', 1, ({ output }) => output),
    backward: counts('gradients', microBatches, ({ output }, cotangentOf) => cotangentOf(output)),
  };
}

/**
 * Counts between edges from the combined partials of one row.
 * @param partial by name. @param elements counted. @returns edges + 1 counts: up to the first edge, …, above the last;
 * a value on an edge belongs below it.
 */
export function binsOf(name: 'activations' | 'gradients', partial: (name: string) => number, elements: number): number[] {
  const above = [elements, ...Array.from(HISTOGRAM_EDGES[name], (_, i) => partial(partialName(name, i))), 0];
  return above.slice(1).map((count, i) => (above[i] ?? 0) - count);
}

/** Counts values on the host as `binsOf` does. What is not a number is in no bin. @param into edges + 1 counts, added to. */
export function countInto(into: Float64Array, edges: Float64Array, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isNaN(value)) continue;
    let [from, to] = [0, edges.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (value > (edges[middle] as number)) from = middle + 1;
      else to = middle;
    }
    into[from] = (into[from] as number) + 1;
  }
}
