// The watchdog at work in a run: asked around every update, it lets the step be taken, takes the run back
// to a checkpoint, or ends it with the last good state on disk.

import type { TrainingData } from '../../data/trainingData';
import type { Engine } from '../../engine/engine';
import { discardAfter, latestCheckpoint } from '../../experiment/checkpoints';
import type { ExperimentConfig } from '../../experiment/config';
import type { DepthLayout } from '../../experiment/events';
import { Failure } from '../../experiment/failure';
import { type MessageArgs, render } from '../../experiment/messages';
import { layerRate, type Model } from '../../model/model';
import { loadCheckpoint, readTrainerState, type TrainerState, writeTrainerState } from '../checkpoint';
import type { Recorder } from '../recorder';
import { learningRate } from '../schedule';
import type { Gradients } from '../update';
import type { Weights } from '../weights';
import type { Alert } from './alert';
import { sharesOf } from './careful';
import { type Computed, troubleBeforeUpdate } from './diagnose';
import { endOf, reasonOf } from './report';
import { spoiled, spoiledByUpdate, type Trouble } from './trouble';
import { Watchdog, type WatchdogState } from './watchdog';

/** What the guard needs of the run that it watches. */
export interface GuardedRun {
  readonly recorder: Recorder;
  readonly config: ExperimentConfig;
  readonly engine: Engine;
  readonly model: Model;
  readonly data: TrainingData;
  readonly weights: Weights;
  readonly workers: number;
  /** Saves the state in memory. */
  checkpoint(): Promise<void>;
  /** What a checkpoint of now would say. */
  state(): TrainerState;
  /** Takes over all of a checkpoint but its tensors. */
  goOnFrom(state: TrainerState): void;
  /** The run has gone back to a step; its configuration stays as it is. */
  goneBack(step: number): Promise<void>;
}

export class Guard {
  private readonly watchdog: Watchdog;

  /** @param state what a checkpoint remembered. */
  constructor(
    private run: GuardedRun,
    state: WatchdogState | undefined,
  ) {
    this.watchdog = new Watchdog(run.config.watchdog, run.data.yardsticks['entropy/unigram'], state);
  }

  /** For checkpoints. */
  get state(): WatchdogState {
    return this.watchdog.state;
  }

  /** Another configuration from the next step on, with other values in what may change while training. */
  adopt(config: ExperimentConfig): void {
    const { optimiser } = this.run.config;
    this.run = { ...this.run, config };
    this.watchdog.adopt(config.watchdog, config.optimiser.learningRate !== optimiser.learningRate);
  }

  get mayRollBack(): boolean {
    return this.watchdog.mayRollBack;
  }

  /** Of the schedule, lowered by rollbacks. */
  learningRate(step: number): number {
    return learningRate(step, this.run.config) * this.watchdog.rate;
  }

  /**
   * To be asked with a step's loss and gradients. @returns whether to update; if not, the run has gone back.
   * @param record writes down what was measured of a step before it is given up.
   * Throws `Failure` `non-finite…` where it must end.
   */
  async allowsUpdate(step: number, computed: Computed, record: () => void): Promise<boolean> {
    const { engine, model, data, weights, config, workers } = this.run;
    const shape = { batch: config.training.batch / workers, context: config.model.context };
    const options = { engine, model, weights, shape, seed: config.seed };
    const trouble = await troubleBeforeUpdate(options, computed, () => sharesOf(data, config, this.run.state(), workers));
    if (trouble) record();
    if (trouble) await this.recover(step, computed.loss, trouble);
    return trouble === undefined;
  }

  /** To be asked with what an update did; `record` as above. @returns whether its weights are finite; if not, the run has gone back. */
  async acceptsUpdate(step: number, loss: number, { sums }: Gradients, record: () => void): Promise<boolean> {
    const trouble = spoiledByUpdate(this.run.weights, sums);
    if (trouble) record();
    if (trouble) await this.recover(step, loss, trouble);
    return trouble === undefined;
  }

