// Collects what can be named in a configuration: the only lists of schemes and optimisers, and the
// descriptors that schema, hovers, findings and the dashboard show. A new one is its file and its line here.

import type { Catalogue, ScheduleDescriptor } from '../experiment/catalogue';
import { ACTIVATIONS } from './activation';
import { INITIALISATIONS } from './initialise';
import { NORMS } from './norm';
import { ADAFACTOR } from './optimiser/adafactor';
import { ADAMW } from './optimiser/adamw';
import { LION } from './optimiser/lion';
import { MUON } from './optimiser/muon';
import type { Optimiser } from './optimiser/optimiser';
import { SGD } from './optimiser/sgd';
import { ADMIN } from './residual/admin';
import { B2T } from './residual/b2t';
import { COMPLETE_P } from './residual/completeP';
import { DEEPNORM } from './residual/deepnorm';
import { DYT } from './residual/dyt';
import { FOUNDATION } from './residual/foundation';
import { HYBRID_NORM } from './residual/hybridNorm';
import { HYPER_CONNECTIONS } from './residual/hyperConnections';
import { KEEL } from './residual/keel';
import { LAYER_NORM_SCALING } from './residual/layerNormScaling';
import { LAYER_SCALE } from './residual/layerScale';
import { MIX_LN } from './residual/mixLn';
import { NORM_FORMER } from './residual/normFormer';
import { PERI_LN } from './residual/periLn';
import { POST_LN } from './residual/postLn';
import { PRE_LN } from './residual/preLn';
import { RESI_DUAL } from './residual/resiDual';
import { REZERO } from './residual/rezero';
import { SANDWICH_LN } from './residual/sandwichLn';
import type { ResidualScheme } from './residual/scheme';
import { SUB_LN } from './residual/subLn';
import { UPSCALE } from './residual/upscale';
import { STATISTICS } from './statistics';

export const SCHEMES: readonly ResidualScheme[] = [
  FOUNDATION,
  UPSCALE,
  DEEPNORM,
  POST_LN,
  PRE_LN,
  SUB_LN,
  REZERO,
  LAYER_SCALE,
  ADMIN,
  SANDWICH_LN,
  PERI_LN,
  NORM_FORMER,
  LAYER_NORM_SCALING,
  MIX_LN,
  B2T,
  RESI_DUAL,
  HYBRID_NORM,
  DYT,
  KEEL,
  COMPLETE_P,
  HYPER_CONNECTIONS,
];

export function schemeNamed(name: string): ResidualScheme {
  const scheme = SCHEMES.find((candidate) => candidate.descriptor.name === name);
  if (!scheme) throw new Error(`no residual scheme is called '${name}'`);
  return scheme;
}

export const OPTIMISERS: readonly Optimiser[] = [ADAMW, ADAFACTOR, LION, MUON, SGD];

export function optimiserNamed(name: string): Optimiser {
  const optimiser = OPTIMISERS.find((candidate) => candidate.descriptor.name === name);
  if (!optimiser) throw new Error(`no optimiser is called '${name}'`);
  return optimiser;
}

const SCHEDULES: readonly ScheduleDescriptor[] = [
  {
    name: 'cosine',
    title: 'Cosine',
    documentation: 'Half a cosine from the peak to its final share.',
    formula: 'lr·(f + (1 − f)·(1 + cos πt)/2)',
    reads: ['final'],
  },
  {
    name: 'linear',
    title: 'Linear',
    documentation: 'A straight line from the peak to its final share.',
    formula: 'lr·(1 − (1 − f)·t)',
    reads: ['final'],
  },
  { name: 'constant', title: 'Constant', documentation: 'The peak, after warm-up.', formula: 'lr', reads: [] },
  {
    name: 'warmup-stable-decay',
    title: 'Warm-up, stable, decay',
    documentation:
      'The peak until the last `decay` steps, which bring it to its final share: a run can be made longer, or forked before its decay, without having been planned for it.',
    formula: 'lr, and at the end lr·(f + (1 − f)·(1 − t)) or another decayShape',
    source: 'arXiv 2404.06395',
    reads: ['final', 'decay', 'decayShape'],
  },
];

export const CATALOGUE: Catalogue = {
  schemes: SCHEMES.map((scheme) => scheme.descriptor),
  initialisations: INITIALISATIONS.map((initialisation) => initialisation.descriptor),
  activations: ACTIVATIONS.map((activation) => activation.descriptor),
  norms: NORMS.map((norm) => norm.descriptor),
  optimisers: OPTIMISERS.map((optimiser) => optimiser.descriptor),
  schedules: SCHEDULES,
  statistics: STATISTICS.map((statistic) => statistic.descriptor),
};
