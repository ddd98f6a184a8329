// The engine that a configuration names, or a failure that says why it cannot be had.

import type { Engine } from '../engine/engine';
import { EngineUnavailable, selectEngine } from '../engine/select';
import type { ExperimentConfig } from '../experiment/config';
import { Failure } from '../experiment/failure';

/** @returns also why it was chosen. Throws `Failure` `engine-unavailable`. */
export async function openEngine(name: ExperimentConfig['engine']['name']): Promise<{ engine: Engine; reason: string }> {
  try {
    return await selectEngine({ name });
  } catch (error) {
    if (!(error instanceof EngineUnavailable)) throw error;
    throw new Failure('engine-unavailable', { field: 'engine.name', value: error.engine, detail: error.detail }, { cause: error });
  }
}
