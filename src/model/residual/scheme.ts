// What a residual scheme is: a descriptor for people beside the program that joins a sublayer's
// output to the residual stream. One file per scheme; `catalogue.ts` collects them.

import type { SchemeDescriptor } from '../../experiment/catalogue';
import type { ModelConfig } from '../../experiment/config';
import type { Value } from '../../graph/value';
import type { ParameterSpec } from '../layout';

export type SublayerPart = 'attention' | 'feed_forward';

/** Named streams that pass from layer to layer; one called `x` for most schemes. Each is [B·T, C]. */
export type Carry = Readonly<Record<string, Value>>;

/** What a scheme's program may use while it writes one sublayer. */
export interface SublayerScope {
  readonly part: SublayerPart;
  readonly carry: Carry;
  readonly model: ModelConfig;
  /** The sublayer without its residual: attention or feed-forward of a normalised or raw stream. */
  branch(x: Value): Value;
  /** This sublayer's LayerNorm (its own gain and bias). */
  norm(x: Value): Value;
  /** A number of this layer, as `constants` gave it: an input, so that layers share one program. */
  constant(name: string): Value;
  /** A parameter that the scheme declared in `parameters`. */
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

export interface ResidualScheme {
  readonly descriptor: SchemeDescriptor;
  /** Parameters beyond the sublayer's own LayerNorm. */
  parameters?(part: SublayerPart, model: ModelConfig): readonly ParameterSpec[];
  /** Numbers that vary with the layer (1-based); the same names for every layer. */
  constants?(layer: number, model: ModelConfig): Readonly<Record<string, number>>;
  /** From the embedding to the streams, and back to one before the head; `{x}` by default. */
  enter?(embedded: Value): Carry;
  exit?(carry: Carry): Value;
  sublayer(scope: SublayerScope): Joined;
}

/** The stream called x. */
export function streamOf(carry: Carry): Value {
  const { x } = carry;
  if (!x) throw new Error(`the carry has no stream x, only ${Object.keys(carry).join(', ')}`);
  return x;
}

export function optionOf(model: ModelConfig, name: string): number {
  const value = model.schemeOptions[name];
  if (value === undefined) throw new Error(`scheme ${model.scheme} was resolved without its option '${name}'`);
  return value;
}
