// The tags of event files. Watchers and the trainer agree here and nowhere else.

export const SCALAR_TAGS = [
  'loss/train',
  'loss/validation',
  'loss/validation_averaged',
  'lr',
  'gradient_norm',
  'tokens_per_second',
] as const;
export type ScalarTag = (typeof SCALAR_TAGS)[number];

/** One float tensor `[rows, statistics]` per recorded step. */
export const DEPTH_TAG = 'depth';

/** One float tensor `[rows, bins]` of counts per recorded step; the name of what is counted follows. */
export const HISTOGRAM_PREFIX = 'histogram/';

/** Text events with a JSON payload and a step. */
export const TEXT_TAGS = ['alert', 'edit', 'command'] as const;
export type TextTag = (typeof TEXT_TAGS)[number];

/** Rows beside the layers, in this order before and after them. */
export const EMBEDDING_ROW = 'embedding';
export const HEAD_ROW = 'head';

/** Row name of layer l, counted from 1. */
export function layerRow(layer: number): string {
  return `layer ${layer}`;
}
