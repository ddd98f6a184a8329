// One start of a trainer: everything opened, the loop, everything closed. The loop is meant to be read:
// batch, forward and backward, norm, update, record, and between steps what a person asked for.

import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { partsOf } from '../data/batch';
import { type BatchPosition, type Dataset, FIRST_POSITION, openDataset } from '../data/dataset';
import type { Engine } from '../engine/engine';
import { EngineUnavailable, selectEngine } from '../engine/select';
import { discardAfter, latestCheckpoint, pruneCheckpoints, removeLeftovers } from '../experiment/checkpoints';
import { complete } from '../experiment/complete';
import type { ExperimentConfig } from '../experiment/config';
import { Failure } from '../experiment/failure';
import { readJson } from '../experiment/files';
import { render } from '../experiment/messages';
import { configFile } from '../experiment/runDirectory';
import { CATALOGUE } from '../model/catalogue';
import { describeModel, layerFactors, type Model } from '../model/model';
import { chooseActivations } from './activations';
import { withAverages } from './averaging';
import {
  CHECKPOINT_FORMAT,
  loadCheckpoint,
  type Pinned,
  readTrainerState,
  saveCheckpoint,
  type TrainerState,
  writeTrainerState,
} from './checkpoint';
import type { Commands } from './commands';
import { depthLayout, depthValues, emptyPartials } from './depth';
import type { Partials } from './pass';
import type { Recorder } from './recorder';
import { learningRate } from './schedule';
import { Team } from './team';
import { applyUpdate, type Gradients, measureGradients } from './update';
import type { Alert } from './watchdog/alert';
import type { Share } from './watchdog/careful';
import { troubleBeforeUpdate } from './watchdog/diagnose';
import { endOf, reasonOf } from './watchdog/report';
import { spoiled, spoiledByUpdate, type Trouble } from './watchdog/trouble';
import { Watchdog } from './watchdog/watchdog';
import { allocateWeights, initialiseWeights, type Weights } from './weights';

/** More threads than this share memory bandwidth, not work (and each holds its own activations). */
const MOST_WORKERS = 8;

export class Session {
  private step = 0;
  private position: BatchPosition = FIRST_POSITION;
  private best: TrainerState['best'];
  private savedAt: number | undefined;
  private readonly layout;
  private readonly started = performance.now();

  private constructor(
    private readonly recorder: Recorder,
    private readonly config: ExperimentConfig,
    private readonly engine: Engine,
    private readonly pinned: Pinned,
    private readonly model: Model,
    private readonly data: Dataset,
    readonly weights: Weights,
    private readonly team: Team,
    private readonly commands: Commands,
    private readonly watchdog: Watchdog,
  ) {
    this.layout = depthLayout(config.model.layers, config.training.statistics);
  }

  /**
   * Opens what a run directory describes, at its newest whole checkpoint or at the beginning.
   * @param script the trainer's own module, for worker threads; built-in corpora lie beside it.
   */
  static async open(recorder: Recorder, commands: Commands, script: URL): Promise<Session> {
    const { directory } = recorder;
    await removeLeftovers(directory);
    const { latest: checkpoint, broken } = await latestCheckpoint(directory);
    for (const { problem } of broken) say(problem.message);
    if (broken.length > 0 && !checkpoint) throw new Failure('checkpoint-all-broken', { path: directory });
    const state = checkpoint && (await readTrainerState(checkpoint.folder));
    const config = complete(state?.config ?? (await readConfig(directory)), CATALOGUE);
    const data = await openDataset({
      data: config.data,
      model: config.model,
      seed: config.seed,
      assets: path.dirname(fileURLToPath(script)),
    });
    const { engine, reason } = await openEngine(state?.pinned?.engine ?? config.engine.name);
    if (state?.pinned && state.pinned.engineVersion !== engine.identity.version)
      say(
        `resuming with ${engine.identity.name} ${engine.identity.version}, trained so far with ${state.pinned.engineVersion}: losses may differ in the last digits`,
      );
    const model = describeModel(config.model);
    const activations = chooseActivations(config, model);
    const { savedLayers, segment = 1 } = state?.pinned ?? activations;
    const workers = state?.pinned?.workers ?? chooseWorkers(config);
    say(`${engine.identity.name} ${engine.identity.version} on ${engine.identity.device}: ${reason}`);
    say(state?.pinned ? `${savedLayers} layers keep their activations, as before` : activations.reason);
    say(`data: ${data.description}`);
    const pinned: Pinned = {
      engine: engine.identity.name as Pinned['engine'],
      engineVersion: engine.identity.version,
      workers,
      savedLayers,
      segment,
    };
    const weights = allocateWeights(engine, model, config, workers > 1);
    const team = new Team(engine, weights, config, model, { workers, savedLayers, segment, engineName: pinned.engine, script });
    const watchdog = new Watchdog(config.watchdog, data.entropies.unigram, state?.watchdog);
    const session = new Session(recorder, config, engine, pinned, model, data, weights, team, commands, watchdog);
    if (state && checkpoint) {
      await loadCheckpoint(checkpoint.folder, weights, config);
      session.goOnFrom(state);
      say(`resuming after step ${state.step}`);
    } else {
      await initialiseWeights(weights, config);
    }
    recorder.openEvents(state ? state.step + 1 : undefined);
    recorder.update({
      steps: config.training.steps,
      step: session.step,
      engine: { ...engine.identity, device: workers > 1 ? `CPU, ${workers} workers` : engine.identity.device, reason },
      parameters: parameterCount(weights),
      metrics: { 'entropy/unigram': data.entropies.unigram, 'entropy/bigram': data.entropies.bigram, bytes_per_token: data.bytesPerToken },
    });
    return session;
  }

