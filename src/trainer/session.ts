// One start of a trainer: everything opened, the loop, everything closed. The loop is meant to be read:
// batch, forward and backward, norm, update, record, and between steps what a person asked for.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openData } from '../data/dataset';
import { type BatchPosition, FIRST_POSITION, type TrainingData } from '../data/trainingData';
import type { Engine } from '../engine/engine';
import { CHECKPOINT_FORMAT, checkFormat, latestCheckpoint, pruneCheckpoints, removeLeftovers } from '../experiment/checkpoints';
import { complete } from '../experiment/complete';
import type { ExperimentConfig } from '../experiment/config';
import { Failure } from '../experiment/failure';
import { readJson } from '../experiment/files';
import { applyLive, withEdits } from '../experiment/liveEdits';
import { configFile } from '../experiment/runDirectory';
import { CATALOGUE } from '../model/catalogue';
import { describeModel, type Model } from '../model/model';
import { averageWeights, withAverages } from './averaging';
import { loadCheckpoint, type Pinned, readTrainerState, saveCheckpoint, type TrainerState } from './checkpoint';
import type { Commands } from './commands';
import { depthLayout, depthValues, emptyPartials } from './depth';
import { Edits } from './edits';
import { FusedUpdate } from './fused';
import { HistogramRecorder, hasHistograms } from './histograms';
import { LossScale } from './lossScale';
import { openEngine } from './openEngine';
import type { Partials } from './pass';
import { choosePlan } from './plan';
import type { Recorder } from './recorder';
import { startFrom } from './start';
import { Team } from './team';
import { type Gradients, measureWeights, type UpdateStep } from './update';
import { Guard } from './watchdog/guard';
import { allocateWeights, initialiseWeights, type Weights } from './weights';

export class Session {
  private step = 0;
  private position: BatchPosition = FIRST_POSITION;
  private readonly lossScale: LossScale | undefined;
  private best: TrainerState['best'];
  private savedAt: number | undefined;
  private readonly layout;
  private readonly histograms: HistogramRecorder;
  private readonly guard: Guard;
  private readonly edits: Edits;
  private readonly started = performance.now();

  private constructor(
    private readonly recorder: Recorder,
    /** In force, with every edit taken so far. */
    private config: ExperimentConfig,
    private readonly engine: Engine,
    private readonly pinned: Pinned,
    private readonly model: Model,
    private readonly data: TrainingData,
    readonly weights: Weights,
    private readonly team: Team,
    private readonly fused: FusedUpdate | undefined,
    private readonly commands: Commands,
    state: TrainerState | undefined,
  ) {
    this.layout = depthLayout(config.model.layers, config.training.statistics);
    this.histograms = new HistogramRecorder(recorder, config.model.layers);
    const { workers } = pinned;
    const run = { recorder, config, engine, model, data, weights, workers };
    const does = {
      checkpoint: () => this.checkpoint(),
      state: () => this.state(),
      goOnFrom: (state: TrainerState) => this.goOnFrom(state),
      goneBack: (step: number) => this.edits.goneBack(step),
    };
    this.edits = new Edits(recorder, state?.edits);
    this.guard = new Guard({ ...run, ...does }, state?.watchdog);
    if (config.training.precision === 'float16') this.lossScale = new LossScale(state?.lossScale);
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
    const data = await openData({
      data: config.data,
      model: config.model,
      seed: config.seed,
      assets: path.dirname(fileURLToPath(script)),
    });
    const { engine, reason } = await openEngine(state?.pinned?.engine ?? config.engine.name, config.training.precision);
    if (state?.pinned && state.pinned.engineVersion !== engine.identity.version)
      say(
        `resuming with ${engine.identity.name} ${engine.identity.version}, trained so far with ${state.pinned.engineVersion}: losses may differ in the last digits`,
      );
    const model = describeModel(config.model);
    const plan = choosePlan(config, state?.pinned);
    const { workers, kept, savedLayers, segment } = plan;
    const keeping = { kept, savedLayers, segment };
    say(`${engine.identity.name} ${engine.identity.version} on ${engine.identity.device}: ${reason}`);
    say(plan.reason);
    say(`data: ${data.description}`);
    const pinned: Pinned = {
      engine: engine.identity.name as Pinned['engine'],
      engineVersion: engine.identity.version,
      workers,
      ...keeping,
    };
    const weights = allocateWeights(engine, model, config, workers);
    const fused = config.training.fusedUpdate ? new FusedUpdate(engine, weights, config) : undefined;
    const alone = fused && { complete: (slot: number) => fused.complete(slot) };
    const team = new Team(engine, weights, config, model, { workers, ...keeping, engineName: pinned.engine, script, ...alone });
    const session = new Session(recorder, config, engine, pinned, model, data, weights, team, fused, commands, state);
    if (state && checkpoint) {
      await loadCheckpoint(checkpoint.folder, weights, config);
      session.goOnFrom(state);
      say(`resuming after step ${state.step}`);
    } else {
      await initialiseWeights(weights, config);
      if (config.training.from) say(`starting from step ${await startFrom(weights, config)} of ${config.training.from}`);
    }
    // A run that died before its first checkpoint begins anew: what it had recorded is superseded as well.
    recorder.openEvents(state ? state.step + 1 : 0);
    session.edits.tellAgain(session.step);
    recorder.update({
      steps: config.training.steps,
      step: session.step,
      engine: { ...engine.identity, device: workers > 1 ? `CPU, ${workers} workers` : engine.identity.device, reason },
      parameters: parameterCount(weights),
      memory: { predicted: plan.predicted },
      metrics: data.yardsticks,
    });
    return session;
  }

