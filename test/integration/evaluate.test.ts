// Evaluation and generation from the terminal, on checkpoints as the trainer writes them and on its engine.

import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCommand } from '../../src/cli/arguments';
import type { Command } from '../../src/cli/command';
import { evaluate } from '../../src/cli/commands/evaluate';
import { generate } from '../../src/cli/commands/generate';
import { openTokeniser } from '../../src/data/tokeniser';
import { createOnnxEngine } from '../../src/engine/onnxruntime/engine';
import { createReferenceEngine } from '../../src/engine/reference/engine';
import { CausalModel } from '../../src/evaluate/causalModel';
import { placeWeights } from '../../src/evaluate/forwardPass';
import { generate as generateText } from '../../src/evaluate/generate';
import { openRun } from '../../src/evaluate/opening';
import { readResults } from '../../src/evaluate/results';
import { ModelScorer, type NextTokens, type Score } from '../../src/evaluate/scorer';
import { TASKS } from '../../src/evaluate/tasks';
import { CHECKPOINT_FORMAT } from '../../src/experiment/checkpoints';
import type { ModelConfig } from '../../src/experiment/config';
import { randomStream } from '../../src/experiment/random';
import { checkpointsFolder, createRun, runsFolder } from '../../src/experiment/runDirectory';
import { describeModel } from '../../src/model/model';
import { loadModel, saveCheckpoint } from '../../src/trainer/checkpoint';
import { OwnMemory } from '../../src/trainer/memory';
import { Pass } from '../../src/trainer/pass';
import { allocateWeights, initialiseWeights } from '../../src/trainer/weights';
import { fakeTerminal, testContext } from '../unit/cli/harness';
import { smallConfig } from '../unit/trainer/harness';

const MODEL = { layers: 4, hidden: 16, feedForward: 32, context: 64, vocabulary: 256 };
const fixture = (name: string): string => path.join(import.meta.dirname, '../fixtures/evaluation', name);
const FILES: Readonly<Record<string, readonly string[]>> = {
  lambada: ['--data', fixture('lambada.jsonl')],
  winogrande: ['--data', fixture('winogrande.jsonl')],
  hellaswag: ['--data', fixture('hellaswag.jsonl')],
  piqa: ['--data', fixture('piqa.jsonl'), '--labels', fixture('piqa-labels.lst')],
  qqp: ['--data', fixture('qqp.tsv')],
};
let root: string;
let run: string;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'fathom-evaluate-'));
  run = await untrained('random', [200]);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A run whose checkpoints hold a model as it is initialised. */
async function untrained(name: string, steps: readonly number[], change: Partial<ModelConfig> = {}, averaging = 0): Promise<string> {
  const small = smallConfig({ ...MODEL, ...change }, { averaging });
  const config = { ...small, name, engine: { name: 'onnxruntime', workers: 1 } } as const;
  const { directory } = await createRun({ runs: runsFolder(root), name, config, kind: 'run' });
  const engine = await createOnnxEngine();
  const weights = allocateWeights(engine, describeModel(config.model), config);
  await initialiseWeights(weights, config);
  const pinned = { engine: 'onnxruntime', engineVersion: engine.identity.version, workers: 1, savedLayers: 0 } as const;
  for (const step of steps)
    await saveCheckpoint(directory, weights, { format: CHECKPOINT_FORMAT, step, position: { epoch: 0, index: 0 }, config, pinned });
  return directory;
}

async function typed(command: Command, ...argv: readonly string[]): Promise<string> {
  const context = testContext('no trainer', root, fakeTerminal());
  expect(await command.run(parseCommand(command.spec, argv), context)).toBe(0);
  return context.terminal.out;
}

