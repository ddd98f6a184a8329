// Kills a trainer again and again, in the middle of what it asks of the disk or at any moment, and starts it again
// each time: whatever it left must be whole, and in the end the run must be the one that nobody disturbed.

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { latestCheckpoint, listCheckpoints, verifyCheckpoint } from '../../src/experiment/checkpoints';
import type { ExperimentConfig } from '../../src/experiment/config';
import { sendCommand, validate } from '../../src/experiment/controlFiles';
import { readJson } from '../../src/experiment/files';
import { checkpointsFolder, controlFolder, createRun, readRun } from '../../src/experiment/runDirectory';
import type { TrainerPlan } from '../faults/plan';
import { filesBelow, shownLosses, type Trainer, Trainers } from '../faults/trainer';
import { smallConfig } from '../unit/trainer/harness';

export interface TortureOptions {
  readonly kills: number;
  readonly seed: number;
  /** Empty; runs are made in it and removed again where nothing was wrong with them. */
  readonly folder: string;
  say?(line: string): void;
}

export interface TortureResult {
  readonly kills: number;
  readonly starts: number;
  readonly finished: number;
  /** Kills by what was going on. */
  readonly moments: Readonly<Record<string, number>>;
  /** What was found that must not be. */
  readonly wrong: readonly string[];
}

/** Kills that one run has to take before it is let go. */
const MOST_PER_RUN = 15;
const STEPS = 40;

interface Undisturbed {
  readonly losses: ReadonlyMap<number, number>;
  readonly weights: Buffer;
  /** What it asked of the disk, and how long it took. */
  readonly operations: number;
  readonly milliseconds: number;
}

export async function torture({ kills, seed, folder, say = () => undefined }: TortureOptions): Promise<TortureResult> {
  const trainers = await Trainers.prepare(folder);
  const random = randomFrom(seed);
  const below = (end: number): number => Math.floor(random() * end);
  const references = [await undisturbed(trainers, folder, 1), await undisturbed(trainers, folder, 2)];
  const said = path.join(folder, 'said');
  const moments: Record<string, number> = {};
  const wrong: string[] = [];
  let [done, starts, finished] = [0, 0, 0];

  const command = async (directory: string, trainer: Trainer, within: number): Promise<void> => {
    await sleep(below(within));
    const identity = (await readRun(directory).catch(() => undefined))?.process;
    if (!identity || identity.pid !== trainer.child.pid) return;
    await sendCommand(directory, { command: 'checkpoint' }, identity);
    await sendCommand(directory, { command: 'pause' }, identity);
    await sleep(below(60));
    await sendCommand(directory, { command: 'resume' }, identity);
  };

  /** @returns whether the trainer came to its end. */
  const start = async (directory: string, { operations, milliseconds }: Undisturbed, spared: boolean): Promise<boolean> => {
    rmSync(said, { force: true });
    const inDisk = random() < 0.6;
    // Early operations are hit more often than late ones: start-up and the first checkpoint are short.
    const kill = { at: 1 + Math.floor(operations * random() ** 2), bytes: below(3000) };
    const after = below(milliseconds);
    const plan: TrainerPlan = inDisk && !spared ? { said, kill } : { said };
    const trainer = trainers.start(directory, plan);
    starts++;
    const timer = inDisk || spared ? undefined : setTimeout(() => trainer.child.kill('SIGKILL'), after);
    const commanding = random() < 0.5 ? command(directory, trainer, milliseconds) : undefined;
    const code = await trainer.exited;
    clearTimeout(timer);
    await commanding;
    if (code !== null) {
      if (code !== 0) wrong.push(`${path.basename(directory)} ended with ${code}: ${(await readRun(directory)).error?.message}`);
      return true;
    }
    const moment = inDisk ? momentOf(readFileSync(said, 'utf8'), directory) : 'any moment';
    moments[moment] = (moments[moment] ?? 0) + 1;
    done++;
    if (done % 25 === 0) say(`${done} kills, ${finished} runs finished, ${wrong.length} things wrong`);
    return false;
  };

  while (done < kills && wrong.length < 20) {
    const reference = references[below(2)] as Undisturbed;
    const workers = 1 + references.indexOf(reference);
    const { directory } = await createRun({ runs: folder, name: 'tortured', config: config(workers), kind: 'run' });
    const before = wrong.length;
    const first = done;
    for (let ended = false; !ended; ) {
      ended = await start(directory, reference, done >= kills || done - first >= MOST_PER_RUN);
      for (const what of await whatIsWrong(directory, reference.losses))
        wrong.push(`${path.basename(directory)} after kill ${done}: ${what}`);
    }
    finished++;
    for (const what of await whatDiffers(directory, reference)) wrong.push(`${path.basename(directory)} when it was finished: ${what}`);
    if (wrong.length === before) rmSync(directory, { recursive: true });
  }
  return { kills: done, starts, finished, moments, wrong };
}

