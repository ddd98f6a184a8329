// The trainer as a process, on real text: what it leaves in the run directory, and that a run which
// was stopped or killed goes on as if nothing had happened.

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCheckpoints } from '../../src/experiment/checkpoints';
import type { ExperimentConfig } from '../../src/experiment/config';
import { sendCommand } from '../../src/experiment/controlFiles';
import type { RunRecord } from '../../src/experiment/run';
import { createRun, logFile, readRun } from '../../src/experiment/runDirectory';
import { SafetensorsReader } from '../../src/experiment/safetensors';
import { readTrainerState, writeTrainerState } from '../../src/trainer/checkpoint';
import { smallConfig } from '../unit/trainer/harness';
import { eventFiles, events, losses } from './recorded';

const SCRIPT = path.resolve('dist/trainer.mjs');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'fathom-trainer-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function tiny(change: Partial<ExperimentConfig['training']> = {}, model: Partial<ExperimentConfig['model']> = {}): ExperimentConfig {
  const config = smallConfig(
    { layers: 4, hidden: 16, feedForward: 32, context: 16, vocabulary: 256, ...model },
    { batch: 2, steps: 12, checkpointEvery: 4, keepCheckpoints: 9, activations: 'auto', ...change },
  );
  return { ...config, engine: { name: 'auto', workers: 0 }, optimiser: { ...config.optimiser, learningRate: 1e-3 } };
}

async function newRun(config: ExperimentConfig, kind: RunRecord['kind'] = 'run'): Promise<string> {
  return (await createRun({ runs: folder, name: config.name, config, kind })).directory;
}

/** Starts the trainer as a terminal would; `during` may interfere. @returns its exit code, null after a signal. */
async function train(
  directory: string,
  during: (pid: number, kill: (signal: NodeJS.Signals) => void) => Promise<void> = async () => undefined,
): Promise<number | null> {
  const log = openSync(logFile(directory), 'a');
  const child = spawn(process.execPath, [SCRIPT, directory], { stdio: ['ignore', log, log] });
  closeSync(log);
  const exit = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  await during(child.pid ?? 0, (signal) => child.kill(signal));
  return exit;
}