  /** Trains to the last step or until stopped. The state on disk tells which when this returns. */
  async run(): Promise<void> {
    await this.recorder.enter('running');
    say(`ready after ${seconds(performance.now() - this.started)}`);
    if (this.guard.mayRollBack && this.savedAt === undefined) await this.checkpoint();
    while (this.step < this.config.training.steps && !(await this.obey())) {
      const due = this.edits.due(this.step + 1);
      if (due.length > 0) this.adopt(withEdits(this.config, due));
      if (!(await this.trainStep(this.step + 1))) continue;
      const { steps, checkpointEvery, validateEvery } = this.config.training;
      if (validateEvery > 0 && this.step % validateEvery === 0 && this.step < steps) await this.validate();
      if (checkpointEvery > 0 && this.step % checkpointEvery === 0 && this.step < steps) await this.checkpoint();
    }
    const finished = this.step >= this.config.training.steps;
    if (finished) await this.validate();
    await this.checkpoint();
    await this.recorder.enter(finished ? 'finished' : 'stopped');
  }

  /** One forward and backward pass at initialisation, recorded as step 0. */
  async probe(): Promise<void> {
    await this.recorder.enter('running');
    const partials = emptyPartials(this.config.model.layers);
    const at = { step: 1, learningRate: 0, microBatches: this.microBatches };
    const { loss, gradients } = await this.gradients(at, partials);
    if (!this.fused) await this.team.applyUpdate(this.config, at, gradients);
    this.recordDepth(0, partials, gradients);
    if (hasHistograms(1, this.config.training.histogramEvery)) this.recordHistograms(0, partials);
    const values = { 'loss/train': loss, gradient_norm: gradients.norm };
    this.recorder.scalars(0, values);
    await this.recorder.enter('finished', { metrics: values });
  }

  async close(): Promise<void> {
    await this.team.dispose();
    await this.engine.dispose();
  }

  /** @returns false where the run has gone back to an earlier step instead. */
  private async trainStep(step: number): Promise<boolean> {
    const begun = performance.now();
    const { accumulation, averaging, batch, recordEvery, histogramEvery } = this.config.training;
    const recorded = step % recordEvery === 0 || step === 1 || step === this.config.training.steps;
    const counted = hasHistograms(step, histogramEvery);
    const measured = recorded || counted ? emptyPartials(this.config.model.layers) : undefined;
    const partials = recorded ? measured : undefined;
    const lr = this.guard.learningRate(step);
    const at = { step, learningRate: lr, microBatches: this.microBatches };
    const { loss, gradients, next } = await this.gradients(at, measured);
    const record = (): unknown => partials && this.recordDepth(step, partials, gradients);
    const recordUntaken = (): void => {
      measureWeights(this.engine, this.weights, gradients);
      record();
    };
    if (this.fused) {
      if (averaging > 0) averageWeights(this.weights, averaging, step);
    } else {
      if (!(await this.guard.allowsUpdate(step, { loss, gradients }, recordUntaken))) return false;
      await this.team.applyUpdate(this.config, at, gradients);
    }
    if (!(await this.guard.acceptsUpdate(step, loss, gradients, record))) return false;
    this.step = step;
    this.position = next;
    if (partials) this.guard.watchDepth(step, this.layout, this.recordDepth(step, partials, gradients));
    if (counted && measured) this.recordHistograms(step, measured);
    const tokens = accumulation * batch * this.config.model.context;
    const values = {
      'loss/train': loss,
      lr,
      gradient_norm: gradients.norm,
      tokens_per_second: (1000 * tokens) / (performance.now() - begun),
    };
    this.recorder.scalars(step, values);
    this.recorder.update({ step, metrics: values });
    return this.guard.allowsLoss(step, loss);
  }

