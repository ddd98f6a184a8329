// How a layer's parameters lie in memory: flat, grouped `[part] × [decay | no decay]`, tensor shapes
// kept. Contiguous regions let one loop update and measure a whole sublayer; shapes are for optimisers
// that need matrices and for files.

import { input, sizeOf, type Value } from '../graph/value';

/** Sublayers of a layer, and the two ends of the model. */
export type Part = 'attention' | 'feed_forward' | 'embedding' | 'head';

/** What a parameter does, which is what initialisation schemes tell apart. */
export type Role =
  | 'gain'
  | 'bias'
  | 'token-embedding'
  | 'position-embedding'
  | 'type-embedding'
  | 'query-key-value'
  | 'attention-output'
  | 'feed-forward-in'
  | 'feed-forward-out'
  | 'head-transform'
  | 'vocabulary-output'
  | 'class-output';

export interface ParameterSpec {
  /** Unique within its layout, such as `attention.qkv.weight`. */
  readonly name: string;
  /** Matrices are stored in × out. */
  readonly shape: readonly number[];
  readonly part: Part;
  readonly role: Role;
  /** How many matrices lie side by side in the columns, each a projection of its own; 1 unless given. */
  readonly projections?: number;
  /** What every element of a gain starts as; 1 unless given. */
  readonly start?: number;
}

export interface LayoutEntry extends ParameterSpec {
  /** In elements from the start of the layout. */
  readonly offset: number;
}

/** Elements [from, to) that share part and decay. */
export interface Region {
  readonly part: Part;
  readonly decay: boolean;
  readonly from: number;
  readonly to: number;
}

export interface ParameterLayout {
  readonly entries: readonly LayoutEntry[];
  readonly regions: readonly Region[];
  /** Elements in all. */
  readonly length: number;
}

/** Weight decay pulls on matrices only: gains and biases set scales that decay would fight. */
export function decays(spec: ParameterSpec): boolean {
  return spec.role !== 'gain' && spec.role !== 'bias';
}

export function layOut(specs: readonly ParameterSpec[]): ParameterLayout {
  const entries: LayoutEntry[] = [];
  const regions: Region[] = [];
  let offset = 0;
  for (const part of [...new Set(specs.map((spec) => spec.part))]) {
    for (const decay of [true, false]) {
      const from = offset;
      for (const spec of specs.filter((candidate) => candidate.part === part && decays(candidate) === decay)) {
        entries.push({ ...spec, offset });
        offset += sizeOf(spec.shape);
      }
      if (offset > from) regions.push({ part, decay, from, to: offset });
    }
  }
  return { entries, regions, length: offset };
}

/** A program input for each parameter. */
export function parameterInputs(layout: ParameterLayout): Record<string, Value> {
  return Object.fromEntries(layout.entries.map((entry) => [entry.name, input(entry.name, entry.shape)]));
}