/** Kills the trainer once a step is recorded. */
const killedAfter = (directory: string, step: number): Promise<number | null> =>
  train(directory, async (_, kill) => {
    for (let tries = 0; tries < 2000 && Math.max(0, ...losses(directory).keys()) < step; tries++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    kill('SIGKILL');
  });

async function until(directory: string, holds: (record: RunRecord) => boolean): Promise<RunRecord> {
  for (let tries = 0; tries < 600; tries++) {
    const record = await readRun(directory);
    if (holds(record)) return record;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`run.json never came to it: ${JSON.stringify(await readRun(directory))}`);
}

describe('the trainer', () => {
  it('trains to the end and leaves standard files', async () => {
    const directory = await newRun(tiny({ validateEvery: 6 }));
    expect(await train(directory)).toBe(0);
    const record = await readRun(directory);
    expect(record).toMatchObject({ state: 'finished', step: 12, steps: 12, engine: { name: 'onnxruntime' } });
    expect(record.metrics['entropy/unigram']).toBeGreaterThan(record.metrics['entropy/bigram'] ?? Number.NaN);
    const depth = events(directory).filter((event) => event.kind === 'depth');
    expect(depth.map((event) => event.step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(depth[0]).toMatchObject({ rows: 6, layout: { rows: ['embedding', 'layer 1', 'layer 2', 'layer 3', 'layer 4', 'head'] } });
    expect(depth.every((event) => event.kind === 'depth' && event.values.every(Number.isFinite))).toBe(true);
    expect([...losses(directory).keys()]).toHaveLength(12);
    expect(events(directory).filter((event) => event.kind === 'scalars' && 'loss/validation' in event.values)).toHaveLength(2);
    const checkpoints = await listCheckpoints(directory);
    expect(checkpoints.map((checkpoint) => checkpoint.step)).toEqual([4, 8, 12]);
    const reader = await SafetensorsReader.open(path.join(checkpoints.at(-1)?.folder ?? '', 'model.safetensors'));
    expect(reader.info('layers.4.feed_forward.in.weight').shape).toEqual([16, 32]);
    await reader.close();
  });

  it('records histograms over depth at their own pace, of every value once', async () => {
    const directory = await newRun({
      ...tiny({ histogramEvery: 5, recordEvery: 12, accumulation: 2 }),
      engine: { name: 'auto', workers: 2 },
    });
    expect(await train(directory)).toBe(0);
    const found = events(directory).flatMap((event) => (event.kind === 'histogram' ? [event] : []));
    expect(found.map(({ name, step }) => `${name} ${step}`)).toEqual(
      [1, 5, 10].flatMap((step) => ['activations', 'gradients', 'weights'].map((name) => `${name} ${step}`)),
    );
    const [activations, gradients, weights] = found;
    expect(activations?.layout?.rows).toEqual(['embedding', 'layer 1', 'layer 2', 'layer 3', 'layer 4']);
    expect(weights?.layout?.rows.at(-1)).toBe('head');
    for (const { rows, bins, values } of [activations, gradients].filter((event) => event !== undefined))
      for (let row = 0; row < rows; row++)
        expect(values.subarray(row * bins, (row + 1) * bins).reduce((a, b) => a + b, 0)).toBe(2 * 2 * 16 * 16);
    expect(weights?.values.reduce((a, b) => a + b, 0)).toBe((await readRun(directory)).parameters);
    expect(events(directory).flatMap((event) => (event.kind === 'depth' ? [event.step] : []))).toEqual([1, 12]);
  });

  it.each([
    ['save', 1, 0.1],
    ['recompute', 2, 0.1],
    ['save', 2, 0],
    ['segments', 2, 0.1],
  ] as const)(
    'killed and resumed, it has the losses of an undisturbed run exactly (%s, workers: %i, dropout: %f)',
    async (activations, workers, dropout) => {
      // Twelve layers are the fewest that make segments of more than one.
      const layers = activations === 'segments' ? 12 : 4;
      const config = {
        ...tiny({ steps: 100, checkpointEvery: 5, accumulation: 2, activations, keepCheckpoints: 99 }, { dropout, layers }),
        engine: { name: 'onnxruntime', workers },
      } as const;
      const whole = await newRun(config);
      await train(whole);
      const broken = await newRun(config);
      for (const step of [6, 19]) {
        expect(await killedAfter(broken, step)).toBe(null);
      }
      expect(await train(broken)).toBe(0);
      expect(eventFiles(broken)).toHaveLength(3);
      expect(losses(broken)).toEqual(losses(whole));
      expect((await readRun(broken)).state).toBe('finished');
    },
  );

  it('keeps activations in float16, resumes them exactly, and takes a step again whose gradients outgrow that', async () => {
    const config = {
      ...tiny({ steps: 60, checkpointEvery: 5, precision: 'float16', activations: 'save' }),
      engine: { name: 'onnxruntime', workers: 2 },
    } as const;
    const [exact, whole, broken] = await Promise.all([
      newRun({ ...config, training: { ...config.training, precision: 'float32' } }),
      newRun(config),
      newRun(config),
    ]);
    for (const directory of [exact, whole]) expect(await train(directory)).toBe(0);
    expect(await killedAfter(broken, 6)).toBe(null);
    expect(await killedAfter(broken, 12)).toBe(null);
    const newest = (await listCheckpoints(broken)).at(-1)?.folder ?? '';
    const state = await readTrainerState(newest);
    expect(state.lossScale).toEqual({ scale: 2 ** 15, clean: state.step });
    expect(await train(broken)).toBe(0);
    expect(losses(broken)).toEqual(losses(whole));
    for (const [step, loss] of losses(exact)) expect(Math.abs((losses(whole).get(step) ?? Number.NaN) - loss)).toBeLessThan(2e-3);
    // From a scale that is far too large: the same steps, with gradients of the same batches.
    const reckless = await newRun(config);
    expect(await killedAfter(reckless, 6)).toBe(null);
    const folder = (await listCheckpoints(reckless)).at(-1)?.folder ?? '';
    const saved = await readTrainerState(folder);
    await writeTrainerState(folder, { ...saved, lossScale: { scale: 2 ** 60, clean: 0 } });
    expect(await train(reckless)).toBe(0);
    expect(readFileSync(logFile(reckless), 'utf8')).toContain(
      `step ${saved.step + 1}: gradients were too large for float16; again with a loss scale of ${2 ** 56}`,
    );
    for (const [step, loss] of losses(whole)) expect(Math.abs((losses(reckless).get(step) ?? Number.NaN) - loss)).toBeLessThan(1e-4);
  });

  it('computes the same with one worker and with two, statistics, dropout and averaged weights included', async () => {
    const runs = await Promise.all(
      [1, 2].map((workers) => newRun({ ...tiny({ averaging: 0.9 }, { dropout: 0.1 }), engine: { name: 'onnxruntime', workers } })),
    );
    for (const directory of runs) expect(await train(directory)).toBe(0);
    const [one, two] = runs.map((directory) => events(directory));
    one?.forEach((event, i) => {
      const other = two?.[i];
      if (event.kind !== 'depth' || other?.kind !== 'depth') return;
      event.values.forEach((value, cell) => {
        expect(Math.abs((other.values[cell] ?? Number.NaN) - value)).toBeLessThanOrEqual(1e-3 * Math.abs(value) + 1e-7);
      });
    });
    expect(one?.filter((event) => event.kind === 'depth')).toHaveLength(12);
    const [first, second] = await Promise.all(runs.map(async (directory) => (await readRun(directory)).metrics));
    for (const tag of ['loss/train', 'loss/validation', 'loss/validation_averaged'])
      expect(second?.[tag], tag).toBeCloseTo(first?.[tag] ?? Number.NaN, 4);
    expect(first?.['loss/validation_averaged']).toBeGreaterThan(first?.['loss/validation'] ?? Number.NaN);
  });

  it('refuses a number of workers that the batch cannot be shared between', async () => {
    const directory = await newRun({ ...tiny(), engine: { name: 'auto', workers: 3 } });
    expect(await train(directory)).toBe(1);
    expect(await readRun(directory)).toMatchObject({ state: 'failed', error: { args: { field: 'engine.workers', value: 3 } } });
  });

  it('pauses, resumes, saves and stops as asked, and says so', async () => {
    const directory = await newRun(tiny({ steps: 100_000, checkpointEvery: 0 }));
    const code = await train(directory, async () => {
      const identity = (await until(directory, (record) => record.state === 'running' && record.step > 2)).process;
      if (!identity) throw new Error('no process in run.json');
      await sendCommand(directory, { command: 'pause' }, identity);
      const paused = await until(directory, (record) => record.state === 'paused');
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect((await readRun(directory)).step).toBe(paused.step);
      await sendCommand(directory, { command: 'checkpoint' }, identity);
      await sendCommand(directory, { command: 'resume' }, identity);
      await until(directory, (record) => record.state === 'running' && record.step > paused.step);
      await sendCommand(directory, { command: 'stop' }, { ...identity, started: 'an earlier start' });
      await sendCommand(directory, { command: 'stop' }, identity);
    });
    expect(code).toBe(0);
    const record = await readRun(directory);
    expect(record.state).toBe('stopped');
    expect((await listCheckpoints(directory)).at(-1)?.step).toBe(record.step);
    const outcomes = events(directory).flatMap((event) =>
      event.kind === 'text' && event.tag === 'command' ? [JSON.parse(event.text) as { command: string; outcome: string }] : [],
    );
    expect(outcomes.map(({ command, outcome }) => `${command} ${outcome}`).sort()).toEqual([
      'checkpoint obeyed',
      'pause obeyed',
      'resume obeyed',
      'stop obeyed',
      'stop refused',
    ]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends cleanly with a checkpoint on %s', async (signal) => {
    const directory = await newRun(tiny({ steps: 100_000, checkpointEvery: 0 }));
    await train(directory, async (_, kill) => {
      await until(directory, (record) => record.step > 2);
      kill(signal);
    });
    const record = await readRun(directory);
    expect(record.state).toBe('stopped');
    expect((await listCheckpoints(directory)).map((checkpoint) => checkpoint.step)).toEqual([record.step]);
  });

  it('stops before a non-finite update, with the last good state saved', async () => {
    const config = tiny({ steps: 200, checkpointEvery: 0 }, { scheme: 'pre-ln' });
    const directory = await newRun({ ...config, optimiser: { ...config.optimiser, learningRate: 1e30, clip: 0 } });
    expect(await train(directory)).toBe(1);
    const record = await readRun(directory);
    expect(record).toMatchObject({ state: 'failed', error: { code: 'non-finite' } });
    expect(record.error?.message).toMatch(/learning rate below/);
    expect((await listCheckpoints(directory)).at(-1)?.step).toBe(record.step);
    expect(events(directory).some((event) => event.kind === 'text' && event.tag === 'alert')).toBe(true);
  });

  it('says what is wrong with the data, in run.json and without a state that looks alive', async () => {
    const config = tiny();
    const directory = await newRun({ ...config, data: { ...config.data, source: path.join(folder, 'nowhere.txt') } });
    expect(await train(directory)).toBe(1);
    expect(await readRun(directory)).toMatchObject({ state: 'failed', error: { args: { field: 'data.source' } } });
  });

  it('probes: one forward and backward pass at initialisation, as step 0', async () => {
    const directory = await newRun(tiny(), 'probe');
    expect(await train(directory)).toBe(0);
    expect(events(directory).flatMap((event) => (event.kind === 'depth' ? [event.step] : []))).toEqual([0]);
    expect(await listCheckpoints(directory)).toEqual([]);
    expect((await readRun(directory)).state).toBe('finished');
  });
});
