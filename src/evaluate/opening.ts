// From a run directory to a model that can be asked: its newest whole checkpoint, its tokeniser, an engine.

import { configuredTokeniser } from '../data/configuredTokeniser';
import type { Tokeniser } from '../data/tokeniser';
import type { Engine } from '../engine/engine';
import { EngineUnavailable, selectEngine } from '../engine/select';
import { type BrokenCheckpoint, latestCheckpoint, type WhichWeights } from '../experiment/checkpoints';
import type { ExperimentConfig } from '../experiment/config';
import { Failure } from '../experiment/failure';
import { describeModel } from '../model/model';
import { loadModel, readTrainerState } from '../trainer/checkpoint';
import { CachedModel } from './cachedModel';
import { CausalModel, placeWeights } from './causalModel';

export interface OpenedRun {
  /** Of the checkpoint. */
  readonly step: number;
  readonly config: ExperimentConfig;
  readonly model: CausalModel;
  readonly tokeniser: Tokeniser;
  /** The same model for one text that grows token by token; the caller disposes of it. */
  remembering(): Promise<CachedModel>;
  /** Weights of the model, shared ones counted once. */
  readonly parameters: number;
  readonly engine: Engine['identity'];
  /** Newer checkpoints that had to be passed over. */
  readonly broken: readonly BrokenCheckpoint[];
  close(): Promise<void>;
}

/**
 * Loads the newest checkpoint that is whole, on the engine that the run was trained with.
 * Throws `Failure` `checkpoint-none`, `checkpoint-all-broken`, `engine-unavailable`, `evaluation-not-causal`, `checkpoint-without-average`,
 * those of a damaged or foreign checkpoint, and disk failures.
 */
export async function openRun(directory: string, which: WhichWeights = 'trained'): Promise<OpenedRun> {
  const { latest, broken } = await latestCheckpoint(directory);
  if (!latest) throw new Failure(broken.length > 0 ? 'checkpoint-all-broken' : 'checkpoint-none', { path: directory });
  const { config, step, pinned } = await readTrainerState(latest.folder);
  if (config.model.architecture !== 'gpt')
    throw new Failure('evaluation-not-causal', { path: directory, value: config.model.architecture });
  const engine = await openEngine(pinned?.engine ?? config.engine.name);
  const description = describeModel(config.model);
  const weights = placeWeights(engine, description);
  await loadModel(latest.folder, weights, which);
  const model = await CausalModel.compile(engine, description, weights);
  return {
    step,
    config,
    model,
    tokeniser: await configuredTokeniser(config),
    remembering: () => CachedModel.compile(engine, description, weights, model),
    parameters: weights.reduce((sum, { layout }) => sum + layout.length, 0),
    engine: engine.identity,
    broken,
    async close() {
      await model.dispose();
      await engine.dispose();
    },
  };
}

async function openEngine(name: ExperimentConfig['engine']['name']): Promise<Engine> {
  try {
    return (await selectEngine({ name })).engine;
  } catch (error) {
    if (!(error instanceof EngineUnavailable)) throw error;
    throw new Failure('engine-unavailable', { field: 'engine.name', value: error.engine, detail: error.detail }, { cause: error });
  }
}
