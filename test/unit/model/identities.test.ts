// Schemes that are the same function under two names: LayerNorm ignores scale, so weighted Post-LN schemes
// are (docs/methods.md), and variants are where what they add is neutral. Identities, not approximations.

import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import type { ModelConfig } from '../../../src/experiment/config';
import { distance, length, smallConfig, trainer } from '../trainer/harness';

async function firstStep(model: Partial<ModelConfig>) {
  return (await trainer(createReferenceEngine(), smallConfig({ initialisation: 'normal', finalNorm: true, ...model }))).step();
}

const epsilon = 1e-5;
const upscale = 8 ** 0.25;
const pairs: [string, Partial<ModelConfig>, Partial<ModelConfig>][] = [
  [
    'FLN(c) ≡ Post-LN with branch gain 1/c and eps/c²',
    { scheme: 'foundation', schemeOptions: { coefficient: 0.974 }, layerNormEpsilon: epsilon },
    { scheme: 'post-ln', schemeOptions: { branchGain: 1 / 0.974 }, layerNormEpsilon: epsilon / 0.974 ** 2 },
  ],
  [
    'ULN ≡ Post-LN with branch gain (2N)^(−1/4)',
    { scheme: 'upscale', layerNormEpsilon: epsilon },
    { scheme: 'post-ln', schemeOptions: { branchGain: 1 / upscale }, layerNormEpsilon: epsilon / upscale ** 2 },
  ],
  [
    'FLN with c = 1 ≡ Post-LN',
    { scheme: 'foundation', schemeOptions: { coefficient: 1 } },
    { scheme: 'post-ln', schemeOptions: { branchGain: 1 } },
  ],
  [
    'CompleteP at the depth that was tuned ≡ Pre-LN',
    { scheme: 'pre-ln' },
    { scheme: 'completep', schemeOptions: { baseLayers: 4, exponent: 1 } },
  ],
  ['LayerScale with g = 1 ≡ Pre-LN', { scheme: 'pre-ln' }, { scheme: 'layerscale', schemeOptions: { start: 1 } }],
  ['Mix-LN without Post-LN ≡ Pre-LN', { scheme: 'pre-ln' }, { scheme: 'mix-ln', schemeOptions: { postShare: 0 } }],
  ['Mix-LN without Pre-LN ≡ Post-LN', { scheme: 'post-ln' }, { scheme: 'mix-ln', schemeOptions: { postShare: 1 } }],
  [
    'Keel of one layer that is first ≡ Pre-LN',
    { scheme: 'pre-ln', layers: 1 },
    { scheme: 'keel', layers: 1, schemeOptions: { preNormFirst: 1 } },
  ],
  ['LayerNorm Scaling of one layer ≡ Pre-LN', { scheme: 'pre-ln', layers: 1 }, { scheme: 'layernorm-scaling', layers: 1 }],
];

describe('schemes', () => {
  // The final norm is left out: its eps would have to stay as it is while the others scale.
  it.each(pairs)('%s', async (_, one, other) => {
    const a = await firstStep({ ...one, finalNorm: false });
    const b = await firstStep({ ...other, finalNorm: false });
    expect(Math.abs(a.loss - b.loss)).toBeLessThan(1e-12);
    for (const [name, gradient] of a.gradients)
      expect(distance(b.gradients.get(name) ?? [], gradient)).toBeLessThan(1e-10 * Math.max(length(gradient), 1e-3));
  });

  it('differ where they should: FLN is not ULN', async () => {
    const a = await firstStep({ scheme: 'foundation', initialisation: 'xavier' });
    const b = await firstStep({ scheme: 'upscale', initialisation: 'xavier' });
    expect(Math.abs(a.loss - b.loss)).toBeGreaterThan(1e-4);
  });
});
