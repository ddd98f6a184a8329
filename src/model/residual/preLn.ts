// Pre-LN: an identity path from end to end, normalised only on the way into each branch.

import { add } from '../../graph/elementwise';
import { type ResidualScheme, streamOf } from './scheme';

export const PRE_LN: ResidualScheme = {
  descriptor: {
    name: 'pre-ln',
    title: 'Pre-LN',
    formula: 'x ← x + f(LN(x)), final LN',
    documentation: 'Trains without warm-up at any depth; the stream grows with depth, so later layers change it ever less.',
    source: 'arXiv 2002.04745',
    options: [],
    defaultInitialisation: 'gpt2-scaled',
    finalNorm: true,
    family: 'pre-ln',
  },
  sublayer(scope) {
    const stream = streamOf(scope.carry);
    const branch = scope.branch(scope.norm(stream));
    const sum = add(stream, branch);
    return { carry: { x: sum }, branch, stream, sum, output: sum };
  },
};
