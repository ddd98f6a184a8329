// Hyper-Connections: several residual streams instead of one. Each sublayer decides, token by token, what
// it reads from them, how they mix, and how much each of them gets.

import type { ModelConfig } from '../../experiment/config';
import { constant } from '../../graph/constant';
import { matmul } from '../../graph/contract';
import { add, multiply, tanh } from '../../graph/elementwise';
import { concat, reshape, slice } from '../../graph/shape';
import type { Value } from '../../graph/value';
import type { ParameterSpec } from '../layout';
import { type Carry, ONE_NORM, optionOf, type ResidualScheme, type SublayerScope, streamOf } from './scheme';

export const HYPER_CONNECTIONS: ResidualScheme = {
  descriptor: {
    name: 'hyper-connections',
    title: 'Hyper-Connections',
    formula: 'h ← Σᵢ aᵢ·xᵢ, xⱼ ← Σᵢ Aᵢⱼ·xᵢ + bⱼ·f(LN(h)), n streams; the head reads Σᵢ xᵢ; final LN',
    documentation:
      'n streams between layers; a, A and b are trained, and follow each token’s own streams by a small tanh term (the dynamic form). Starts as Pre-LN, each sublayer reading one stream in turn. n times the memory between layers. Depth statistics are those of the first stream.',
    source: 'arXiv 2409.19606',
    options: [{ name: 'streams', documentation: 'n: residual streams.', default: 4, minimum: 1, maximum: 8 }],
    defaultInitialisation: 'gpt2-scaled',
    finalNorm: true,
    family: 'pre-ln',
  },
  norms: () => [...ONE_NORM, { name: 'stream_norm', over: 'hidden' }],
  parameters(part, model) {
    const [n, C] = [countOf(model), model.hidden];
    const own = (name: string, shape: readonly number[], start: number): ParameterSpec => ({
      name: `${part}.${name}`,
      shape,
      part,
      role: 'gain',
      start,
    });
    return [
      // Departures from the one stream that is read and from streams kept apart: Aᵢⱼ beside aᵢ, row by row.
      own('mixing', [n * (n + 1)], 0),
      own('output_weights', [n], 1),
      own('mixing_by_token', [C, n + 1], 0),
      own('output_by_token', [C, 1], 0),
      own('mixing_scale', [1], SMALL),
      own('output_scale', [1], SMALL),
    ];
  },
  /** Which stream each sublayer reads at the start. */
  constants(layer, model) {
    const n = countOf(model);
    const reads = (sublayer: number, part: string) =>
      Array.from({ length: n }, (_, i) => [`${part}.reads${i}`, sublayer % n === i ? 1 : 0] as const);
    return Object.fromEntries([...reads(2 * (layer - 1), 'attention'), ...reads(2 * layer - 1, 'feed_forward')]);
  },
  enter: (embedded, { model }) => named(Array.from({ length: countOf(model) }, () => embedded)),
  exit: (carry) => Object.values(carry).reduce(add),
  sublayer(scope) {
    const streams = Object.keys(scope.carry).map((name) => streamOf(scope.carry, name));
    const weights = streams.map((stream, i) => weightsOf(scope, stream, i, streams.length));
    const mixed = (column: number): Value =>
      streams.map((stream, i) => multiply(stream, slice((weights[i] as Weights).mixing, 1, column, column + 1))).reduce(add);
    const made = scope.branch(scope.norm(mixed(0)));
    const parts = weights.map(({ output }, j) => ({ stream: mixed(1 + j), branch: multiply(made, output) }));
    const outputs = parts.map(({ stream, branch }) => add(stream, branch));
    const [first, output] = [parts[0] as (typeof parts)[number], outputs[0] as Value];
    return { carry: named(outputs), ...first, sum: output, output };
  },
};

/** What the two scales of the dynamic terms start as. */
const SMALL = 0.01;

const countOf = (model: ModelConfig): number => Math.round(optionOf(model, 'streams'));

const named = (streams: readonly Value[]): Carry => Object.fromEntries(streams.map((stream, i) => [`x${i}`, stream]));

/** Of one stream: [N, n + 1], what is read of it and what of it goes to each stream; [N, 1], what it gets of f. */
interface Weights {
  readonly mixing: Value;
  readonly output: Value;
}

function weightsOf({ part, norm, parameter, constant: numberOf }: SublayerScope, stream: Value, i: number, n: number): Weights {
  const own = (name: string): Value => parameter(`${part}.${name}`);
  const normed = norm(stream, 'stream_norm');
  const byToken = (name: string): Value => multiply(tanh(matmul(normed, own(`${name}_by_token`))), own(`${name}_scale`));
  const apart = constant(
    Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)),
    [1, n],
  );
  const given = concat([reshape(numberOf(`${part}.reads${i}`), [1, 1]), apart], 1);
  const trained = reshape(slice(own('mixing'), 0, i * (n + 1), (i + 1) * (n + 1)), [1, n + 1]);
  return {
    mixing: add(byToken('mixing'), add(trained, given)),
    output: add(byToken('output'), slice(own('output_weights'), 0, i, i + 1)),
  };
}
