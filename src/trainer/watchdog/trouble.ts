// A number that is not finite: where it is, of what kind, and how to find it in memory.

import type { Engine, FloatArray } from '../../engine/engine';
import { EMBEDDING_ROW, HEAD_ROW, layerRow } from '../../experiment/tags';
import type { Place } from '../../model/initialise';
import type { Part } from '../../model/layout';
import { flatOf, kernelsOf } from '../memory';
import type { BlockSums } from '../update';
import { allBlocks, type Block, type Weights } from '../weights';

/** In the order in which a step computes them. */
export type TroubleKind = 'weight' | 'forward' | 'loss' | 'gradient' | 'state';

export interface Trouble {
  readonly kind: TroubleKind;
  readonly place: Place;
  readonly part: Part;
  /** Whether weights or optimiser state in memory are spoiled: then they must not be saved. */
  readonly inMemory: boolean;
  /** Not seen again when the step was computed anew: a fault of the machine rather than of the numbers. */
  readonly once?: true;
}

/** Name of its row in the depth picture. */
export function rowOf({ place }: Pick<Trouble, 'place'>): string {
  return typeof place === 'number' ? layerRow(place) : place === 'embedding' ? EMBEDDING_ROW : HEAD_ROW;
}

/** Row and sublayer, such as `layer 3, feed-forward`. */
export function spelledOut({ place, part }: Pick<Trouble, 'place' | 'part'>): string {
  const row = rowOf({ place });
  return typeof place === 'number' ? `${row}, ${part === 'attention' ? 'attention' : 'feed-forward'}` : row;
}

export const WHAT: Readonly<Record<TroubleKind, string>> = {
  weight: 'a weight',
  forward: 'an activation',
  loss: 'the loss',
  gradient: 'a gradient',
  state: 'the optimiser state',
};

/**
 * The first block whose weights (and their average), or optimiser state, hold something that is not finite: one
 * pass over that memory.
 */
export function spoiled(engine: Engine, weights: Weights, kind: 'weight' | 'state'): Trouble | undefined {
  const kernels = kernelsOf(engine);
  const whole = (data: FloatArray, from = 0, to = data.length): boolean => kernels.allFinite(data, from, to);
  for (const { place, layout, weight, state, average } of allBlocks(weights)) {
    const bad =
      kind === 'weight'
        ? layout.regions.find(({ from, to }) => !whole(flatOf(weight), from, to) || (average && !whole(average, from, to)))
        : state.plan.pieces.find((_, i) => state.views[i]?.some((data) => !whole(data)))?.piece;
    if (bad) return { kind, place, part: bad.part, inMemory: true };
  }
  return undefined;
}

/** Where an update left a weight that is not finite. @param sums completed by the update. */
export function spoiledByUpdate(weights: Weights, sums: readonly BlockSums[]): Trouble | undefined {
  for (const [index, block] of allBlocks(weights).entries())
    for (const [part, { weightSquares, updateSquares }] of sums[index] ?? [])
      if (!Number.isFinite(weightSquares + updateSquares)) return { kind: 'weight', place: block.place, part, inMemory: true };
  return undefined;
}

/** Backward runs from the head down and spoils everything below: the topmost bad gradient is the culprit. */
export function topmostBadGradient(weights: Weights, sums: readonly BlockSums[]): Trouble | undefined {
  const blocks = allBlocks(weights);
  for (let row = blocks.length - 1; row >= 0; row--)
    for (const [part, { gradientSquares }] of [...(sums[row] ?? [])].reverse())
      if (!Number.isFinite(gradientSquares)) return { kind: 'gradient', place: (blocks[row] as Block).place, part, inMemory: false };
  return undefined;
}