  /** Trains to the last step or until stopped. The state on disk tells which when this returns. */
  async run(): Promise<void> {
    const { steps, checkpointEvery, validateEvery } = this.config.training;
    await this.recorder.enter('running');
    say(`ready after ${seconds(performance.now() - this.started)}`);
    if (this.watchdog.mayRollBack && this.savedAt === undefined) await this.checkpoint();
    while (this.step < steps && !(await this.obey())) {
      await this.trainStep(this.step + 1);
      if (validateEvery > 0 && this.step % validateEvery === 0 && this.step < steps) await this.validate();
      if (checkpointEvery > 0 && this.step % checkpointEvery === 0 && this.step < steps) await this.checkpoint();
    }
    const finished = this.step >= steps;
    if (finished) await this.validate();
    await this.checkpoint();
    await this.recorder.enter(finished ? 'finished' : 'stopped');
  }

  /** One forward and backward pass at initialisation, recorded as step 0. */
  async probe(): Promise<void> {
    await this.recorder.enter('running');
    const partials = emptyPartials(this.config.model.layers);
    const { loss, gradients } = await this.gradients(partials);
    applyUpdate(this.engine, this.weights, this.config, { step: 1, learningRate: 0, microBatches: this.microBatches }, gradients);
    this.recordDepth(0, partials, gradients);
    const values = { 'loss/train': loss, gradient_norm: gradients.norm };
    this.recorder.scalars(0, values);
    await this.recorder.enter('finished', { metrics: values });
  }

  async close(): Promise<void> {
    await this.team.dispose();
    await this.engine.dispose();
  }

  private async trainStep(step: number): Promise<void> {
    const begun = performance.now();
    const { accumulation, batch, recordEvery } = this.config.training;
    const recorded = step % recordEvery === 0 || step === 1 || step === this.config.training.steps;
    const partials = recorded ? emptyPartials(this.config.model.layers) : undefined;
    const { loss, gradients, next } = await this.gradients(partials);
    const lr = this.learningRate(step);
    const trouble = await troubleBeforeUpdate(this.carefully, { loss, gradients }, () => this.shares());
    if (trouble) return this.recover(step, loss, trouble);
    applyUpdate(this.engine, this.weights, this.config, { step, learningRate: lr, microBatches: this.microBatches }, gradients);
    const overflow = spoiledByUpdate(this.weights, gradients.sums);
    if (overflow) return this.recover(step, loss, overflow);
    this.step = step;
    this.position = next;
    if (partials) this.watchDepth(step, this.recordDepth(step, partials, gradients), lr);
    const tokens = accumulation * batch * this.config.model.context;
    const values = {
      'loss/train': loss,
      lr,
      gradient_norm: gradients.norm,
      tokens_per_second: (1000 * tokens) / (performance.now() - begun),
    };
    this.recorder.scalars(step, values);
    this.recorder.update({ step, metrics: values });
    await this.watchLoss(step, loss);
  }

