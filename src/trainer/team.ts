// Data parallelism on a CPU: the main thread and its workers each take an equal part of every batch,
// one single-threaded engine each, and of what is done to weights between batches. Weights and gradients lie once, in memory that all threads share;
// gradients are added in a fixed order, so that the same number of workers always gives the same bits.

import { Worker } from 'node:worker_threads';
import { type Batch, partsOf } from '../data/batch';
import { type KnownMemory, memoryOf } from '../engine/alignedMemory';
import type { Engine } from '../engine/engine';
import type { EngineName } from '../engine/select';
import type { ExperimentConfig } from '../experiment/config';
import type { Model } from '../model/model';
import type { Keeping } from '../model/plan';
import { addPartial } from '../model/statistics';
import { averageWeights } from './averaging';
import type { MicroBatch } from './masks';
import { abandon, flatOf, newTurns, OwnMemory, type Rank, SharedMemory, type SharedState } from './memory';
import { type Partials, Pass } from './pass';
import { Share, type SlotSums } from './share';
import { addSums, applyUpdate, type BlockSums, clippingOf, type Gradients, gradientsOf, measureGradients, type UpdateStep } from './update';
import { allBlocks, type Block, type Weights } from './weights';

/** What a worker thread is started with. */
export interface WorkerSetup extends Keeping {
  readonly config: ExperimentConfig;
  readonly engine: EngineName;
  /** Sequences that this thread takes of a micro-batch. */
  readonly batch: number;
  readonly rank: Rank;
  readonly shared: SharedState;
}

export interface PassTask {
  readonly task: 'train' | 'evaluate';
  readonly batch: Batch;
  readonly at: MicroBatch;
  readonly statistics: boolean;
}

/** The worker's share of norms, or of an update under the configuration now in force. */
export type ShareTask =
  | { readonly task: 'measure'; readonly microBatches: number }
  | { readonly task: 'update'; readonly config: ExperimentConfig; readonly at: UpdateStep; readonly clipping: number };

export type WorkerTask = { readonly id: number } & (PassTask | ShareTask);

interface PassResult {
  readonly loss: number;
  readonly partials?: Partials;
}

interface ShareResult {
  readonly sums: SlotSums;
}

export type WorkerResult = { readonly id: number } & (PassResult | ShareResult | { readonly error: unknown });

export interface TeamOptions extends Keeping {
  readonly workers: number;
  /** Told of every slot whose gradient is there, where one thread trains alone and updates at once. */
  readonly complete?: (slot: number) => void;
  readonly engineName: WorkerSetup['engine'];
  /** Module that a worker thread runs; it calls `serve` of worker.ts. */
  readonly script: URL;
}

interface Helper {
  run(task: PassTask): Promise<PassResult>;
  run(task: ShareTask): Promise<ShareResult>;
  stop(): Promise<unknown>;
}

export class Team {
  private readonly pass: Pass;
  private readonly helpers: readonly Helper[];
  /** This thread's, where there are others. */
  private readonly share: Share | undefined;
  /** Sequences that each thread takes of a micro-batch. */
  private readonly batch: number;

