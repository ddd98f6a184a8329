// What a statistic over depth is: its words, what programs reduce on the device, how partials of workers
// and micro-batches become one, and how that becomes the number.

import type { StatisticDescriptor } from '../experiment/catalogue';
import type { Value } from '../graph/value';
import type { Attended } from './attention';
import type { BatchShape } from './block';

/** The values of one sublayer (or of the embedding, where only `output` and `shape` exist) that reductions may use. */
export interface ObservedValues {
  readonly output: Value;
  readonly shape: BatchShape;
  readonly branch?: Value;
  readonly stream?: Value;
  readonly sum?: Value;
  /** Of the last sublayer: the stream as it entered the layer. */
  readonly entering?: Value;
  /** Of an attention sublayer. */
  readonly attended?: Attended;
}

export type CotangentOf = (value: Value) => Value | undefined;

/** A scalar that a program reduces its values to. Exact over a step once all programs' are combined. */
export interface Reduction {
  readonly combine: 'sum' | 'maximum';
  /** @returns undefined where a sublayer has nothing of the kind. */
  reduce(values: ObservedValues, cotangentOf: CotangentOf): Value | undefined;
}

export const summed = (reduce: Reduction['reduce']): Reduction => ({ combine: 'sum', reduce });
export const largest = (reduce: Reduction['reduce']): Reduction => ({ combine: 'maximum', reduce });

/** One sublayer's partials after micro-batches and workers are combined, and its parameters' sums. */
export interface StatisticCell {
  /** A reduced value by name; `absent`, NaN unless given, where there is none. */
  partial(name: string, absent?: number): number;
  /** Of the stream over the whole step: B·T·C, B·T and B of all micro-batches. */
  readonly elements: number;
  readonly tokens: number;
  readonly sequences: number;
  readonly heads: number;
  readonly microBatches: number;
  readonly gradientSquares: number;
  readonly weightSquares: number;
  readonly updateSquares: number;
  /** Parameter gradients that are NaN or infinite. */
  readonly nonFiniteGradients: number;
}

/** What is reduced inside programs, by name of the partial. */
export interface Observation {
  /** Which rows have it: layers only, everything with a stream (embedding too), or everything with parameters. */
  readonly rows: 'layers' | 'streams' | 'parameters';
  readonly forward?: Readonly<Record<string, Reduction>>;
  readonly backward?: Readonly<Record<string, Reduction>>;
}

export interface Statistic extends Observation {
  readonly descriptor: StatisticDescriptor;
  /** The number for these sublayers together; the last one is the side that the next layer sees. */
  finish(cells: readonly StatisticCell[]): number;
}
