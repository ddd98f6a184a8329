// HybridNorm: attention normalises inside, the feed-forward sublayer normalises the stream itself.

import { ONE_NORM, type ResidualScheme, streamOf } from './scheme';
import { residualSum } from './sum';

export const HYBRID_NORM: ResidualScheme = {
  descriptor: {
    name: 'hybrid-norm',
    title: 'HybridNorm',
    formula: 'h ← x + attention(x) with LN of q, k and v; x ← LN(h) + f(LN(h)), final LN',
    documentation:
      'Query, key and value of each head are normalised, their input is not; the feed-forward sublayer normalises what it reads and what it adds to. `model.queryKeyNorm` adds nothing to it.',
    source: 'arXiv 2503.04598',
    options: [],
    defaultInitialisation: 'gpt2-scaled',
    finalNorm: true,
    family: 'other',
  },
  norms: (part) =>
    part === 'attention' ? (['query_norm', 'key_norm', 'value_norm'] as const).map((name) => ({ name, over: 'head' })) : ONE_NORM,
  sublayer(scope) {
    const x = streamOf(scope.carry);
    if (scope.part === 'attention') {
      const heads = scope.branch(x, {
        heads: ({ query, key, value }) => ({
          query: scope.norm(query, 'query_norm'),
          key: scope.norm(key, 'key_norm'),
          value: scope.norm(value, 'value_norm'),
        }),
      });
      return residualSum(x, heads);
    }
    const normed = scope.norm(x);
    return residualSum(normed, scope.branch(normed));
  },
};
