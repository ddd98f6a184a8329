// B2T: Post-LN with a second way round, from the bottom of each layer to its top.

import { add } from '../../graph/elementwise';
import { type ResidualScheme, streamOf } from './scheme';

export const B2T: ResidualScheme = {
  descriptor: {
    name: 'b2t',
    title: 'Bottom-to-top connection (B2T)',
    formula: 'h ← LN(x + attention(x)), x ← LN(x + h + f(h))',
    documentation:
      'Post-LN whose layer input skips all of the layer but its last LayerNorm, so that gradients pass one LayerNorm a layer, not two.',
    source: 'arXiv 2206.00330',
    options: [],
    defaultInitialisation: 'gpt2-scaled',
    finalNorm: false,
    family: 'post-ln',
  },
  sublayer(scope) {
    const x = streamOf(scope.carry);
    const branch = scope.branch(x);
    const isBottom = scope.part === 'attention';
    const stream = isBottom ? x : add(streamOf(scope.carry, 'bottom'), x);
    const sum = add(stream, branch);
    const output = scope.norm(sum);
    return { carry: isBottom ? { x: output, bottom: x } : { x: output }, branch, stream, sum, output };
  },
};