  /** Mean loss of a step's micro-batches and the gradients they left in the weights' blocks. */
  private async gradients(partials: Partials | undefined): Promise<{ loss: number; gradients: Gradients; next: BatchPosition }> {
    const { accumulation, batch } = this.config.training;
    let position = this.position;
    let loss = 0;
    for (let micro = 0; micro < accumulation; micro++) {
      const { next, ...fed } = this.data.train(batch, this.config.model.context, position);
      const at = { first: micro === 0, step: this.step + 1, sample: micro * batch };
      loss += (await this.team.train(fed, at, partials)) / accumulation;
      position = next;
    }
    return { loss, gradients: measureGradients(this.engine, this.weights, this.microBatches), next: position };
  }

  /** Parts of a step's batch whose mean losses and gradients are averaged: by accumulation and by workers. */
  private get microBatches(): number {
    return this.config.training.accumulation * this.team.workers;
  }

  private learningRate(step: number): number {
    return learningRate(step, this.config) * this.watchdog.rate;
  }

  private recordDepth(step: number, partials: Partials, gradients: Gradients): Float32Array {
    const { model, training } = this.config;
    const batch = training.batch / this.team.workers;
    const values = depthValues(training.statistics, { partials, sums: gradients.sums, model, batch, microBatches: this.microBatches });
    this.recorder.depth(step, this.layout, values);
    return values;
  }

  private async validate(): Promise<void> {
    const { batch, validationBatches } = this.config.training;
    const batches = this.data.validation(batch, this.config.model.context, validationBatches);
    const measure = async (): Promise<number> => {
      let loss = 0;
      for (const batch of batches) loss += (await this.team.evaluate(batch)) / batches.length;
      return loss;
    };
    const loss = await measure();
    if (this.best === undefined || loss < this.best.loss) this.best = { step: this.step, loss };
    const averaged = this.config.training.averaging > 0 ? { 'loss/validation_averaged': await withAverages(this.weights, measure) } : {};
    const values = { 'loss/validation': loss, ...averaged };
    this.recorder.scalars(this.step, values);
    this.recorder.update({ metrics: values });
    const beside = Object.values(averaged).map((value) => `, of the averaged weights ${value.toFixed(4)}`);
    say(`step ${this.step}: validation loss ${loss.toFixed(4)}${beside}`);
  }

  /** @throws Failure rather than save numbers that are not finite. */
  private async checkpoint(): Promise<void> {
    if (this.savedAt === this.step) return;
    const bad = spoiled(this.engine, this.weights, 'weight') ?? spoiled(this.engine, this.weights, 'state');
    if (bad) return this.end(this.step + 1, Number.NaN, bad);
    const state: TrainerState = {
      format: CHECKPOINT_FORMAT,
      step: this.step,
      position: this.position,
      config: this.config,
      pinned: this.pinned,
      ...(this.best && { best: this.best }),
      watchdog: this.watchdog.state,
    };
    const { directory } = this.recorder;
    await saveCheckpoint(directory, this.weights, state);
    const { spikeSince } = this.watchdog;
    const beforeSpike = spikeSince === undefined ? undefined : (await latestCheckpoint(directory, spikeSince)).latest?.step;
    await pruneCheckpoints(directory, this.config.training.keepCheckpoints, this.best?.step, beforeSpike);
    this.savedAt = this.step;
  }

  private async watchLoss(step: number, loss: number): Promise<void> {
    const alerts = this.watchdog.step(step, loss);
    this.raise(step, alerts);
    const { spikeSince } = this.watchdog;
    if (this.config.watchdog.rollback === 0 || spikeSince === undefined || alerts.every(({ code }) => code !== 'divergence')) return;
    if (await this.rollBack(step, spikeSince, 'the loss diverges')) return;
    throw new Failure('diverged-again', { step, since: spikeSince, rollbacks: this.watchdog.state.rollbacks, rate: this.watchdog.rate });
  }

  private watchDepth(step: number, values: Float32Array, lr: number): void {
    const { optimiser, training, model } = this.config;
    const rate = lr * optimiser.layerRate * layerFactors(model).learningRate;
    const decay = rate > 0 && training.freeze === 'none' ? rate * optimiser.weightDecay : undefined;
    this.raise(step, this.watchdog.depth({ step, layout: this.layout, values, decay }));
  }

  private raise(step: number, alerts: readonly Alert[]): void {
    for (const alert of alerts) this.recorder.text(step, 'alert', { ...alert, step });
  }

  /** A number is not finite: back to a good state where that is wanted, else the end. */
  private async recover(step: number, loss: number, trouble: Trouble): Promise<void> {
    // From weights that are finite the same numbers would follow again: only an older state leads elsewhere.
    const before = trouble.inMemory || trouble.once ? step : step - 1;
    if (!(await this.rollBack(step, before, reasonOf(trouble)))) await this.end(step, loss, trouble);
  }

