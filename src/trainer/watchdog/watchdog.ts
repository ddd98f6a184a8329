// What the watchdog remembers of a run: losses, alerts that are on, how often the run has gone back. All of
// it is plain data that checkpoints keep, so that a resumed run raises the alerts of an undisturbed one.

import type { WatchdogConfig } from '../../experiment/config';
import type { Alert } from './alert';
import { type DepthReading, type DepthState, watchDepth } from './depthAlerts';
import { type LossState, NO_LOSSES, watchLoss } from './lossAlerts';

/** Part of `trainer.json`. */
export interface WatchdogState {
  readonly loss: LossState;
  readonly depth: DepthState;
  /** Times that the run has gone back. */
  readonly rollbacks: number;
  /** Factor on the learning rate that is left of them. */
  readonly rate: number;
}

const FRESH: WatchdogState = { loss: NO_LOSSES, depth: {}, rollbacks: 0, rate: 1 };

export class Watchdog {
  private current: WatchdogState;

  /** @param entropy of single tokens in nats, where it is known. */
  constructor(
    private config: WatchdogConfig,
    private readonly entropy: number | undefined,
    state: WatchdogState = FRESH,
  ) {
    this.current = state;
  }

  get state(): WatchdogState {
    return this.current;
  }

  /** Factor on the learning rate. */
  get rate(): number {
    return this.current.rate;
  }

  /** The first step of the loss spike that is on, if one is. */
  get spikeSince(): number | undefined {
    const { spike } = this.current.loss;
    return spike.on ? spike.since : undefined;
  }

  get mayRollBack(): boolean {
    return this.current.rollbacks < this.config.rollback;
  }

  /** Other thresholds from now on. @param anew a learning rate was given that is not to be lowered for what went wrong before. */
  adopt(config: WatchdogConfig, anew: boolean): void {
    this.config = config;
    if (anew) this.current = { ...this.current, rate: 1 };
  }

  /** @param loss of a step that was taken. @returns the alerts to record. */
  step(step: number, loss: number): readonly Alert[] {
    const { state, alerts } = watchLoss(this.current.loss, step, loss, this.config, this.entropy);
    this.current = { ...this.current, loss: state };
    return alerts;
  }

  /** @returns the alerts to record. */
  depth(reading: DepthReading): readonly Alert[] {
    const { state, alerts } = watchDepth(this.current.depth, reading, this.config);
    this.current = { ...this.current, depth: state };
    return alerts;
  }

  /** The run goes on from an older state. @param then what was remembered there. */
  rollBack(then: WatchdogState = FRESH): void {
    const { rollbacks, rate } = this.current;
    this.current = { ...then, rollbacks: rollbacks + 1, rate: rate * this.config.rollbackRate };
  }
}
