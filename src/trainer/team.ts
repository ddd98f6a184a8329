// Data parallelism on a CPU: the main thread and its workers each take an equal part of every batch,
// one single-threaded engine each. Weights and gradients lie once, in memory that all threads share;
// gradients are added in a fixed order, so that the same number of workers always gives the same bits.

import { Worker } from 'node:worker_threads';
import { type Batch, partsOf } from '../data/batch';
import type { Engine } from '../engine/engine';
import type { EngineName } from '../engine/select';
import type { ExperimentConfig } from '../experiment/config';
import type { Model } from '../model/model';
import { addPartial } from '../model/statistics';
import { measuredBy } from './histograms';
import type { MicroBatch } from './masks';
import { abandon, flatOf, newTurns, OwnMemory, type Rank, SharedMemory, type SharedState } from './memory';
import { type Partials, Pass } from './pass';
import { allBlocks, type Weights } from './weights';

/** What a worker thread is started with. */
export interface WorkerSetup {
  readonly config: ExperimentConfig;
  readonly engine: EngineName;
  readonly savedLayers: number;
  readonly segment: number;
  /** Sequences that this thread takes of a micro-batch. */
  readonly batch: number;
  readonly rank: Rank;
  readonly shared: SharedState;
}

export interface WorkerTask {
  readonly id: number;
  readonly task: 'train' | 'evaluate';
  readonly batch: Batch;
  readonly at: MicroBatch;
  readonly statistics: boolean;
}

export type WorkerResult =
  | { readonly id: number; readonly loss: number; readonly partials?: Partials }
  | { readonly id: number; readonly error: unknown };

export interface TeamOptions {
  readonly workers: number;
  readonly savedLayers: number;
  readonly segment: number;
  /** Told of every slot whose gradient is there, where one thread trains alone and updates at once. */
  readonly complete?: (slot: number) => void;
  readonly engineName: WorkerSetup['engine'];
  /** Module that a worker thread runs; it calls `serve` of worker.ts. */
  readonly script: URL;
}

interface Helper {
  run(task: Omit<WorkerTask, 'id'>): Promise<{ loss: number; partials?: Partials }>;
  stop(): Promise<unknown>;
}

export class Team {
  private readonly pass: Pass;
  private readonly helpers: readonly Helper[];
  /** Sequences that each thread takes of a micro-batch. */
  private readonly batch: number;

  /**
   * @param weights in shared memory where there are several workers.
   * @param config whose batch the number of workers divides.
   */
  constructor(
    engine: Engine,
    weights: Weights,
    config: ExperimentConfig,
    model: Model,
    private readonly options: TeamOptions,
  ) {
    const batch = config.training.batch / options.workers;
    this.batch = batch;
    if (!Number.isInteger(batch)) throw new Error(`${options.workers} workers cannot share a batch of ${config.training.batch}`);
    const { workers, savedLayers, segment, engineName } = options;
    const shape = { batch, context: config.model.context };
    const how = { savedLayers, segment, seed: config.seed, ...measuredBy(config, workers) };
    if (workers === 1) {
      this.pass = new Pass(engine, model, new OwnMemory(engine, weights, options.complete), shape, how);
      this.helpers = [];
      return;
    }
    const blocks = allBlocks(weights);
    const shared: SharedState = {
      weights: blocks.map((block) => flatOf(block.weight)),
      gradients: blocks.map((block) => flatOf(block.gradient)),
      turns: newTurns(blocks.length),
    };
    const setup = (index: number): WorkerSetup => ({
      config,
      engine: engineName,
      savedLayers,
      segment,
      batch,
      rank: { index, of: workers },
      shared,
    });
    this.pass = new Pass(engine, model, new SharedMemory(engine, model, shared, setup(0).rank), shape, how);
    this.helpers = Array.from({ length: workers - 1 }, (_, i) => startHelper(options.script, setup(i + 1)));
  }

  get workers(): number {
    return this.options.workers;
  }

  /**
   * One micro-batch, shared out. Adds the gradients of each part's mean loss to the weights' own.
   * @returns mean loss over the batch's targets, in nats.
   */
  async train(batch: Batch, at: MicroBatch, partials?: Partials): Promise<number> {
    const [own, ...others] = partsOf(batch, this.workers);
    const statistics = partials !== undefined;
    const running = this.helpers.map((helper, i) => {
      const part = { ...at, sample: at.sample + (i + 1) * this.batch };
      return helper.run({ task: 'train', batch: others[i] as Batch, at: part, statistics });
    });
    const loss = await settled(this.pass.train(own as Batch, at, partials), running);
    const found = await Promise.all(running);
    if (partials) for (const result of found) addPartials(partials, result.partials ?? []);
    return (loss + found.reduce((sum, result) => sum + result.loss, 0)) / this.workers;
  }

  /** Mean loss over the batch's targets, in nats, without touching gradients. */
  async evaluate(batch: Batch): Promise<number> {
    const [own, ...others] = partsOf(batch, this.workers);
    const running = this.helpers.map((helper, i) =>
      helper.run({ task: 'evaluate', batch: others[i] as Batch, at: ANYWHERE, statistics: false }),
    );
    const loss = await settled(this.pass.evaluate(own as Batch), running);
    return (loss + (await Promise.all(running)).reduce((sum, result) => sum + result.loss, 0)) / this.workers;
  }

  async dispose(): Promise<void> {
    await Promise.all([this.pass.dispose(), ...this.helpers.map((helper) => helper.stop())]);
  }
}

/** Evaluation is the same wherever it happens. */
const ANYWHERE: MicroBatch = { first: true, step: 0, sample: 0 };

/** The own part's result; its failure does not leave the others' unheard. */
async function settled(own: Promise<number>, others: readonly Promise<unknown>[]): Promise<number> {
  const [result] = await Promise.allSettled([own, ...others]);
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

function addPartials(total: Partials, part: Partials): void {
  part.forEach((names, row) => {
    const target = total[row];
    if (target) for (const [name, value] of names) addPartial(target, name, value);
  });
}

function startHelper(script: URL, setup: WorkerSetup): Helper {
  const worker = new Worker(script, { workerData: setup });
  const waiting = new Map<number, { resolve: (result: { loss: number; partials?: Partials }) => void; reject: (error: unknown) => void }>();
  let next = 0;
  worker.on('message', (result: WorkerResult) => {
    const asked = waiting.get(result.id);
    waiting.delete(result.id);
    if ('error' in result) asked?.reject(result.error);
    else asked?.resolve(result);
  });
  const fail = (error: unknown): void => {
    abandon(setup.shared.turns);
    for (const asked of waiting.values()) asked.reject(error);
    waiting.clear();
  };
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`a worker thread ended with code ${code}`)));
  return {
    run(task) {
      const id = next++;
      const message: WorkerTask = { id, ...task };
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.postMessage(message);
      });
    },
    stop: () => worker.terminate(),
  };
}
