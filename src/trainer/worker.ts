// The other end of a team: a thread with an engine of its own that computes its part of every batch.

import { parentPort, workerData } from 'node:worker_threads';
import { adoptMemories } from '../engine/alignedMemory';
import { selectEngine } from '../engine/select';
import { describeModel } from '../model/model';
import { emptyPartials } from './depth';
import { abandon, SharedMemory } from './memory';
import { Pass } from './pass';
import { Share } from './share';
import type { WorkerResult, WorkerSetup, WorkerTask } from './team';
import { blocksOver } from './weights';

/** Answers tasks until the thread is ended. */
export function serve(): void {
  const setup = workerData as WorkerSetup;
  const ready = open(setup);
  parentPort?.on('message', async (task: WorkerTask) => {
    parentPort?.postMessage(await answer(ready, setup, task));
  });
}

interface Open {
  readonly pass: Pass;
  readonly share: Share;
}

async function open({ config, engine: name, kept, savedLayers, segment, batch, rank, shared }: WorkerSetup): Promise<Open> {
  adoptMemories(shared.memories);
  const { engine } = await selectEngine({ name });
  const model = describeModel(config.model);
  const pass = new Pass(
    engine,
    model,
    new SharedMemory(engine, model, shared, rank),
    { batch, context: config.model.context },
    { kept, savedLayers, segment, seed: config.seed, statistics: config.training.statistics, precision: config.training.precision },
  );
  return { pass, share: new Share(engine, blocksOver(model, config, shared), rank) };
}

async function answer(ready: Promise<Open>, { config, shared }: WorkerSetup, asked: WorkerTask): Promise<WorkerResult> {
  const { id } = asked;
  try {
    const { pass, share } = await ready;
    switch (asked.task) {
      case 'evaluate':
        return { id, loss: await pass.evaluate(asked.batch) };
      case 'train': {
        const partials = asked.statistics ? emptyPartials(config.model.layers) : undefined;
        const loss = await pass.train(asked.batch, asked.at, partials);
        return partials ? { id, loss, partials } : { id, loss };
      }
      case 'measure':
        return { id, sums: share.measure(asked.microBatches) };
      case 'update':
        return { id, sums: share.update(asked.config, asked.at, asked.clipping) };
      default:
        throw new Error(`a worker knows no task ${JSON.stringify(asked satisfies never)}`);
    }
  } catch (error) {
    abandon(shared.turns);
    return { id, error };
  }
}
