// A model as the trainer needs it: its parameter layouts, and which layer is of which kind. Nothing here
// grows with depth; `programs.ts` writes what is computed.

import type { ModelConfig } from '../experiment/config';
import { input } from '../graph/value';
import { blockLayout } from './block';
import { schemeNamed } from './catalogue';
import { embeddingLayout, headLayout, TOKEN_TABLE } from './ends';
import type { ParameterLayout } from './layout';
import type { ResidualScheme } from './residual/scheme';

/** A random mask that a block takes as an input, made outside the engine from (seed, step, sample, layer, site). */
export interface MaskSite {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Layers of one kind share programs and a parameter layout. */
export interface BlockKind {
  readonly name: string;
  readonly layout: ParameterLayout;
  /** Names of the numbers that vary with the layer. */
  readonly constants: readonly string[];
  readonly masks: readonly MaskSite[];
}

export interface Model {
  readonly config: ModelConfig;
  readonly kinds: readonly BlockKind[];
  /** Kind of a layer, 1-based. */
  kindOf(layer: number): BlockKind;
  /** The numbers of a layer, 1-based. */
  constantsOf(layer: number): Readonly<Record<string, number>>;
  /** Names of the streams between layers. */
  readonly streams: readonly string[];
  readonly embedding: ParameterLayout;
  readonly head: ParameterLayout;
  /** Name of the parameter that head and embedding share, where they do. */
  readonly tied?: string;
}

export function describeModel(config: ModelConfig): Model {
  const scheme = schemeNamed(config.scheme);
  const kind: BlockKind = {
    name: 'block',
    layout: blockLayout(config, scheme),
    constants: Object.keys(scheme.constants?.(1, config) ?? {}),
    masks: [],
  };
  return {
    config,
    kinds: [kind],
    kindOf: () => kind,
    constantsOf: (layer) => scheme.constants?.(layer, config) ?? {},
    streams: streamsOf(scheme, config),
    embedding: embeddingLayout(config),
    head: headLayout(config),
    ...(config.tiedEmbeddings ? { tied: TOKEN_TABLE } : {}),
  };
}

function streamsOf(scheme: ResidualScheme, config: ModelConfig): string[] {
  return Object.keys(scheme.enter?.(input('x', [1, config.hidden])) ?? { x: true });
}
