// The compiled programs of one pass, made when first asked for: forward and backward of each kind of
// layer, saving or recomputing, with and without statistics, and the two ends.

import type { Engine, Executable } from '../engine/engine';
import type { Program, TensorType } from '../graph/value';
import type { BatchShape, BlockKind } from '../model/block';
import type { Model } from '../model/model';
import { derivativeInHalves, inHalves } from '../model/precision';
import {
  blockPrograms,
  embeddingPrograms,
  headPrograms,
  type KeptActivations,
  type ObservedDerivative,
  type PackedNames,
  type Variant,
} from '../model/programs';

export interface CompiledDerivative {
  readonly forward: Executable;
  readonly backward: Executable;
  readonly statistics: PackedNames;
  /** What backward wants from forward, by name. */
  readonly saved: Readonly<Record<string, TensorType>>;
}

export class Programs {
  private readonly derivatives = new Map<string, Promise<CompiledDerivative>>();
  private readonly spellings = new WeakMap<Variant, string>();
  private readonly single = new Map<string, Promise<Executable>>();

  constructor(
    private readonly engine: Engine,
    private readonly model: Model,
    private readonly shape: BatchShape,
    private readonly kept: KeptActivations,
    /** Whether what goes from program to program is kept in halves. */
    private readonly halves: boolean,
  ) {}

  block(kind: BlockKind, save: boolean, variant: Variant): Promise<CompiledDerivative> {
    const policy = save ? this.kept : 'nothing';
    return this.derivative(`${kind.name} ${policy} ${this.spelled(variant)}`, () =>
      blockPrograms(this.model, kind, this.shape, policy, variant),
    );
  }

  embedding(variant: Variant): Promise<CompiledDerivative> {
    return this.derivative(`embedding ${this.spelled(variant)}`, () => embeddingPrograms(this.model, this.shape, variant));
  }

  head(): Promise<Executable> {
    return this.one('head', () => headPrograms(this.model, this.shape).train);
  }

  evaluation(): Promise<Executable> {
    return this.one('evaluate', () => headPrograms(this.model, this.shape).evaluate);
  }

  async dispose(): Promise<void> {
    const derivatives = await Promise.all(this.derivatives.values());
    const executables = [
      ...derivatives.flatMap(({ forward, backward }) => [forward, backward]),
      ...(await Promise.all(this.single.values())),
    ];
    await Promise.all(executables.map((executable) => executable.dispose()));
  }

  /** Without dropout, training and evaluation run the same programs. Asked for by every layer, so each variant is spelled once. */
  private spelled(variant: Variant): string {
    const { statistics, histograms, dropping } = variant;
    const found = this.spellings.get(variant) ?? `${statistics.join()} ${histograms} ${dropping && this.model.config.dropout > 0}`;
    this.spellings.set(variant, found);
    return found;
  }

  private derivative(key: string, make: () => ObservedDerivative): Promise<CompiledDerivative> {
    return remembered(this.derivatives, key, async () => {
      const { forward, backward, statistics, saved } = this.halves ? derivativeInHalves(make()) : make();
      const types = Object.fromEntries(saved.map((name) => [name, forward.outputs[name]?.type as TensorType]));
      return { forward: await this.engine.compile(forward), backward: await this.engine.compile(backward), statistics, saved: types };
    });
  }

  private one(key: string, make: () => Program): Promise<Executable> {
    return remembered(this.single, key, () => this.engine.compile(this.halves ? inHalves(make()) : make()));
  }
}

function remembered<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}
