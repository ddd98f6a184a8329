// Keel: Post-LN with a normalised branch and a stream that outweighs it by the number of sublayers.

import { add, scale } from '../../graph/elementwise';
import { preNorm } from './preLn';
import { ONE_NORM, optionOf, type ResidualScheme, streamOf } from './scheme';

const FIRST = 'first';

export const KEEL: ResidualScheme = {
  descriptor: {
    name: 'keel',
    title: 'Keel',
    formula: 'x ← LN(α·x + f(LN(x))), α = 2N',
    documentation:
      'Made for more than 1000 layers. How the first layer differs is not in the summary that this follows, so it is an option: 0 treats it as the others, 1 makes it Pre-LN.',
    source: 'arXiv 2601.19895 (our reading of a secondary source)',
    options: [
      {
        name: 'preNormFirst',
        documentation: '1 makes the first layer x + f(LN(x)); 0 leaves it as the others.',
        default: 0,
        minimum: 0,
        maximum: 1,
      },
    ],
    defaultInitialisation: 'normal',
    finalNorm: false,
    family: 'other',
  },
  kindOf: (layer, model) => (layer === 1 && optionOf(model, 'preNormFirst') === 1 ? FIRST : 'block'),
  norms: (_, kind) => (kind === FIRST ? ONE_NORM : [...ONE_NORM, { name: 'output_norm', over: 'hidden' }]),
  sublayer(scope) {
    if (scope.kind === FIRST) return preNorm(scope);
    const x = streamOf(scope.carry);
    const branch = scope.branch(scope.norm(x));
    const stream = scale(x, 2 * scope.model.layers);
    const sum = add(stream, branch);
    const output = scope.norm(sum, 'output_norm');
    return { carry: { x: output }, branch, stream, sum, output };
  },
};
