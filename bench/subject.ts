// One model in a process of its own that trains when asked: `node subject.mjs <setup> [folder]`. A folder
// gets the first weights and the batches, for a peer that is to compute the same.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Batch } from '../src/data/batch';
import { selectEngine } from '../src/engine/select';
import { randomStream } from '../src/experiment/random';
import { writeSafetensors } from '../src/experiment/safetensors';
import { sizeOf } from '../src/graph/value';
import { describeCost } from '../src/model/cost';
import { describeModel } from '../src/model/model';
import { depthValues, emptyPartials } from '../src/trainer/depth';
import { flatOf } from '../src/trainer/memory';
import { choosePlan } from '../src/trainer/plan';
import { Team } from '../src/trainer/team';
import { allBlocks, allocateWeights, initialiseWeights, prefixOf, type Weights } from '../src/trainer/weights';
import { Clock, clocked } from './clock';
import type { Answer, Ask, Ready } from './dialogue';
import { BATCHES, configOf, type Setup } from './setup';

async function main(setup: Setup, folder: string | undefined): Promise<void> {
  const config = configOf(setup);
  const clock = new Clock();
  const { engine: plain } = await selectEngine({ name: config.engine.name });
  const engine = clocked(plain, clock);
  const model = describeModel(config.model);
  const { workers, kept, savedLayers, segment } = choosePlan(config);
  const allocating = performance.now();
  const weights = allocateWeights(engine, model, config, workers);
  const allocation = performance.now() - allocating;
  const script = new URL('../trainer.mjs', import.meta.url);
  const engineName = setup.engine === 'auto' ? 'onnxruntime' : setup.engine;
  const team = new Team(engine, weights, config, model, { workers, kept, savedLayers, segment, engineName, script });
  const begun = performance.now();
  await initialiseWeights(weights, config);
  const initialisation = (allocation + performance.now() - begun) / 1000;
  const batches = randomBatches(setup);
  if (folder !== undefined) await handOver(folder, weights, batches);

  let step = 0;
  const oneStep = async (statistics: boolean): Promise<number> => {
    const partials = statistics ? emptyPartials(setup.layers) : undefined;
    const at = { first: true, step: step + 1, sample: 0 };
    const loss = await team.train(batches[step++ % BATCHES] as Batch, at, partials);
    const gradients = await clock.timed('update', async () => {
      const measured = await team.measureGradients(workers);
      await team.applyUpdate(config, { step, learningRate: config.optimiser.learningRate, microBatches: workers }, measured);
      return measured;
    });
    const sources = { sums: gradients.sums, model: config.model, batch: setup.batch / workers, microBatches: workers };
    if (partials) await clock.timed('statistics', () => depthValues(setup.statistics, { partials, ...sources }));
    return loss;
  };

  const answer = async ({ steps, statistics }: Ask): Promise<Answer> => {
    const [seconds, losses]: [number[], number[]] = [[], []];
    clock.take();
    for (let i = 0; i < steps; i++) {
      const begun = performance.now();
      losses.push(await oneStep(statistics));
      seconds.push((performance.now() - begun) / 1000);
    }
    return { seconds, losses, parts: clock.take(), peak: peakMemory() };
  };

  const ready: Ready = {
    subject: `${engine.identity.name} ${engine.identity.version}, ${workers} ${workers === 1 ? 'worker' : 'workers'}`,
    startup: performance.now() / 1000,
    initialisation,
    flopsPerToken: describeCost(config).flopsPerToken,
  };
  console.log(JSON.stringify(ready));
  for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(await answer(JSON.parse(line) as Ask)));
  await team.dispose();
}

/** Tokens and targets at random, the same for every subject. */
function randomBatches({ batch, context, vocabulary }: Setup): Batch[] {
  return Array.from({ length: BATCHES }, (_, i) => {
    const random = randomStream(3, i);
    const draw = (): Int32Array => Int32Array.from({ length: batch * context }, () => random.below(vocabulary));
    return { tokens: draw(), targets: draw() };
  });
}

/** `weights.safetensors`, and `batches.bin`: int32, of every batch its tokens and then its targets. */
async function handOver(folder: string, weights: Weights, batches: readonly Batch[]): Promise<void> {
  const entries = allBlocks(weights).flatMap(({ place, layout, weight }) =>
    layout.entries.map(({ name, shape, offset }) => ({
      name: prefixOf(place) + name,
      shape,
      data: () => Float32Array.from(flatOf(weight).subarray(offset, offset + sizeOf(shape))),
    })),
  );
  await writeSafetensors(path.join(folder, 'weights.safetensors'), entries);
  const bytes = batches.flatMap(({ tokens, targets }) => [Buffer.from(tokens.buffer), Buffer.from(targets.buffer)]);
  writeFileSync(path.join(folder, 'batches.bin'), Buffer.concat(bytes));
}

function peakMemory(): number {
  const [, kilobytes] = process.platform === 'linux' ? (/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []) : [];
  return 1024 * (kilobytes === undefined ? process.resourceUsage().maxRSS : Number(kilobytes));
}

const [, , setup, folder] = process.argv;
if (setup === undefined) throw new Error('usage: subject <setup as JSON> [folder]');
await main(JSON.parse(setup) as Setup, folder);
