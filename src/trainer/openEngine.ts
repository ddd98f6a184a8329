// The engine that a configuration names, or a failure that says why it cannot be had.

import type { Engine } from '../engine/engine';
import { type EngineProblem, EngineUnavailable, selectEngine } from '../engine/select';
import type { ExperimentConfig } from '../experiment/config';
import { Failure } from '../experiment/failure';
import { scale } from '../graph/elementwise';
import { narrow, widen } from '../graph/halves';
import { input } from '../graph/value';

/** Codes of failures by what keeps an engine from running. */
export const ENGINE_FAILURES: Readonly<Record<EngineProblem, string>> = {
  library: 'engine-unavailable',
  'not-installed': 'engine-not-installed',
  'no-adapter': 'engine-no-adapter',
  'no-software-adapter': 'engine-no-software-adapter',
  'software-only': 'engine-software-only',
};

/** @returns also why it was chosen. Throws `Failure` `engine-unavailable` and its like, and `precision-unavailable`. */
export async function openEngine(
  name: ExperimentConfig['engine']['name'],
  precision: ExperimentConfig['training']['precision'] = 'float32',
): Promise<{ engine: Engine; reason: string }> {
  const opened = await open(name);
  if (precision === 'float16') await tryHalves(opened.engine);
  return opened;
}

async function open(name: ExperimentConfig['engine']['name']): Promise<{ engine: Engine; reason: string }> {
  try {
    return await selectEngine({ name });
  } catch (error) {
    if (!(error instanceof EngineUnavailable)) throw error;
    const args = { field: 'engine.name', value: error.engine, detail: error.detail };
    throw new Failure(ENGINE_FAILURES[error.problem], args, { cause: error });
  }
}

/** Whether there are numbers of 16 bits only a program that has them can tell: better now than in mid-run. */
async function tryHalves(engine: Engine): Promise<void> {
  const x = input('x', [4], 'half');
  try {
    const executable = await engine.compile({ name: 'halves', inputs: { x }, outputs: { y: narrow(scale(widen(x), 2)) } });
    await executable.run({ x: engine.allocate([4], 'half') }, { y: engine.allocate([4], 'half') });
    await executable.dispose();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const args = { field: 'training.precision', value: 'float16', engine: engine.identity.name, detail };
    throw new Failure('precision-unavailable', args, { cause: error });
  }
}
