// The forward halves of the trainer's own programs over a checkpoint's weights: tokens to the streams after the
// last layer. Memory is one copy of the weights and two sets of streams, whatever the depth.

import type { Engine, Executable, Storage, Tensor } from '../engine/engine';
import type { BatchShape } from '../model/block';
import type { Place } from '../model/initialise';
import type { ParameterLayout } from '../model/layout';
import type { Model } from '../model/model';
import { blockPrograms, embeddingPrograms } from '../model/programs';
import { constantsOf, slotLayouts } from '../trainer/memory';

/** Weights of one place of the model; what a checkpoint is loaded into. */
export interface PlacedWeights {
  readonly place: Place;
  readonly layout: ParameterLayout;
  readonly weight: Storage;
}

export type Tensors = Readonly<Record<string, Tensor>>;

/** Neither statistics nor dropout: what an evaluation runs. */
const PLAIN = { statistics: [], dropping: false };

/** Room for the weights of every place: embedding, layers, head. */
export function placeWeights(engine: Engine, model: Model): PlacedWeights[] {
  const layouts = slotLayouts(model);
  return layouts.map((layout, slot) => {
    const place: Place = slot === 0 ? 'embedding' : slot === layouts.length - 1 ? 'head' : slot;
    return { place, layout, weight: engine.storage(layout.entries, layout.length) };
  });
}

export class ForwardPass {
  /** Two alternating sets of streams. */
  private readonly streams: readonly [Tensors, Tensors];
  private readonly constants: readonly Tensors[];

  private constructor(
    engine: Engine,
    model: Model,
    { batch, context }: BatchShape,
    private readonly weights: (slot: number) => Tensors,
    private readonly embedding: Executable,
    private readonly layers: readonly Executable[],
  ) {
    const { hidden } = model.config;
    const streams = (): Tensors =>
      Object.fromEntries(model.streams.map((name) => [`carry.${name}`, engine.allocate([batch * context, hidden])]));
    this.streams = [streams(), streams()];
    this.constants = constantsOf(engine, model);
  }

  /** @param weights as `placeWeights` gives them; read at every run, so they may be filled later. */
  static async compile(engine: Engine, model: Model, weights: readonly PlacedWeights[], shape: BatchShape): Promise<ForwardPass> {
    const embedding = await engine.compile(embeddingPrograms(model, shape, PLAIN).forward);
    const kinds = new Map(
      await Promise.all(
        model.kinds.map(async (kind) => [kind, await engine.compile(blockPrograms(model, kind, shape, 'nothing', PLAIN).forward)] as const),
      ),
    );
    const layers = Array.from({ length: model.config.layers }, (_, i) => kinds.get(model.kindOf(i + 1)) as Executable);
    return new ForwardPass(engine, model, shape, weightsOf(weights), embedding, layers);
  }

  /** @param fed what `feed` makes of a batch. @returns `carry.<stream>` [B·T, C], valid until the next run. */
  async run(fed: Tensors): Promise<Tensors> {
    await this.embedding.run({ ...this.weights(0), ...fed }, this.streams[0]);
    for (const [i, layer] of this.layers.entries()) {
      const [from, to] = [this.streams[i % 2], this.streams[(i + 1) % 2]];
      await layer.run({ ...this.weights(i + 1), ...this.constants[i], ...from, ...fed }, to);
    }
    return this.streams[this.layers.length % 2] as Tensors;
  }

  async dispose(): Promise<void> {
    await Promise.all([...new Set([this.embedding, ...this.layers])].map((executable) => executable.dispose()));
  }
}

/** What a slot's parameters are, as programs take them. */
export function weightsOf(weights: readonly PlacedWeights[]): (slot: number) => Tensors {
  return (slot) => {
    const found = weights[slot];
    if (!found) throw new Error(`the model has no slot ${slot}`);
    return found.weight.tensors;
  };
}
