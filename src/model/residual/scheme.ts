// What a residual scheme is: a descriptor for people beside the program that joins a sublayer's
// output to the residual stream. One file per scheme; `catalogue.ts` collects them.

import type { SchemeDescriptor } from '../../experiment/catalogue';
import type { ModelConfig } from '../../experiment/config';
import type { Value } from '../../graph/value';
import type { ParameterSpec } from '../layout';

export type SublayerPart = 'attention' | 'feed_forward';

/** The two ends of the model. */
export type End = 'embedding' | 'head';

/** Named streams that pass from layer to layer; one called `x` for most schemes. Each is [B·T, C]. */
export type Carry = Readonly<Record<string, Value>>;

/** A LayerNorm with parameters of its own, and how many channels it runs over: C, F or D. */
export interface NormSite {
  readonly name: string;
  readonly over: 'hidden' | 'feed-forward' | 'head';
}

/** What a sublayer has unless its scheme says otherwise. */
export const ONE_NORM: readonly NormSite[] = [{ name: 'norm', over: 'hidden' }];

/** Of all heads, each [B, H, T, D]. */
export interface Heads {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
}

/** What a scheme changes inside a sublayer. */
export interface Inside {
  /** Query, key and value, before query meets key. */
  heads?(heads: Heads): Heads;
  /** What the sublayer's last projection reads: mixed heads [B·T, C], or activations [B·T, F]. */
  inner?(x: Value): Value;
}

/** What a scheme's program may use while it writes one sublayer. */
export interface SublayerScope {
  readonly part: SublayerPart;
  /** The layer's kind, as `kindOf` named it. */
  readonly kind: string;
  readonly carry: Carry;
  readonly model: ModelConfig;
  /** The sublayer without its residual: attention or feed-forward of a normalised or raw stream. */
  branch(x: Value, inside?: Inside): Value;
  /** One of this sublayer's norms; the one called `norm` unless named. */
  norm(x: Value, name?: string): Value;
  /** A number of this layer, as `constants` gave it: an input, so that layers share one program. */
  constant(name: string): Value;
  /** A parameter that the scheme declared in `parameters`. */
  parameter(name: string): Value;
}

/** What a scheme's program may use at the ends of the model. */
export interface EndScope {
  readonly model: ModelConfig;
  /** A norm that the scheme declared for this end. */
  norm(x: Value, name: string): Value;
  /** A parameter that the scheme declared in `endParameters`. */
  parameter(name: string): Value;
}

/** What a sublayer made, with the values that statistics look at. All [B·T, C]. */
export interface Joined {
  readonly carry: Carry;
  /** f(x): what the sublayer adds. */
  readonly branch: Value;
  /** α·x: what it is added to. */
  readonly stream: Value;
  /** The sum, before any LayerNorm. */
  readonly sum: Value;
  /** The stream after the sublayer. */
  readonly output: Value;
}

/**
 * Factors by which a scheme scales how its layers start belong to an initialisation of their own
 * (`initialise.ts`), never to the scheme: the two are compared as a grid.
 */
export interface ResidualScheme {
  readonly descriptor: SchemeDescriptor;
  /** Kind of a layer (1-based), where not all are alike: each kind has programs and a layout of its own. */
  kindOf?(layer: number, model: ModelConfig): string;
  /** Norms of a sublayer; `ONE_NORM` by default. All have to be used. */
  norms?(part: SublayerPart, kind: string): readonly NormSite[];
  /** Parameters of a sublayer beyond its norms. All have to be used. */
  parameters?(part: SublayerPart, model: ModelConfig, kind: string): readonly ParameterSpec[];
  /** Numbers that vary with the layer (1-based); the same names for every layer. */
  constants?(layer: number, model: ModelConfig): Readonly<Record<string, number>>;
  /** Names of the norms, over C, that `enter` and `exit` use. The final norm before the head is not among them. */
  readonly endNorms?: Readonly<Partial<Record<End, readonly string[]>>>;
  /** Parameters that `enter` or `exit` uses beyond its norms. */
  endParameters?(end: End, model: ModelConfig): readonly ParameterSpec[];
  /** From the embedding to the streams, and back to one before the head; `{x}` by default. */
  enter?(embedded: Value, scope: EndScope): Carry;
  exit?(carry: Carry, scope: EndScope): Value;
  sublayer(scope: SublayerScope): Joined;
  /** Factors on the optimiser's numbers inside the layers; 1 by default. */
  layerFactors?(model: ModelConfig): LayerFactors;
}

export interface LayerFactors {
  readonly learningRate: number;
  /** On Adam's ε. */
  readonly epsilon: number;
}

/** The stream called x, or another by name. */
export function streamOf(carry: Carry, name = 'x'): Value {
  const found = carry[name];
  if (!found) throw new Error(`the carry has no stream ${name}, only ${Object.keys(carry).join(', ')}`);
  return found;
}

export function optionOf(model: ModelConfig, name: string): number {
  const value = model.schemeOptions[name];
  if (value === undefined) throw new Error(`scheme ${model.scheme} was resolved without its option '${name}'`);
  return value;
}