  /**
   * Mean loss of a step's micro-batches and the gradients they left in the weights' blocks, or were updated with at once.
   * Gradients that outgrew halves are computed again with a smaller loss scale.
   */
  private async gradients(update: UpdateStep, partials: Partials | undefined): ReturnType<Session['passes']> {
    for (;;) {
      const found = await this.passes(update, partials);
      const { lossScale } = this;
      const fits = Number.isFinite(found.gradients.norm);
      if (fits) lossScale?.passed();
      if (fits || !Number.isFinite(found.loss) || !lossScale?.overflowed()) return found;
      say(`step ${update.step}: gradients were too large for float16; again with a loss scale of ${lossScale.scale}`);
      for (const row of partials ?? []) row.clear();
    }
  }

  private async passes(
    update: UpdateStep,
    partials: Partials | undefined,
  ): Promise<{ loss: number; gradients: Gradients; next: BatchPosition }> {
    const { accumulation, batch, histogramEvery } = this.config.training;
    const counted = hasHistograms(update.step, histogramEvery) && { counted: update.microBatches };
    const scaled = this.lossScale && { lossScale: this.lossScale.scale };
    let position = this.position;
    let loss = 0;
    this.fused?.begin(update);
    for (let micro = 0; micro < accumulation; micro++) {
      const { next, ...fed } = this.data.train(batch, this.config.model.context, position);
      const at = { first: micro === 0, step: this.step + 1, sample: micro * batch, ...counted, ...scaled };
      loss += (await this.team.train(fed, at, partials)) / accumulation;
      position = next;
    }
    const gradients = this.fused?.end() ?? (await this.team.measureGradients(this.microBatches));
    return { loss, gradients, next: position };
  }

  /** Parts of a step's batch whose mean losses and gradients are averaged: by accumulation and by workers. */
  private get microBatches(): number {
    return this.config.training.accumulation * this.team.workers;
  }

  private recordDepth(step: number, partials: Partials, gradients: Gradients): Float32Array {
    const { model, training } = this.config;
    const batch = training.batch / this.team.workers;
    const values = depthValues(training.statistics, { partials, sums: gradients.sums, model, batch, microBatches: this.microBatches });
    this.recorder.depth(step, this.layout, values);
    return values;
  }

  private recordHistograms(step: number, partials: Partials): void {
    const { model, training } = this.config;
    const elements = training.accumulation * training.batch * model.context * model.hidden;
    this.histograms.record(step, partials, elements, this.weights);
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
    if (!(await this.guard.allowsCheckpoint(this.step + 1))) return;
    const { directory } = this.recorder;
    this.recorder.checkThere();
    // What led to a checkpoint is never lost where the checkpoint is not: the recorded steps reach the disk before it.
    await this.recorder.syncEvents();
    await saveCheckpoint(directory, this.weights, this.state());
    this.savedAt = this.step;
    await this.prune();
  }

  /** Old checkpoints that somebody reads or the disk will not let go take room; they are no reason to end a run. */
  private async prune(): Promise<void> {
    const { keepCheckpoints } = this.config.training;
    try {
      await pruneCheckpoints(this.recorder.directory, keepCheckpoints, this.best?.step, await this.guard.refuge());
    } catch (error) {
      say(`old checkpoints could not be deleted: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Everything but the tensors, for a checkpoint. */
  private state(): TrainerState {
    return {
      format: CHECKPOINT_FORMAT,
      step: this.step,
      position: this.position,
      config: this.config,
      edits: this.edits.count,
      pinned: this.pinned,
      ...(this.best && { best: this.best }),
      watchdog: this.guard.state,
      ...(this.lossScale && { lossScale: this.lossScale.state }),
    };
  }

  /** Everything but the tensors and what the watchdog remembers. */
  private goOnFrom(state: TrainerState): void {
    this.step = state.step;
    this.position = state.position;
    this.best = state.best;
    this.savedAt = state.step;
    if (this.lossScale && state.lossScale) this.lossScale.state = state.lossScale;
  }

  /** Between steps: does what was asked. @returns whether to stop. */
  private async obey(): Promise<boolean> {
    return this.commands.obey(this.recorder, this.step, {
      checkpoint: () => this.checkpoint(),
      set: (id, values) => this.edit(id, values),
    });
  }

  /** Other values from the next step on. Throws `Failure` where they are not taken. */
  private async edit(id: string, values: Readonly<Record<string, unknown>>): Promise<void> {
    const now = withEdits(this.config, this.edits.ahead);
    const { config, changes } = applyLive(now, values, this.step, CATALOGUE);
    if (changes.length > 0) await this.edits.add({ id, step: this.step + 1, changes });
    this.adopt(config);
  }

  private adopt(config: ExperimentConfig): void {
    this.config = config;
    this.guard.adopt(config);
    this.fused?.adopt(config);
    this.recorder.update({ steps: config.training.steps });
  }
}

async function readConfig(directory: string): Promise<ExperimentConfig> {
  const config = await readJson(configFile(directory));
  if (config === undefined) throw new Failure('run-malformed', { path: directory, field: 'config.json' });
  checkFormat(configFile(directory), { config });
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