describe('fathom evaluate', () => {
  it('measures every task, leaves a file for each, and shows them side by side', async () => {
    const id = path.basename(run);
    for (const { name, title } of TASKS) {
      const out = await typed(evaluate, id, '--task', name, ...(FILES[name] ?? []));
      expect(out).toContain(`${title}  step 200 · `);
      expect(out).toMatch(/accuracy +\d+\.\d\d %/);
      expect(out).toContain(`${name}-step-200.json`);
    }
    expect(readdirSync(path.join(run, 'evaluations')).sort()).toEqual(TASKS.map(({ name }) => `${name}-step-200.json`).sort());
    const results = await readResults(run);
    const lambada = results.find(({ task }) => task === 'lambada');
    // A random model finds all bytes about as likely, and the words with their spaces have 14 together.
    expect(Math.log(lambada?.metrics.perplexity ?? 0)).toBeCloseTo((14 / 3) * Math.log(256), 0);
    expect(lambada).toMatchObject({ step: 200, examples: 3, shortened: 3, engine: { name: 'onnxruntime' } });
    const model = describeModel(smallConfig(MODEL).model);
    const layers = model.kinds.reduce((sum, kind) => sum + kind.layout.length, 0) * 4;
    expect(lambada?.parameters).toBe(model.embedding.length + layers + model.head.length);

    const other = await untrained('other', [3, 7]);
    await typed(evaluate, path.basename(other), '--task', 'piqa', '--limit', '1', ...(FILES.piqa ?? []));
    expect((await readResults(other))[0]).toMatchObject({ task: 'piqa', step: 7, examples: 1, limit: 1 });
    const lines = (await typed(evaluate, '--table')).trimEnd().split('\n');
    expect(lines[0]).toMatch(/^run +parameters +lambada +lambada perplexity +winogrande +hellaswag accuracy_norm +piqa +qqp$/);
    expect(lines).toHaveLength(3);
    expect(lines.find((line) => line.includes('-other'))).toMatch(/0\.0\d M +(0|100)\.00 %\* *$/);
    expect(await typed(evaluate, '--table', runsFolder(root))).toContain('-random');
    const table = JSON.parse(await typed(evaluate, '--table', '--json'));
    expect(table.map(({ run }: { run: string }) => run).sort()).toEqual([path.basename(other), id].sort());
    expect(table.find((row: { run: string }) => row.run === id)).toMatchObject({ parameters: lambada?.parameters, results: { length: 5 } });
  });

  it('asks the average of the weights where it is told to', async () => {
    const averaged = await untrained('averaged', [5], {}, 0.9);
    for (const which of ['trained', 'averaged'])
      await typed(evaluate, averaged, '--weights', which, '--task', 'piqa', '--limit', '1', ...(FILES.piqa ?? []));
    expect(readdirSync(path.join(averaged, 'evaluations')).sort()).toEqual(['piqa-step-5-averaged.json', 'piqa-step-5.json']);
    expect((await readResults(averaged)).map(({ weights }) => weights).sort()).toEqual(['averaged', undefined]);
    expect(await typed(evaluate, '--table')).toMatch(/-averaged \(averaged\) .*\*/);
    await expect(
      typed(evaluate, run, '--weights', 'averaged', '--task', 'piqa', '--limit', '1', ...(FILES.piqa ?? [])),
    ).rejects.toMatchObject({ code: 'checkpoint-without-average' });
  });

  it('gives programs its result and its progress as JSON', async () => {
    const context = testContext('no trainer', root, fakeTerminal());
    const argv = [run, '--task', 'lambada', ...(FILES.lambada ?? []), '--json', '--progress'];
    expect(await evaluate.run(parseCommand(evaluate.spec, argv), context)).toBe(0);
    const { file, ...result } = JSON.parse(context.terminal.out);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(result);
    const progress = context.terminal.error.trimEnd().split('\n');
    expect(JSON.parse(progress[0] ?? '')).toEqual({ done: 1, of: 3 });
  });

  it('finds a random model at chance', async () => {
    const random = randomStream(11);
    const word = () => Array.from({ length: 6 }, () => String.fromCharCode(97 + random.below(26))).join('');
    const examples = Array.from({ length: 300 }, () => ({ goal: word(), sol1: word(), sol2: word() }));
    writeFileSync(path.join(root, 'chance.jsonl'), examples.map((example) => JSON.stringify(example)).join('\n'));
    writeFileSync(path.join(root, 'chance.lst'), examples.map((_, i) => i % 2).join('\n'));
    await typed(evaluate, run, '--task', 'piqa', '--data', 'chance.jsonl', '--labels', 'chance.lst');
    const metrics = (await readResults(run)).find(({ task }) => task === 'piqa')?.metrics;
    // Three standard deviations of 300 throws of a coin.
    expect(Math.abs((metrics?.accuracy ?? 0) - 0.5)).toBeLessThan(0.087);
    expect(Math.abs((metrics?.accuracy_norm ?? 0) - 0.5)).toBeLessThan(0.087);
  });

  it('agrees with the trainer’s own evaluation and with the reference engine', async () => {
    const config = smallConfig({ ...MODEL, context: 20 });
    const directory = await untrained('agreeing', [1], { context: 20 });
    const folder = path.join(checkpointsFolder(directory), 'step-00000001');
    const bytes = await openTokeniser('bytes');
    const text = 'Call me Ishmael. Some';
    const description = describeModel(config.model);
    const scores: Score[] = [];
    for (const engine of [await createOnnxEngine(), createReferenceEngine()]) {
      const placed = placeWeights(engine, description);
      await loadModel(folder, placed);
      scores.push(await new ModelScorer(await CausalModel.compile(engine, description, placed), bytes).score('C', text.slice(1)));
    }
    const engine = await createOnnxEngine();
    const weights = allocateWeights(engine, description, config);
    await initialiseWeights(weights, config);
    const pass = new Pass(
      engine,
      description,
      new OwnMemory(engine, weights),
      { batch: 1, context: 20 },
      { kept: 'nothing', savedLayers: 0, segment: 1, seed: 1, statistics: [] },
    );
    const tokens = bytes.encode(text);
    const loss = await pass.evaluate({ tokens: tokens.slice(0, -1), targets: tokens.slice(1) });
    for (const { logProbabilities } of scores) expect(-logProbabilities.reduce((a, b) => a + b, 0) / 20).toBeCloseTo(loss, 5);
    scores[0]?.logProbabilities.forEach((value, i) => {
      expect(value).toBeCloseTo(scores[1]?.logProbabilities[i] ?? Number.NaN, 5);
    });
  });

  it('says what is missing or does not fit', async () => {
    const fails = (...argv: readonly string[]) => expect(typed(evaluate, ...argv)).rejects;
    await fails().toMatchObject({ code: 'usage-missing-word' });
    expect(() => parseCommand(evaluate.spec, [run, 'more'])).toThrow('does not know what to do with more: fathom evaluate [run] [options]');
    await fails(run, '--task', 'chess', '--data', 'x').toMatchObject({ code: 'usage-unknown-task' });
    await fails(run, '--task', 'piqa', '--data', 'x').toMatchObject({ code: 'usage-missing-option', args: { option: '--labels' } });
    await fails(run, '--task', 'qqp', ...(FILES.qqp ?? []), '--limit', '0').toMatchObject({ code: 'usage-number' });
    await fails(await untrained('empty', []), '--task', 'qqp', ...(FILES.qqp ?? [])).toMatchObject({ code: 'checkpoint-none' });
    const foreign = await untrained('foreign', [1]);
    const state = path.join(checkpointsFolder(foreign), 'step-00000001', 'trainer.json');
    writeFileSync(state, readFileSync(state, 'utf8').replace('"hidden": 16', '"hidden": 32'));
    await fails(foreign, '--task', 'qqp', ...(FILES.qqp ?? [])).toMatchObject({
      code: 'checkpoint-other-model',
      args: { field: 'embedding.tokens.weight', value: '256×16', expected: '256×32' },
    });
    const cut = await untrained('cut', [1]);
    truncateSync(path.join(checkpointsFolder(cut), 'step-00000001', 'model.safetensors'), 4000);
    await fails(cut, '--task', 'qqp', ...(FILES.qqp ?? [])).toMatchObject({ code: 'checkpoint-all-broken' });
  });
});

