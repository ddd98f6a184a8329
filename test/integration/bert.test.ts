// Encoders through the trainer's process: masked tokens are learned, a killed run goes on exactly, and what was
// pretrained is fine-tuned on pairs and evaluated from the terminal.

import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCommand } from '../../src/cli/arguments';
import { evaluate } from '../../src/cli/commands/evaluate';
import { generate } from '../../src/cli/commands/generate';
import { readResults } from '../../src/evaluate/results';
import type { ExperimentConfig } from '../../src/experiment/config';
import { createRun, readRun, runsFolder } from '../../src/experiment/runDirectory';
import { fakeTerminal, testContext } from '../unit/cli/harness';
import { smallConfig } from '../unit/trainer/harness';
import { losses } from './recorded';

const SCRIPT = path.resolve('dist/trainer.mjs');
const fixture = (name: string): string => path.join(import.meta.dirname, '../fixtures/evaluation', name);
let root: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'fathom-bert-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Change = { [S in 'model' | 'data' | 'training' | 'engine']?: Partial<ExperimentConfig[S]> };

function encoder({ model, data, training, engine }: Change = {}): ExperimentConfig {
  const small = smallConfig(
    {
      architecture: 'bert',
      objective: 'masked-tokens',
      scheme: 'upscale',
      hidden: 16,
      feedForward: 32,
      context: 32,
      vocabulary: 260,
      ...model,
    },
    { batch: 4, steps: 40, checkpointEvery: 10, keepCheckpoints: 99, ...training },
  );
  return {
    ...small,
    data: { ...small.data, ...data },
    engine: { name: 'onnxruntime', workers: 1, ...engine },
    optimiser: { ...small.optimiser, learningRate: 3e-3 },
  };
}

async function newRun(config: ExperimentConfig): Promise<string> {
  return (await createRun({ runs: runsFolder(root), name: config.name, config, kind: 'run' })).directory;
}

async function train(directory: string, killAt = Number.POSITIVE_INFINITY): Promise<number | null> {
  const child = spawn(process.execPath, [SCRIPT, directory], { stdio: 'ignore' });
  const exit = new Promise<number | null>((resolve) => child.on('exit', (code) => resolve(code)));
  while (Number.isFinite(killAt) && Math.max(0, ...losses(directory).keys()) < killAt)
    await new Promise((resolve) => setTimeout(resolve, 5));
  if (Number.isFinite(killAt)) child.kill('SIGKILL');
  return exit;
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Pairs of which the second question repeats the first, or has other letters altogether. */
function questions(count: number): string {
  const file = path.join(root, `questions-${count}.tsv`);
  const lines = Array.from({ length: count }, (_, i) => {
    const [own, other] = i % 4 < 2 ? ['a', 'z'] : ['z', 'a'];
    return `${i}\t0\t0\t${own.repeat(4 + (i % 5))}\t${(i % 2 ? own : other).repeat(4 + (i % 3))}\t${i % 2}`;
  });
  writeFileSync(file, `id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n${lines.join('\n')}\n`);
  return file;
}

async function typed(command: typeof evaluate, ...argv: readonly string[]): Promise<string> {
  const context = testContext('no trainer', root, fakeTerminal());
  expect(await command.run(parseCommand(command.spec, argv), context)).toBe(0);
  return context.terminal.out;
}

describe('an encoder', () => {
  it.each([
    ['masked tokens', 1, {}],
    ['masked tokens', 2, { dropout: 0.1 }],
    ['pairs', 2, { objective: 'pair-class', dropout: 0.1 }],
  ] as const)('killed and resumed, it has the losses of an undisturbed run exactly (%s, workers: %i)', async (what, workers, model) => {
    const data = what === 'pairs' ? { source: questions(60) } : {};
    const config = encoder({ model, data, training: { accumulation: 2, checkpointEvery: 5 }, engine: { workers } });
    const [whole, broken] = [await newRun(config), await newRun(config)];
    expect(await train(whole)).toBe(0);
    expect(await train(broken, 8)).toBe(null);
    expect(await train(broken)).toBe(0);
    expect(losses(whole).size).toBe(40);
    expect(losses(broken)).toEqual(losses(whole));
  });

  it('has the same loss with one worker and with two', async () => {
    const runs = await Promise.all([1, 2].map((workers) => newRun(encoder({ training: { steps: 5 }, engine: { workers } }))));
    for (const directory of runs) expect(await train(directory)).toBe(0);
    const [one, two] = runs.map(losses);
    for (const [step, loss] of one ?? []) expect(two?.get(step)).toBeCloseTo(loss, 5);
  });

  it('learns masked tokens, is fine-tuned on pairs and then tells them apart', async () => {
    const pretraining = await newRun(encoder({ training: { steps: 80 } }));
    expect(await train(pretraining)).toBe(0);
    const course = [...losses(pretraining).values()];
    // From a uniform guess over 260 tokens, ln 260 = 5.56, by more than a nat.
    expect(course[0]).toBeCloseTo(Math.log(260), 0);
    expect(mean(course.slice(-10))).toBeLessThan(mean(course.slice(0, 5)) - 1);

    const source = questions(400);
    const pairs = {
      model: { objective: 'pair-class', context: 24 },
      data: { source },
      training: { steps: 150, from: pretraining },
    } as const;
    const tuning = await newRun(encoder(pairs));
    expect(await train(tuning)).toBe(0);
    expect(await typed(evaluate, tuning, '--task', 'qqp', '--data', source, '--limit', '100')).toMatch(/f1 +\d+\.\d\d %/);
    const [result] = await readResults(tuning);
    expect(result?.metrics.accuracy).toBeGreaterThan(0.9);

    const fails = (command: typeof evaluate, ...argv: readonly string[]) => expect(typed(command, ...argv)).rejects;
    await fails(evaluate, pretraining, '--task', 'qqp', '--data', source).toMatchObject({ code: 'evaluation-not-classifier' });
    await fails(evaluate, tuning, '--task', 'lambada', '--data', fixture('lambada.jsonl')).toMatchObject({ code: 'evaluation-not-causal' });
    await fails(generate, tuning, '--prompt', 'a').toMatchObject({ code: 'evaluation-not-causal' });

    const other = await newRun(encoder({ ...pairs, model: { ...pairs.model, scheme: 'post-ln' } }));
    expect(await train(other)).toBe(1);
    expect((await readRun(other)).error).toMatchObject({ code: 'start-other-model', args: { field: 'model.scheme', expected: 'upscale' } });
    const nowhere = await newRun(encoder({ ...pairs, training: { from: path.join(root, 'nowhere') } }));
    expect(await train(nowhere)).toBe(1);
    expect((await readRun(nowhere)).error).toMatchObject({ code: 'start-no-checkpoint' });
  });
});
