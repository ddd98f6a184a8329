// One transformer layer as a program: an attention and a feed-forward sublayer, joined to the residual
// stream by the scheme. The layer is the compiled unit, whatever the depth (architecture.md).

import type { ModelConfig } from '../experiment/config';
import { multiply } from '../graph/elementwise';
import { reshape } from '../graph/shape';
import { input, type Value } from '../graph/value';
import { activationNamed } from './activation';
import { ATTENTION_WEIGHTS, type Attended, attention, causalMask, type Drop } from './attention';
import { feedForward } from './feedForward';
import { layOut, type ParameterLayout, type ParameterSpec, parameterInputs } from './layout';
import { normalise, normParameters } from './norm';
import { type Carry, type Inside, type Joined, type NormSite, ONE_NORM, type ResidualScheme, type SublayerPart } from './residual/scheme';

/** Sequences and tokens per program run. */
export interface BatchShape {
  readonly batch: number;
  readonly context: number;
}

/**
 * A place where dropout strikes. The mask is an input, `mask.<name>`, made outside the engine from (seed, step,
 * sample, layer, site), so that recomputation sees the same one.
 */
export interface MaskSite {
  readonly name: string;
  /** Of one sequence. */
  readonly shape: readonly number[];
}

/** Layers of one kind share programs and a parameter layout. */
export interface BlockKind {
  readonly name: string;
  readonly layout: ParameterLayout;
  /** Names of the numbers that vary with the layer. */
  readonly constants: readonly string[];
  /** None without dropout. */
  readonly masks: readonly MaskSite[];
}

export const SUBLAYERS: readonly SublayerPart[] = ['attention', 'feed_forward'];

/** What a layer's kind is called where all layers are alike. */
const ONLY_KIND = 'block';

/** Layers 1 to L by kind. */
export function blockKinds(model: ModelConfig, scheme: ResidualScheme): readonly BlockKind[] {
  const kinds = new Map<string, BlockKind>();
  return Array.from({ length: model.layers }, (_, i) => {
    const name = scheme.kindOf?.(i + 1, model) ?? ONLY_KIND;
    const kind = kinds.get(name) ?? {
      name,
      layout: blockLayout(model, scheme, name),
      constants: Object.keys(scheme.constants?.(i + 1, model) ?? {}),
      masks: maskSites(model),
    };
    kinds.set(name, kind);
    return kind;
  });
}

function maskSites({ dropout, heads, context, hidden }: ModelConfig): readonly MaskSite[] {
  if (dropout === 0) return [];
  const sublayers = SUBLAYERS.map((name) => ({ name, shape: [context, hidden] }));
  return [{ name: ATTENTION_WEIGHTS, shape: [heads, context, context] }, ...sublayers];
}

/** Inputs for the masks of these sites, and what multiplies a value by the mask of a site. */
export function maskInputs(sites: readonly MaskSite[], batch: number): { inputs: Record<string, Value>; drop: Drop } {
  const inputs = Object.fromEntries(sites.map(({ name, shape }) => [`mask.${name}`, input(`mask.${name}`, [batch, ...shape])]));
  return {
    inputs,
    drop(x, site) {
      const mask = inputs[`mask.${site}`];
      return mask ? multiply(x, reshape(mask, x.type.shape)) : x;
    },
  };
}

/** Parameters of one kind of layer under a scheme; matrices in × out. */
function blockLayout(model: ModelConfig, scheme: ResidualScheme, kind: string): ParameterLayout {
  const { hidden: C, feedForward: F } = model;
  const { reads } = activationNamed(model.activation);
  const inner = reads * F;
  const ofScheme = (part: SublayerPart): ParameterSpec[] => [
    ...normsOf(model, scheme, part, kind).flatMap((site) => normParameters(model, `${part}.${site.name}`, widthOf(site, model), part)),
    ...(scheme.parameters?.(part, model, kind) ?? []),
  ];
  return layOut([
    { name: 'attention.qkv.weight', shape: [C, 3 * C], part: 'attention', role: 'query-key-value', projections: 3 },
    { name: 'attention.output.weight', shape: [C, C], part: 'attention', role: 'attention-output' },
    { name: 'attention.qkv.bias', shape: [3 * C], part: 'attention', role: 'bias' },
    { name: 'attention.output.bias', shape: [C], part: 'attention', role: 'bias' },
    ...ofScheme('attention'),
    { name: 'feed_forward.in.weight', shape: [C, inner], part: 'feed_forward', role: 'feed-forward-in', projections: reads },
    { name: 'feed_forward.out.weight', shape: [F, C], part: 'feed_forward', role: 'feed-forward-out' },
    { name: 'feed_forward.in.bias', shape: [inner], part: 'feed_forward', role: 'bias' },
    { name: 'feed_forward.out.bias', shape: [C], part: 'feed_forward', role: 'bias' },
    ...ofScheme('feed_forward'),
  ]);
}

