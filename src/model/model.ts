// A model as the trainer needs it: its parameter layouts, and which layer is of which kind. What is
// computed does not grow with depth; `programs.ts` writes it.

import type { ExperimentConfig, ModelConfig } from '../experiment/config';
import { input, type Value } from '../graph/value';
import { type BlockKind, blockKinds, type MaskSite } from './block';
import { schemeNamed } from './catalogue';
import { EMBEDDING_SITE, embeddingLayout, headLayout } from './ends';
import { headOf, TOKEN_TABLE } from './heads';
import type { ParameterLayout } from './layout';
import type { LayerFactors, ResidualScheme } from './residual/scheme';

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
  /** Where dropout strikes between embedding and first layer; none without dropout. */
  readonly embeddingMasks: readonly MaskSite[];
  readonly head: ParameterLayout;
  /** Name of the parameter that head and embedding share, where they do. */
  readonly tied?: string;
}

export function describeModel(config: ModelConfig): Model {
  const scheme = schemeNamed(config.scheme);
  const layers = blockKinds(config, scheme);
  return {
    config,
    kinds: [...new Set(layers)],
    kindOf(layer) {
      const kind = layers[layer - 1];
      if (!kind) throw new RangeError(`the model has layers 1 to ${layers.length}, not ${layer}`);
      return kind;
    },
    constantsOf: (layer) => scheme.constants?.(layer, config) ?? {},
    streams: streamsOf(scheme, config),
    embedding: embeddingLayout(config, scheme),
    embeddingMasks: config.dropout > 0 ? [{ name: EMBEDDING_SITE, shape: [config.context, config.hidden] }] : [],
    head: headLayout(config, scheme),
    ...(config.tiedEmbeddings && headOf(config).decodes ? { tied: TOKEN_TABLE } : {}),
  };
}

/** Factors on the optimiser's numbers inside the layers, as the scheme wants them. */
export function layerFactors(config: ModelConfig): LayerFactors {
  return schemeNamed(config.scheme).layerFactors?.(config) ?? { learningRate: 1, epsilon: 1 };
}

/**
 * The learning rate inside layers, as a factor on that of the schedule: what the configuration asks for times what
 * its scheme does.
 */
export function layerRate({ model, optimiser }: Pick<ExperimentConfig, 'model' | 'optimiser'>): number {
  return optimiser.layerRate * layerFactors(model).learningRate;
}

function streamsOf(scheme: ResidualScheme, config: ModelConfig): string[] {
  const scope = { model: config, norm: (x: Value) => x, parameter: (name: string) => input(name, [1]) };
  return Object.keys(scheme.enter?.(input('x', [1, config.hidden]), scope) ?? { x: true });
}