describe('fathom generate', () => {
  it('writes with memory what it writes without, past the end of the context too', async () => {
    const { model, remembering, tokeniser, close } = await openRun(run);
    const cached = await remembering();
    const text = async (from: NextTokens): Promise<string> => {
      let made = '';
      for await (const piece of generateText(from, tokeniser, 'Call me', 80, { temperature: 0.7, topP: 0.9, seed: 4 })) made += piece;
      return made;
    };
    expect(await text(cached)).toBe(await text(model));
    await cached.dispose();
    await close();
  });

  it('writes the likeliest text without temperature, another with each seed, and the same with the same', async () => {
    const text = (...options: readonly string[]) => typed(generate, run, '--prompt', 'Call me', '--tokens', '40', ...options);
    const greedy = await text('--temperature', '0');
    expect(greedy).toMatch(/^Call me/);
    expect(await text('--temperature', '0', '--seed', '9')).toBe(greedy);
    const drawn = await text('--seed', '1', '--top-p', '0.9');
    expect(await text('--seed', '1', '--top-p', '0.9')).toBe(drawn);
    expect(await text('--seed', '2', '--top-p', '0.9')).not.toBe(drawn);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal
    expect(drawn).not.toMatch(/[\x00-\x08\x0b-\x1f]/);
  });

  it('keeps what it wrote in the run where that is asked for', async () => {
    const options = ['--prompt', 'Call me', '--tokens', '12', '--seed', '3'];
    const shown = await typed(generate, run, ...options, '--save');
    await typed(generate, run, ...options, '--save');
    const folder = path.join(run, 'samples');
    expect(readdirSync(folder).sort()).toEqual(['step-200-1.json', 'step-200-2.json']);
    const sample = JSON.parse(readFileSync(path.join(folder, 'step-200-1.json'), 'utf8'));
    expect(sample).toMatchObject({ step: 200, prompt: 'Call me', tokens: 12, sampling: { temperature: 0.8, topP: 1, seed: 3 } });
    expect(sample.prompt.length + sample.text.length).toBe(shown.length - 1);
  });

  it.each([
    ['--tokens', '0'],
    ['--temperature', '-1'],
    ['--top-p', '1.5'],
    ['--seed', 'x'],
  ])('refuses %s %s', async (option, value) => {
    await expect(typed(generate, run, '--prompt', 'a', `${option}=${value}`)).rejects.toMatchObject({
      code: 'usage-number',
      args: { option },
    });
  });
});
