// Sub-LN: Pre-LN with a second LayerNorm inside each sublayer, before its last projection.

import { ONE_NORM, type ResidualScheme, streamOf } from './scheme';
import { residualSum } from './sum';

export const SUB_LN: ResidualScheme = {
  descriptor: {
    name: 'sub-ln',
    title: 'Sub-LN (Magneto)',
    formula: 'x ← x + Wo·LN(heads(LN(x))), x ← x + W2·LN(φ(W1·LN(x))), final LN',
    documentation:
      'Pre-LN with a LayerNorm before each sublayer’s last projection, so that no update of the weights outgrows the others. Made for the initialisation `magneto`, whose γ grows slowly with depth.',
    source: 'arXiv 2210.06423; microsoft/torchscale',
    options: [],
    defaultInitialisation: 'magneto',
    finalNorm: true,
    family: 'pre-ln',
  },
  norms: (part) => [...ONE_NORM, { name: 'inner_norm', over: part === 'attention' ? 'hidden' : 'feed-forward' }],
  sublayer(scope) {
    const x = streamOf(scope.carry);
    return residualSum(x, scope.branch(scope.norm(x), { inner: (h) => scope.norm(h, 'inner_norm') }));
  },
};