  /** To be told of the loss of every step that was taken. @returns whether to go on from it; if not, the run has gone back. */
  async allowsLoss(step: number, loss: number): Promise<boolean> {
    const alerts = this.watchdog.step(step, loss);
    this.raise(step, alerts);
    const since = this.watchdog.spikeSince;
    const diverges = since !== undefined && alerts.some(({ code }) => code === 'divergence');
    if (!diverges || this.run.config.watchdog.rollback === 0) return true;
    if (await this.rollBack(step, since, 'the loss diverges')) return false;
    throw new Failure('diverged-again', { step, since, rollbacks: this.state.rollbacks, rate: this.state.rate });
  }

  /** To be told of everything recorded over depth. */
  watchDepth(step: number, layout: DepthLayout, values: Float32Array): void {
    const { optimiser, training } = this.run.config;
    const rate = this.learningRate(step) * layerRate(this.run.config);
    const decay = rate > 0 && training.freeze === 'none' ? rate * optimiser.weightDecay : undefined;
    this.raise(step, this.watchdog.depth({ step, layout, values, decay }));
  }

  /**
   * To be asked before every checkpoint. @param step the next one.
   * @returns whether what is in memory may be saved; if not, that step will take the run back. Throws where none can.
   */
  async allowsCheckpoint(step: number): Promise<boolean> {
    const { engine, weights, config } = this.run;
    const trouble = spoiled(engine, weights, 'weight') ?? spoiled(engine, weights, 'state');
    if (trouble && (!this.mayRollBack || step > config.training.steps)) await this.end(step, Number.NaN, trouble);
    return trouble === undefined;
  }

  /** Step of the checkpoint that a divergence would go back to; it must not be deleted meanwhile. */
  async refuge(): Promise<number | undefined> {
    const since = this.watchdog.spikeSince;
    return since === undefined ? undefined : (await latestCheckpoint(this.run.recorder.directory, since)).latest?.step;
  }

  private raise(step: number, alerts: readonly Alert[]): void {
    for (const alert of alerts) this.tell(step, { ...alert, step });
  }

  private tell(step: number, { code, ...args }: { readonly code: string } & MessageArgs): void {
    const { recorder } = this.run;
    recorder.text(step, 'alert', { code, ...args });
    if (code === 'divergence') recorder.standing({ code, args });
    if (code === 'divergence-over' || code === 'rollback') recorder.standing(undefined);
    console.log(render(code, args));
  }

  private async recover(step: number, loss: number, trouble: Trouble): Promise<void> {
    // From weights that are finite the same numbers would follow again: only an older state leads elsewhere.
    const before = trouble.inMemory || trouble.once ? step : step - 1;
    if (!(await this.rollBack(step, before, reasonOf(trouble)))) await this.end(step, loss, trouble);
  }

  private async end(step: number, loss: number, trouble: Trouble): Promise<never> {
    const { recorder } = this.run;
    if (!trouble.inMemory) await this.run.checkpoint();
    const good = (await latestCheckpoint(recorder.directory)).latest?.step;
    const { precision } = this.run.config.training;
    const { code, args } = endOf(trouble, { step, loss, learningRate: this.learningRate(step), good, precision });
    recorder.text(step, 'alert', { code, ...args });
    throw new Failure(code, args);
  }

  /** Back to the newest checkpoint before a step, with a lower learning rate. @returns whether that was possible. */
  private async rollBack(step: number, before: number, reason: string): Promise<boolean> {
    const { recorder, weights, config } = this.run;
    const { latest } = this.mayRollBack ? await latestCheckpoint(recorder.directory, before) : {};
    if (!latest) return false;
    const state = await readTrainerState(latest.folder);
    await loadCheckpoint(latest.folder, weights, config);
    this.watchdog.rollBack(state.watchdog);
    // A run that is killed from here on resumes behind this turn, not before it, and with what was changed since.
    const edits = this.run.state().edits ?? 0;
    await writeTrainerState(latest.folder, { ...state, config, edits, watchdog: this.state });
    await discardAfter(recorder.directory, latest.step);
    this.run.goOnFrom(state);
    recorder.openEvents(state.step + 1);
    await this.run.goneBack(state.step);
    const { rollbacks, rate } = this.state;
    const told = { code: 'rollback', step: state.step, from: step, reason, rollbacks, most: config.watchdog.rollback, rate };
    this.tell(state.step, told);
    recorder.update({ step: state.step });
    return true;
  }
}