/** The scheme's norms, and those of query and key where the configuration wants them and the scheme has none. */
function normsOf(model: ModelConfig, scheme: ResidualScheme, part: SublayerPart, kind: string): readonly NormSite[] {
  const own = scheme.norms?.(part, kind) ?? ONE_NORM;
  if (part !== 'attention' || !model.queryKeyNorm) return own;
  const added = QUERY_KEY_NORMS.filter(({ name }) => own.every((site) => site.name !== name));
  return [...own, ...added];
}

const QUERY_KEY_NORMS = ['query_norm', 'key_norm'].map((name): NormSite => ({ name, over: 'head' }));

function widthOf({ over }: NormSite, { hidden, feedForward, heads }: ModelConfig): number {
  return { hidden, 'feed-forward': feedForward, head: hidden / heads }[over];
}

export interface TracedBlock {
  /** Parameters by name, `carry.<stream>`, `constant.<name>`, `mask.<site>`, and `padding` where sequences differ in length. */
  readonly inputs: Readonly<Record<string, Value>>;
  readonly carry: Carry;
  /** What each sublayer made, for statistics. */
  readonly sublayers: Readonly<Record<SublayerPart, Joined>>;
  readonly attended: Attended;
  /** What took long to compute on the way to what the sublayers made. */
  readonly products: readonly Value[];
  /** As it entered the layer: the stream that statistics are about. */
  readonly entering: Value;
}

/**
 * Writes one layer of a kind.
 * @param streams names of the carry. @param masks where dropout strikes: the kind's sites, or none to evaluate.
 */
export function traceBlock(
  model: ModelConfig,
  scheme: ResidualScheme,
  kind: BlockKind,
  shape: BatchShape,
  streams: readonly string[],
  masks: readonly MaskSite[],
): TracedBlock {
  const rows = shape.batch * shape.context;
  const parameters = parameterInputs(kind.layout);
  const numbers = Object.fromEntries(kind.constants.map((name) => [`constant.${name}`, input(`constant.${name}`, [])]));
  const entering = Object.fromEntries(streams.map((name) => [name, input(`carry.${name}`, [rows, model.hidden])]));
  const { inputs: masked, drop } = maskInputs(masks, shape.batch);
  const parameter = (name: string): Value => required(parameters, name);
  const normed = (name: string, x: Value): Value => normalise(model, parameter, name, x);
  const queryKeyNorm: Inside = {
    heads: ({ query, key, value }) => ({
      query: normed('attention.query_norm', query),
      key: normed('attention.key_norm', key),
      value,
    }),
  };
  const padded = paddingInput(model, shape);
  const reach = padded.padding ?? (model.architecture === 'gpt' ? causalMask(shape.context) : undefined);
  let looked: Attended | undefined;
  const products: Value[] = [];
  const branches: Record<SublayerPart, (x: Value, inside: Inside) => Value> = {
    attention(x, inside) {
      const {
        made,
        attended,
        products: own,
      } = attention(x, model, shape, reach, parameter, drop, {
        ...(model.queryKeyNorm ? queryKeyNorm : {}),
        ...inside,
      });
      looked = attended;
      products.push(...own);
      return made;
    },
    feed_forward(x, inside) {
      const { made, products: own } = feedForward(x, model, parameter, inside);
      products.push(...own);
      return made;
    },
  };
  let carry: Carry = entering;
  const run = (part: SublayerPart): Joined => {
    const joined = scheme.sublayer({
      part,
      kind: kind.name,
      carry,
      model,
      branch: (x, inside = {}) => drop(branches[part](x, inside), part),
      norm: (x, name = 'norm') => normed(`${part}.${name}`, x),
      constant: (name) => required(numbers, `constant.${name}`),
      parameter,
    });
    carry = joined.carry;
    return joined;
  };
  const sublayers = { attention: run('attention'), feed_forward: run('feed_forward') };
  const carries = Object.fromEntries(Object.entries(entering).map(([name, value]) => [`carry.${name}`, value]));
  const inputs = { ...parameters, ...numbers, ...carries, ...masked, ...padded };
  return {
    inputs,
    carry,
    sublayers,
    attended: required({ attention: looked }, 'attention'),
    products,
    entering: required(entering, streams[0] ?? ''),
  };
}

/** `padding` [B, 1, 1, T], what to add to the scores of each key, where sequences differ in length. */
function paddingInput({ objective }: ModelConfig, { batch, context }: BatchShape): { readonly padding?: Value } {
  return objective === 'pair-class' ? { padding: input('padding', [batch, 1, 1, context]) } : {};
}

function required<T>(values: Readonly<Record<string, T | undefined>>, name: string): T {
  const value = values[name];
  if (value === undefined) throw new Error(`the block has no '${name}'`);
  return value;
}
