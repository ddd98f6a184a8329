// The other end of a team: a thread with an engine of its own that computes its part of every batch.

import { parentPort, workerData } from 'node:worker_threads';
import { selectEngine } from '../engine/select';
import { describeModel } from '../model/model';
import { emptyPartials } from './depth';
import { measuredBy } from './histograms';
import { abandon, SharedMemory } from './memory';
import { Pass } from './pass';
import type { WorkerResult, WorkerSetup, WorkerTask } from './team';

/** Answers tasks until the thread is ended. */
export function serve(): void {
  const setup = workerData as WorkerSetup;
  const ready = open(setup);
  parentPort?.on('message', async (task: WorkerTask) => {
    parentPort?.postMessage(await answer(ready, setup, task));
  });
}

async function open({ config, engine: name, savedLayers, segment, batch, rank, shared }: WorkerSetup): Promise<Pass> {
  const { engine } = await selectEngine({ name });
  const model = describeModel(config.model);
  return new Pass(
    engine,
    model,
    new SharedMemory(engine, model, shared, rank),
    { batch, context: config.model.context },
    { savedLayers, segment, seed: config.seed, ...measuredBy(config, rank.of) },
  );
}

async function answer(
  ready: Promise<Pass>,
  { config, shared }: WorkerSetup,
  { id, task, batch, at, statistics }: WorkerTask,
): Promise<WorkerResult> {
  try {
    const pass = await ready;
    if (task === 'evaluate') return { id, loss: await pass.evaluate(batch) };
    const partials = statistics ? emptyPartials(config.model.layers) : undefined;
    const loss = await pass.train(batch, at, partials);
    return partials ? { id, loss, partials } : { id, loss };
  } catch (error) {
    abandon(shared.turns);
    return { id, error };
  }
}
