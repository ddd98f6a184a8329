// From a run directory to a model that can be asked: its newest whole checkpoint, its tokeniser, an engine.

import { configuredTokeniser } from '../data/configuredTokeniser';
import type { Tokeniser } from '../data/tokeniser';
import type { Engine } from '../engine/engine';
import { type BrokenCheckpoint, chosenCheckpoint, type WhichWeights } from '../experiment/checkpoints';
import type { ExperimentConfig, ModelConfig } from '../experiment/config';
import { Failure } from '../experiment/failure';
import { describeModel } from '../model/model';
import { loadModel, readTrainerState } from '../trainer/checkpoint';
import { openEngine } from '../trainer/openEngine';
import { CachedModel } from './cachedModel';
import { CausalModel } from './causalModel';
import { placeWeights } from './forwardPass';
import { PairModel, type PairScorer } from './pairModel';
import { ModelScorer, type Scorer } from './scorer';
import type { Task } from './task';

interface Opened {
  /** Of the checkpoint. */
  readonly step: number;
  readonly config: ExperimentConfig;
  /** Weights of the model, shared ones counted once. */
  readonly parameters: number;
  readonly engine: Engine['identity'];
  /** Newer checkpoints that had to be passed over. */
  readonly broken: readonly BrokenCheckpoint[];
  close(): Promise<void>;
}

export interface OpenedRun extends Opened {
  readonly model: CausalModel;
  readonly tokeniser: Tokeniser;
  /** The same model for one text that grows token by token; the caller disposes of it. */
  remembering(): Promise<CachedModel>;
}

/** A run that a task can be asked of. */
export interface OpenedScorer extends Opened {
  readonly scorer: Scorer | PairScorer;
}

/** Which of a run's models is meant: the trained weights of the newest whole checkpoint, unless said otherwise. */
export interface WhichModel {
  readonly weights?: WhichWeights;
  /** Of the checkpoint. */
  readonly step?: number;
}

/**
 * Loads a checkpoint on the engine that the run was trained with.
 * Throws `Failure` `checkpoint-none`, `checkpoint-all-broken`, `export-no-such-step`, `engine-unavailable`, `evaluation-not-causal`, `checkpoint-without-average`,
 * those of a damaged or foreign checkpoint, and disk failures.
 */
export async function openRun(directory: string, which: WhichModel = {}): Promise<OpenedRun> {
  const loaded = await load(directory, which, ({ architecture }) => {
    if (architecture !== 'gpt') throw new Failure('evaluation-not-causal', { path: directory, value: architecture });
  });
  const { description, weights, engine, opened } = loaded;
  const model = await CausalModel.compile(engine, description, weights);
  return {
    ...opened,
    model,
    tokeniser: await configuredTokeniser(opened.config),
    remembering: () => CachedModel.compile(engine, description, weights, model),
    async close() {
      await model.dispose();
      await engine.dispose();
    },
  };
}

/**
 * The same for a task: a decoder, or for pairs an encoder that was trained for them.
 * Throws what `openRun` throws, and `Failure` `evaluation-not-classifier`.
 */
export async function openScorer(directory: string, task: Pick<Task, 'pairs'>, which: WhichModel = {}): Promise<OpenedScorer> {
  const { checkpoint } = await chosenCheckpoint(directory, which.step);
  const { model } = (await readTrainerState(checkpoint.folder)).config;
  if (model.architecture !== 'bert' || !task.pairs) {
    const { model: causal, tokeniser, ...opened } = await openRun(directory, which);
    return { ...opened, scorer: new ModelScorer(causal, tokeniser) };
  }
  const loaded = await load(directory, which, ({ objective }) => {
    if (objective !== 'pair-class') throw new Failure('evaluation-not-classifier', { path: directory, value: objective });
  });
  const { description, weights, engine, opened } = loaded;
  const scorer = await PairModel.compile(engine, description, weights, await configuredTokeniser(opened.config));
  return {
    ...opened,
    scorer,
    async close() {
      await scorer.dispose();
      await engine.dispose();
    },
  };
}

/** @param check throws where the model is none that can be asked. */
async function load(directory: string, which: WhichModel, check: (model: ModelConfig) => void) {
  const { checkpoint, broken } = await chosenCheckpoint(directory, which.step);
  const { config, step, pinned } = await readTrainerState(checkpoint.folder);
  check(config.model);
  const { engine } = await openEngine(pinned?.engine ?? config.engine.name);
  const description = describeModel(config.model);
  const weights = placeWeights(engine, description);
  await loadModel(checkpoint.folder, weights, which.weights ?? 'trained');
  const parameters = weights.reduce((sum, { layout }) => sum + layout.length, 0);
  return { description, weights, engine, opened: { step, config, parameters, engine: engine.identity, broken } };
}
