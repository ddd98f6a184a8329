// LayerScale: Pre-LN whose branches start nearly shut, each channel with a factor of its own.

import type { ModelConfig } from '../../experiment/config';
import { multiply } from '../../graph/elementwise';
import { optionOf, type ResidualScheme, streamOf } from './scheme';
import { residualSum } from './sum';

export const LAYER_SCALE: ResidualScheme = {
  descriptor: {
    name: 'layerscale',
    title: 'LayerScale',
    formula: 'x ← x + g⊙f(LN(x)), final LN; g starts small',
    documentation:
      'Pre-LN with a trained factor for each channel of each branch. g starts as 0.1 up to 18 layers, 1e-5 up to 24 and 1e-6 beyond, or as the option `start` says.',
    source: 'arXiv 2103.17239',
    options: [{ name: 'start', documentation: 'What g starts as; 0 takes the number for this depth.', default: 0, minimum: 0, maximum: 1 }],
    defaultInitialisation: 'normal',
    finalNorm: true,
    family: 'pre-ln',
  },
  parameters: (part, model) => [{ name: `${part}.scale`, shape: [model.hidden], part, role: 'gain', start: startOf(model) }],
  sublayer(scope) {
    const x = streamOf(scope.carry);
    return residualSum(x, multiply(scope.branch(scope.norm(x)), scope.parameter(`${scope.part}.scale`)));
  },
};

function startOf(model: ModelConfig): number {
  const given = optionOf(model, 'start');
  if (given > 0) return given;
  return model.layers <= 18 ? 0.1 : model.layers <= 24 ? 1e-5 : 1e-6;
}
