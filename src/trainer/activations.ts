// Which layers keep what their backward pass wants: as many as fit the memory at hand. Keeping saves a
// third of the work; recomputing costs nothing but time.

import process from 'node:process';
import type { ExperimentConfig } from '../experiment/config';
import { describeCost } from '../model/cost';
import type { Model } from '../model/model';
import { savedBytes } from './programs';

/** Share of the available memory that a run takes for kept activations: the rest is the person's. */
const SHARE = 0.25;

export interface ActivationChoice {
  readonly savedLayers: number;
  readonly segment?: number;
  readonly reason: string;
}

/** @param available bytes the operating system could give this process. */
export function chooseActivations(config: ExperimentConfig, model: Model, available: number = process.availableMemory()): ActivationChoice {
  const { layers } = config.model;
  const { activations, batch } = config.training;
  if (activations === 'save') return { savedLayers: layers, reason: 'every layer keeps its activations, as configured' };
  if (activations === 'recompute') return { savedLayers: 0, reason: 'every layer recomputes its activations, as configured' };
  const perLayer = savedBytes(model, { batch, context: config.model.context });
  const base = describeCost({ ...config, training: { ...config.training, activations: 'recompute' } }).memoryTotal;
  const room = Math.min(SHARE * available, available - base);
  const savedLayers = Math.max(0, Math.min(layers, Math.floor(room / perLayer)));
  const mega = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
  return {
    savedLayers,
    reason: `${savedLayers} of ${layers} layers keep their activations (${mega(perLayer)} each, ${mega(Math.max(0, room))} to spare)`,
  };
}