/** Tiny, with everything that resume has to restore. */
function config(workers: number): ExperimentConfig {
  const small = smallConfig(
    { layers: 4, hidden: 16, feedForward: 32, context: 16, vocabulary: 256, dropout: 0.1 },
    { batch: 2, steps: STEPS, checkpointEvery: 4, keepCheckpoints: 2, validateEvery: 8, activations: 'save', averaging: 0.9 },
  );
  return { ...small, engine: { name: 'onnxruntime', workers }, optimiser: { ...small.optimiser, learningRate: 1e-3 } };
}

async function undisturbed(trainers: Trainers, folder: string, workers: number): Promise<Undisturbed> {
  const { directory } = await createRun({ runs: folder, name: 'undisturbed', config: config(workers), kind: 'run' });
  const said = path.join(folder, 'said');
  const begun = performance.now();
  const code = await trainers.start(directory, { said }).exited;
  const milliseconds = performance.now() - begun;
  if (code !== 0) throw new Error(`the undisturbed run ended with ${code}: ${(await readRun(directory)).error?.message}`);
  return {
    losses: await shownLosses(directory),
    weights: await finalWeights(directory),
    operations: Number(readFileSync(said, 'utf8')),
    milliseconds,
  };
}

async function finalWeights(directory: string): Promise<Buffer> {
  return readFileSync(path.join(checkpointsFolder(directory), `step-${String(STEPS).padStart(8, '0')}`, 'model.safetensors'));
}

/** What must not be, at any time. */
async function whatIsWrong(directory: string, truth: ReadonlyMap<number, number>): Promise<string[]> {
  const wrong: string[] = [];
  const look = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    await work().catch((error: unknown) => wrong.push(`${what}: ${error instanceof Error ? error.message : String(error)}`));
  };
  await look('run.json', () => readRun(directory));
  await look('config.json', () => readJson(path.join(directory, 'config.json')));
  for (const { folder } of await listCheckpoints(directory)) await look(path.basename(folder), () => verifyCheckpoint(folder));
  const control = controlFolder(directory);
  for (const name of namesIn(control).filter((file) => file.endsWith('.json') && !file.startsWith('.'))) {
    await look(name, async () => {
      const command = validate(await readJson(path.join(control, name)));
      if (typeof command === 'string') throw new Error(command);
    });
  }
  await look('events', async () => {
    const losses = await shownLosses(directory);
    const last = Math.max(0, ...losses.keys());
    for (let step = 1; step <= last; step++) {
      if (losses.get(step) !== truth.get(step)) throw new Error(`step ${step} has the loss ${losses.get(step)}, not ${truth.get(step)}`);
    }
    const saved = (await latestCheckpoint(directory)).latest?.step ?? 0;
    if (last < saved) throw new Error(`the checkpoint is of step ${saved}, but the last step that was recorded is ${last}`);
  });
  return wrong;
}

/** What must not be once a run has finished. */
async function whatDiffers(directory: string, { losses, weights }: Undisturbed): Promise<string[]> {
  const wrong: string[] = [];
  const { state } = await readRun(directory);
  if (state !== 'finished') wrong.push(`its state is ${state}`);
  if (!isDeepStrictEqual(await shownLosses(directory), losses)) wrong.push('its losses differ');
  const own = await finalWeights(directory).catch(() => undefined);
  if (!own?.equals(weights)) wrong.push('its weights differ');
  const left = filesBelow(directory).filter((file) => file.split(path.sep).some((part) => part.startsWith('.')));
  if (left.length > 0) wrong.push(`it has left ${left.join(', ')}`);
  return wrong;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function momentOf(operation: string, directory: string): string {
  const [name = '', ...rest] = operation.split(' ');
  const file = path.relative(directory, rest.join(' '));
  if (file.startsWith('checkpoints')) return `checkpoint: ${name}`;
  if (file.includes('.tfevents.')) return `events: ${name}`;
  if (file.includes('run.json')) return `run.json: ${name}`;
  if (file.startsWith('control')) return `command: ${name}`;
  return file.includes('.lock') ? `lock: ${name}` : `other: ${name}`;
}

/** Uniform numbers from a seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
