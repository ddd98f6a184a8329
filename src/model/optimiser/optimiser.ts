// What an optimiser is: which parts of a layout it updates at once, the state it keeps about each, and the
// step itself, a loop over flat memory. Trainers, checkpoints and memory predictions read the same plan, so
// that what is counted is what is kept.

import type { OptimiserDescriptor } from '../../experiment/catalogue';
import { sizeOf } from '../../graph/value';
import type { LayoutEntry, ParameterLayout, Region } from '../layout';

/** Float64Array only under the float64 reference engine; one process keeps to one of them, which V8 rewards. */
export type Floats = Float32Array | Float64Array;

export interface StepScalars {
  /** 1-based. */
  readonly step: number;
  readonly learningRate: number;
  /** Factor applied to the gradient first (clipping, averaging). */
  readonly gradientScale: number;
  /** 0 for pieces without decay. */
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly momentum: number;
  readonly epsilon: number;
}

/** Σθ² after the update and ΣΔθ² of it, of the values as stored: in float32 the step that rounding left. */
export interface UpdateSums {
  readonly weightSquares: number;
  readonly updateSquares: number;
}

/**
 * One step, in place on weight and state. All arrays are of the piece alone.
 * @param state one array for each of the piece's families, 0 before the first step.
 */
export type Step = (weight: Floats, gradient: Floats, state: readonly Floats[], scalars: StepScalars) => UpdateSums;

/** State of one kind that a piece keeps: its tensors lie one after the other. */
export interface StateFamily {
  /** Prefix of its tensors in checkpoints, such as `first`. */
  readonly family: string;
  /** Named as the parameters that they are about. */
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/** Elements [from, to) of a layout that are updated together. */
export interface Piece extends Region {
  readonly state: readonly StateFamily[];
  readonly step: Step;
}

export interface Optimiser {
  readonly descriptor: OptimiserDescriptor;
  /** Covers the layout. @param inLayer whether it is a layer's, or one of the model's ends. */
  pieces(layout: ParameterLayout, inLayer: boolean): readonly Piece[];
}

/** A piece for every region, with state of the parameters' own shapes: for steps that look at each element alone. */
export function elementwise(layout: ParameterLayout, families: readonly string[], step: Step): readonly Piece[] {
  return layout.regions.map((region) => elementwisePiece(layout, region, families, step));
}

export function elementwisePiece(layout: ParameterLayout, region: Region, families: readonly string[], step: Step): Piece {
  const tensors = entriesIn(layout, region).map(({ name, shape }) => ({ name, shape }));
  return { ...region, state: families.map((family) => ({ family, tensors })), step };
}

export function entriesIn({ entries }: ParameterLayout, { from, to }: Region): readonly LayoutEntry[] {
  return entries.filter(({ offset }) => offset >= from && offset < to);
}

/** The region of one parameter alone. */
export function regionOf(region: Region, { offset, shape }: LayoutEntry): Region {
  return { part: region.part, decay: region.decay, from: offset, to: offset + sizeOf(shape) };
}

/** One tensor of a block's state, in the block's flat state memory. */
export interface StateTensor {
  readonly family: string;
  /** The parameter's name in its layout. */
  readonly name: string;
  readonly shape: readonly number[];
  /** In elements. */
  readonly offset: number;
}

/** How an optimiser's state of one layout lies in flat memory. */
export interface StatePlan {
  /** Each with the extents [from, to) of its families. */
  readonly pieces: readonly { readonly piece: Piece; readonly extents: readonly (readonly [from: number, to: number])[] }[];
  readonly tensors: readonly StateTensor[];
  /** Elements in all. */
  readonly length: number;
}

export function planState(optimiser: Optimiser, layout: ParameterLayout, inLayer: boolean): StatePlan {
  const tensors: StateTensor[] = [];
  let offset = 0;
  const pieces = optimiser.pieces(layout, inLayer).map((piece) => {
    const extents = piece.state.map((state) => {
      const from = offset;
      for (const { name, shape } of state.tensors) {
        tensors.push({ family: state.family, name, shape, offset });
        offset += sizeOf(shape);
      }
      return [from, offset] as const;
    });
    return { piece, extents };
  });
  return { pieces, tensors, length: offset };
}

/** Bytes of float32 state that an optimiser keeps about a layout. */
export function stateBytes(optimiser: Optimiser, layout: ParameterLayout, inLayer: boolean): number {
  return 4 * planState(optimiser, layout, inLayer).length;
}
