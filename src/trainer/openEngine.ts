// The engine that a configuration names, or a failure that says why it cannot be had.

import type { Engine } from '../engine/engine';
import { type EngineProblem, EngineUnavailable, selectEngine } from '../engine/select';
import type { ExperimentConfig } from '../experiment/config';
import { Failure } from '../experiment/failure';

/** Codes of failures by what keeps an engine from running. */
export const ENGINE_FAILURES: Readonly<Record<EngineProblem, string>> = {
  library: 'engine-unavailable',
  'not-installed': 'engine-not-installed',
  'no-adapter': 'engine-no-adapter',
  'no-software-adapter': 'engine-no-software-adapter',
  'software-only': 'engine-software-only',
};

/** @returns also why it was chosen. Throws `Failure` `engine-unavailable` and its like. */
export async function openEngine(name: ExperimentConfig['engine']['name']): Promise<{ engine: Engine; reason: string }> {
  try {
    return await selectEngine({ name });
  } catch (error) {
    if (!(error instanceof EngineUnavailable)) throw error;
    const args = { field: 'engine.name', value: error.engine, detail: error.detail };
    throw new Failure(ENGINE_FAILURES[error.problem], args, { cause: error });
  }
}
