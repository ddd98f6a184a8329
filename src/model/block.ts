// One transformer layer as a program: an attention and a feed-forward sublayer, joined to the residual
// stream by the scheme. The layer is the compiled unit, whatever the depth (architecture.md).
//
// Letters: B batch, T context, C hidden, H heads, D = C/H, F feed-forward width, N = B·T rows.

import type { ModelConfig } from '../experiment/config';
import { constant } from '../graph/constant';
import { matmul } from '../graph/contract';
import { add, gelu } from '../graph/elementwise';
import { layerNorm, softmax } from '../graph/normalise';
import { reshape, slice, transpose } from '../graph/shape';
import { input, type Value } from '../graph/value';
import { layOut, type ParameterLayout, type ParameterSpec, parameterInputs } from './layout';
import type { Carry, Joined, ResidualScheme, SublayerPart } from './residual/scheme';

/** Sequences and tokens per program run. */
export interface BatchShape {
  readonly batch: number;
  readonly context: number;
}

export const SUBLAYERS: readonly SublayerPart[] = ['attention', 'feed_forward'];

/** Parameters of one layer under a scheme; matrices in × out. */
export function blockLayout(model: ModelConfig, scheme: ResidualScheme): ParameterLayout {
  const { hidden: C, feedForward: F } = model;
  const norm = (part: SublayerPart): ParameterSpec[] => [
    { name: `${part}.norm.gain`, shape: [C], part, role: 'gain' },
    { name: `${part}.norm.bias`, shape: [C], part, role: 'bias' },
  ];
  return layOut([
    { name: 'attention.qkv.weight', shape: [C, 3 * C], part: 'attention', role: 'query-key-value' },
    { name: 'attention.output.weight', shape: [C, C], part: 'attention', role: 'attention-output' },
    { name: 'attention.qkv.bias', shape: [3 * C], part: 'attention', role: 'bias' },
    { name: 'attention.output.bias', shape: [C], part: 'attention', role: 'bias' },
    ...norm('attention'),
    ...(scheme.parameters?.('attention', model) ?? []),
    { name: 'feed_forward.in.weight', shape: [C, F], part: 'feed_forward', role: 'feed-forward-in' },
    { name: 'feed_forward.out.weight', shape: [F, C], part: 'feed_forward', role: 'feed-forward-out' },
    { name: 'feed_forward.in.bias', shape: [F], part: 'feed_forward', role: 'bias' },
    { name: 'feed_forward.out.bias', shape: [C], part: 'feed_forward', role: 'bias' },
    ...norm('feed_forward'),
    ...(scheme.parameters?.('feed_forward', model) ?? []),
  ]);
}

export interface TracedBlock {
  /** Parameters by name, `carry.<stream>` and `constant.<name>`. */
  readonly inputs: Readonly<Record<string, Value>>;
  readonly carry: Carry;
  /** What each sublayer made, for statistics. */
  readonly sublayers: Readonly<Record<SublayerPart, Joined>>;
}

/** Writes one layer. @param streams names of the carry; @param constants names of the layer's numbers. */
export function traceBlock(
  model: ModelConfig,
  scheme: ResidualScheme,
  shape: BatchShape,
  streams: readonly string[],
  constants: readonly string[],
): TracedBlock {
  const rows = shape.batch * shape.context;
  const parameters = parameterInputs(blockLayout(model, scheme));
  const numbers = Object.fromEntries(constants.map((name) => [`constant.${name}`, input(`constant.${name}`, [])]));
  const entering = Object.fromEntries(streams.map((name) => [name, input(`carry.${name}`, [rows, model.hidden])]));
  const parameter = (name: string): Value => required(parameters, name);
  const branches: Record<SublayerPart, (x: Value) => Value> = {
    attention: (x) => attention(x, model, shape, parameter),
    feed_forward: (x) => affine(gelu(affine(x, parameter, 'feed_forward.in')), parameter, 'feed_forward.out'),
  };
  let carry: Carry = entering;
  const run = (part: SublayerPart): Joined => {
    const joined = scheme.sublayer({
      part,
      carry,
      model,
      branch: branches[part],
      norm: (x) => layerNorm(x, parameter(`${part}.norm.gain`), parameter(`${part}.norm.bias`), model.layerNormEpsilon),
      constant: (name) => required(numbers, `constant.${name}`),
      parameter,
    });
    carry = joined.carry;
    return joined;
  };
  const sublayers = { attention: run('attention'), feed_forward: run('feed_forward') };
  const carries = Object.fromEntries(Object.entries(entering).map(([name, value]) => [`carry.${name}`, value]));
  return { inputs: { ...parameters, ...numbers, ...carries }, carry, sublayers };
}

function required(values: Readonly<Record<string, Value>>, name: string): Value {
  const value = values[name];
  if (!value) throw new Error(`the block has no input '${name}'`);
  return value;
}

/** x·W + b for the parameters `<name>.weight` and `<name>.bias`. */
function affine(x: Value, parameter: (name: string) => Value, name: string): Value {
  return add(matmul(x, parameter(`${name}.weight`)), parameter(`${name}.bias`));
}

/** Causal multi-head self-attention (arXiv 1706.03762): [N, C] → [N, C]. */
function attention(x: Value, model: ModelConfig, { batch: B, context: T }: BatchShape, parameter: (name: string) => Value): Value {
  const { hidden: C, heads: H } = model;
  const D = C / H;
  const stacked = transpose(reshape(affine(x, parameter, 'attention.qkv'), [B, T, 3, H, D]), [2, 0, 3, 1, 4]);
  const [q, k, v] = [0, 1, 2].map((i) => reshape(slice(stacked, 0, i, i + 1), [B, H, T, D])) as [Value, Value, Value];
  const scores = matmul(q, k, { transposeB: true, scale: 1 / Math.sqrt(D) });
  const weights = softmax(add(scores, causalMask(T)));
  const mixed = reshape(transpose(matmul(weights, v), [0, 2, 1, 3]), [B * T, C]);
  return affine(mixed, parameter, 'attention.output');
}

/** [T, T]: 0 where a query may look, a number that softmax turns into 0 where the key lies ahead. */
function causalMask(T: number): Value {
  const AHEAD = -1e30;
  return constant(
    Float64Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? AHEAD : 0)),
    [T, T],
  );
}