  /**
   * @param weights in shared memory where there are several workers.
   * @param config whose batch the number of workers divides.
   */
  constructor(
    private readonly engine: Engine,
    private readonly weights: Weights,
    config: ExperimentConfig,
    model: Model,
    private readonly options: TeamOptions,
  ) {
    const batch = config.training.batch / options.workers;
    this.batch = batch;
    if (!Number.isInteger(batch)) throw new Error(`${options.workers} workers cannot share a batch of ${config.training.batch}`);
    const { workers, kept, savedLayers, segment, engineName } = options;
    const keeping = { kept, savedLayers, segment };
    const shape = { batch, context: config.model.context };
    const { statistics, precision } = config.training;
    const how = { ...keeping, seed: config.seed, statistics, precision };
    if (workers === 1) {
      this.pass = new Pass(engine, model, new OwnMemory(engine, weights, options.complete), shape, how);
      this.helpers = [];
      return;
    }
    const blocks = allBlocks(weights);
    const shared: SharedState = {
      weights: blocks.map((block) => flatOf(block.weight)),
      gradients: blocks.map((block) => flatOf(block.gradient)),
      states: blocks.map((block) => block.state.flat),
      parts: Array.from({ length: workers }, (_, index) => blocks.flatMap(({ parts }) => parts[index] ?? [])),
      memories: memoriesOf(blocks),
      turns: newTurns(blocks.length),
    };
    const setup = (index: number): WorkerSetup => ({
      config,
      engine: engineName,
      ...keeping,
      batch,
      rank: { index, of: workers },
      shared,
    });
    this.pass = new Pass(engine, model, new SharedMemory(engine, model, shared, setup(0).rank), shape, how);
    this.share = new Share(engine, blocks, setup(0).rank);
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

  /** Global norm of the gradients that training left, and each part's share. @param microBatches whose gradients were added up. */
  async measureGradients(microBatches: number): Promise<Gradients> {
    const { share } = this;
    if (!share) return measureGradients(this.engine, this.weights, microBatches);
    const sums: BlockSums[] = [];
    for (const [slot, found] of await this.shared({ task: 'measure', microBatches }, () => share.measure(microBatches))) sums[slot] = found;
    return gradientsOf(sums);
  }

  /** One step of the optimiser, the weights' average included. @param gradients of this step; their sums are completed. */
  async applyUpdate(config: ExperimentConfig, at: UpdateStep, gradients: Gradients): Promise<void> {
    const { share } = this;
    if (!share) {
      applyUpdate(this.engine, this.weights, config, at, gradients);
      return;
    }
    const clipping = clippingOf(config, gradients);
    const found = await this.shared({ task: 'update', config, at, clipping }, () => share.update(config, at, clipping));
    for (const [slot, sums] of found) addSums(gradients.sums[slot] as BlockSums, sums);
    if (config.training.averaging > 0) averageWeights(this.weights, config.training.averaging, at.step);
  }

  /** Everybody's share of a task, this thread's by `own`. */
  private async shared(task: ShareTask, own: () => SlotSums): Promise<SlotSums> {
    const running = this.helpers.map((helper) => helper.run(task));
    const mine = await settled(new Promise<SlotSums>((resolve) => resolve(own())), running);
    return [mine, ...(await Promise.all(running)).map(({ sums }) => sums)].flat();
  }

  async dispose(): Promise<void> {
    await Promise.all([this.pass.dispose(), ...this.helpers.map((helper) => helper.stop())]);
  }
}

/** All that the arrays of blocks lie in. */
function memoriesOf(blocks: readonly Block[]): KnownMemory[] {
  const known = new Map<ArrayBufferLike, KnownMemory>();
  for (const { weight, gradient, state, parts } of blocks) {
    for (const view of [flatOf(weight), flatOf(gradient), state.flat, ...parts]) {
      const memory = memoryOf(view);
      if (memory) known.set(view.buffer, { memory, view });
    }
  }
  return [...known.values()];
}

/** Evaluation is the same wherever it happens. */
const ANYWHERE: MicroBatch = { first: true, step: 0, sample: 0 };

/** The own part's result; its failure does not leave the others' unheard. */
async function settled<T>(own: Promise<T>, others: readonly Promise<unknown>[]): Promise<T> {
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
  const waiting = new Map<number, { resolve: (result: PassResult & ShareResult) => void; reject: (error: unknown) => void }>();
  let next = 0;
  worker.on('message', (result: WorkerResult) => {
    const asked = waiting.get(result.id);
    waiting.delete(result.id);
    if ('error' in result) asked?.reject(result.error);
    else asked?.resolve(result as WorkerResult & PassResult & ShareResult);
  });
  const fail = (error: unknown): void => {
    abandon(setup.shared.turns);
    for (const asked of waiting.values()) asked.reject(error);
    waiting.clear();
  };
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`a worker thread ended with code ${code}`)));
  return {
    run(task: PassTask | ShareTask): Promise<PassResult & ShareResult> {
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
