// CompleteP: Pre-LN whose branches share one unit of change among all layers, so that what was tuned on
// a shallow model holds for a deep one.

import type { ModelConfig } from '../../experiment/config';
import { scale } from '../../graph/elementwise';
import { optionOf, type ResidualScheme, streamOf } from './scheme';
import { residualSum } from './sum';

export const COMPLETE_P: ResidualScheme = {
  descriptor: {
    name: 'completep',
    title: 'CompleteP',
    formula: 'x ← x + (N₀/N)ᵃ·f(LN(x)), final LN; in layers lr·(N₀/N)¹⁻ᵃ and ε·(N₀/N)ᵃ',
    documentation:
      'Learning rate and ε are those of a model of N₀ layers and are carried over to this depth. Depth only: how the parametrisation scales with width (initialisation, learning rate, decay, output) is not part of it, so compare models of one width.',
    source: 'arXiv 2505.01618',
    options: [
      { name: 'baseLayers', documentation: 'N₀: layers of the model that was tuned.', default: 2, minimum: 1 },
      { name: 'exponent', documentation: 'a: 1 is CompleteP, 0.5 depth-µP.', default: 1, minimum: 0, maximum: 1 },
    ],
    defaultInitialisation: 'normal',
    finalNorm: true,
    family: 'pre-ln',
  },
  layerFactors: (model) => {
    const share = shareOf(model);
    const exponent = optionOf(model, 'exponent');
    return { learningRate: share ** (1 - exponent), epsilon: share ** exponent };
  },
  sublayer(scope) {
    const x = streamOf(scope.carry);
    return residualSum(x, scale(scope.branch(scope.norm(x)), shareOf(scope.model) ** optionOf(scope.model, 'exponent')));
  },
};

/** N₀/N */
const shareOf = (model: ModelConfig): number => optionOf(model, 'baseLayers') / model.layers;
