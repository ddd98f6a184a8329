// ResiDual: a Post-LN stream that layers read, beside a plain sum of all that they wrote.

import { add } from '../../graph/elementwise';
import { type ResidualScheme, streamOf } from './scheme';

export const RESI_DUAL: ResidualScheme = {
  descriptor: {
    name: 'residual',
    title: 'ResiDual',
    formula: 'x ← LN(x + f(x)), r ← r + f(x), r₀ = x₀; the head reads x + LN(r)',
    documentation:
      'Two streams: layers read the Post-LN stream x, and the plain sum r brings gradients to every layer directly. Twice the memory between layers.',
    source: 'arXiv 2304.14802',
    options: [],
    defaultInitialisation: 'gpt2-scaled',
    finalNorm: false,
    family: 'other',
  },
  endNorms: { head: ['dual_norm'] },
  enter: (embedded) => ({ x: embedded, r: embedded }),
  exit: (carry, scope) => add(streamOf(carry), scope.norm(streamOf(carry, 'r'), 'dual_norm')),
  sublayer(scope) {
    const stream = streamOf(scope.carry);
    const branch = scope.branch(stream);
    const sum = add(stream, branch);
    const output = scope.norm(sum);
    return { carry: { x: output, r: add(streamOf(scope.carry, 'r'), branch) }, branch, stream, sum, output };
  },
};