  /** Ends the run with its last good state on disk. */
  private async end(step: number, loss: number, trouble: Trouble): Promise<never> {
    if (!trouble.inMemory) await this.checkpoint();
    const good = (await latestCheckpoint(this.recorder.directory)).latest?.step;
    const { code, args } = endOf(trouble, { step, loss, learningRate: this.learningRate(step), good });
    this.recorder.text(step, 'alert', { code, ...args });
    throw new Failure(code, args);
  }

  /** Back to the newest checkpoint before a step, with a lower learning rate. @returns whether that was possible. */
  private async rollBack(step: number, before: number, reason: string): Promise<boolean> {
    const { directory } = this.recorder;
    const { latest } = this.watchdog.mayRollBack ? await latestCheckpoint(directory, before) : {};
    if (!latest) return false;
    const state = await readTrainerState(latest.folder);
    await loadCheckpoint(latest.folder, this.weights, this.config);
    this.watchdog.rollBack(state.watchdog);
    // A run that is killed from here on resumes behind this turn, not before it.
    await writeTrainerState(latest.folder, { ...state, watchdog: this.watchdog.state });
    await discardAfter(directory, latest.step);
    this.goOnFrom(state);
    this.recorder.openEvents(this.step + 1);
    const { rollbacks, rate } = this.watchdog.state;
    const told = { code: 'rollback', step: this.step, from: step, reason, rollbacks, most: this.config.watchdog.rollback, rate };
    this.recorder.text(this.step, 'alert', told);
    this.recorder.update({ step: this.step });
    say(render(told.code, told));
    return true;
  }

  /** Everything but the numbers in memory and what the watchdog remembers. */
  private goOnFrom(state: TrainerState): void {
    this.step = state.step;
    this.position = state.position;
    this.best = state.best;
    this.savedAt = state.step;
  }

  /** What the careful computation of a step needs. */
  private get carefully() {
    const { engine, model, weights, config, team } = this;
    const shape = { batch: config.training.batch / team.workers, context: config.model.context };
    return { engine, model, weights, shape, seed: config.seed };
  }

  /** The step at work, as it was shared out. */
  private shares(): Share[] {
    const { accumulation, batch } = this.config.training;
    let position = this.position;
    return Array.from({ length: accumulation }, (_, micro) => {
      const { next, ...fed } = this.data.train(batch, this.config.model.context, position);
      position = next;
      return partsOf(fed, this.team.workers).map((part, i) => {
        const sample = micro * batch + (i * batch) / this.team.workers;
        return { batch: part, at: { first: true, step: this.step + 1, sample } };
      });
    }).flat();
  }

  /** Between steps: does what was asked. @returns whether to stop. */
  private async obey(): Promise<boolean> {
    return this.commands.obey(this.recorder, this.step, () => this.checkpoint());
  }
}

/** As many threads as the machine has cores and the batch can be shared between. */
function chooseWorkers({ engine, training }: ExperimentConfig): number {
  if (engine.workers > 0) {
    if (training.batch % engine.workers !== 0)
      throw new Failure('workers-do-not-divide', { field: 'engine.workers', value: engine.workers, batch: training.batch });
    return engine.workers;
  }
  if (engine.name === 'reference') return 1;
  let workers = Math.min(availableParallelism(), training.batch, MOST_WORKERS);
  while (training.batch % workers !== 0) workers--;
  return workers;
}

async function openEngine(name: ExperimentConfig['engine']['name']): Promise<{ engine: Engine; reason: string }> {
  try {
    return await selectEngine({ name });
  } catch (error) {
    if (!(error instanceof EngineUnavailable)) throw error;
    throw new Failure('engine-unavailable', { field: 'engine.name', value: error.engine, detail: error.detail }, { cause: error });
  }
}

async function readConfig(directory: string): Promise<ExperimentConfig> {
  const config = await readJson(configFile(directory));
  if (config === undefined) throw new Failure('run-malformed', { path: directory, field: 'config.json' });
  return config as ExperimentConfig;
}

function parameterCount(weights: Weights): number {
  return weights.layers.reduce((sum, block) => sum + block.layout.length, weights.embedding.layout.length + weights.head.layout.length);
}

/** A line of `trainer.log`. */
export function say(line: string): void {
  console.log(line);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
