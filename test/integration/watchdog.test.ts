// Numbers spoiled on purpose while a run trains: that it stops at that step, names the place, and leaves
// nothing on disk that is not finite; and that it goes back and on where that is asked for.

import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { listCheckpoints } from '../../src/experiment/checkpoints';
import type { ExperimentConfig, WatchdogConfig } from '../../src/experiment/config';
import { Failure } from '../../src/experiment/failure';
import { createRun } from '../../src/experiment/runDirectory';
import { SafetensorsReader } from '../../src/experiment/safetensors';
import type { Part } from '../../src/model/layout';
import { Commands, type Obliging } from '../../src/trainer/commands';
import { flatOf } from '../../src/trainer/memory';
import { Recorder } from '../../src/trainer/recorder';
import { Session } from '../../src/trainer/session';
import type { Weights } from '../../src/trainer/weights';
import { smallConfig } from '../unit/trainer/harness';
import { events, losses } from './recorded';

const SCRIPT = pathToFileURL(path.resolve('dist/trainer.mjs'));
let folder: string;

beforeAll(async () => {
  // The trainer's log goes there.
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  folder = await mkdtemp(path.join(tmpdir(), 'fathom-watchdog-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Does something to a run after the steps it is told. @param saves whether to ask for a checkpoint right then, as a person may. */
class Interference extends Commands {
  session: Session | undefined;

  constructor(
    private readonly after: Readonly<Record<number, (weights: Weights) => unknown>>,
    private readonly saves = false,
  ) {
    super();
  }

  override async obey(_recorder: Recorder, step: number, { checkpoint }: Obliging): Promise<boolean> {
    const interfere = this.after[step];
    if (this.session && interfere) {
      interfere(this.session.weights);
      if (this.saves) await checkpoint();
    }
    return false;
  }
}

interface Outcome {
  readonly directory: string;
  readonly error: unknown;
  readonly step: number;
}

/** Trains in this process until the run ends, whatever the end. */
async function train(
  config: ExperimentConfig,
  after: Interference | ConstructorParameters<typeof Interference>[0],
  directory?: string,
): Promise<Outcome> {
  const place = directory ?? (await createRun({ runs: folder, name: config.name, config, kind: 'run' })).directory;
  const recorder = await Recorder.take(place);
  const commands = after instanceof Interference ? after : new Interference(after);
  const session = await Session.open(recorder, commands, SCRIPT);
  commands.session = session;
  let error: unknown;
  try {
    await session.run();
  } catch (caught) {
    error = caught;
  } finally {
    await session.close();
    await recorder.close();
  }
  return { directory: place, error, step: recorder.current.step };
}

function tiny(change: Partial<ExperimentConfig['training']> = {}, watchdog: Partial<WatchdogConfig> = {}, workers = 1): ExperimentConfig {
  const config = smallConfig(
    {
      layers: 4,
      hidden: 16,
      feedForward: 32,
      context: 16,
      vocabulary: 256,
      scheme: 'pre-ln',
      initialisation: 'gpt2-scaled',
      finalNorm: true,
    },
    { batch: 2, steps: 12, checkpointEvery: 3, keepCheckpoints: 9, ...change },
  );
  return {
    ...config,
    engine: { name: 'onnxruntime', workers },
    optimiser: { ...config.optimiser, learningRate: 1e-3 },
    watchdog: { ...config.watchdog, ...watchdog },
  };
}

function alerts(directory: string): Record<string, unknown>[] {
  return events(directory).flatMap((event) => (event.kind === 'text' && event.tag === 'alert' ? [JSON.parse(event.text)] : []));
}

async function everythingSavedIsFinite(directory: string): Promise<void> {
  for (const { folder } of await listCheckpoints(directory)) {
    for (const file of ['model.safetensors', 'optimizer.safetensors']) {
      const reader = await SafetensorsReader.open(path.join(folder, file));
      for (const name of reader.names) expect((await reader.read(name)).every(Number.isFinite), `${folder} ${name}`).toBe(true);
      await reader.close();
    }
  }
}

/** A parameter's elements. */
function parameter(weights: Weights, layer: number, name: string) {
  const block = weights.layers[layer - 1];
  const entry = block?.layout.entries.find((candidate) => candidate.name === name);
  if (!block || !entry) throw new Error(`no parameter ${name} in layer ${layer}`);
  return flatOf(block.weight).subarray(entry.offset, entry.offset + entry.shape.reduce((a, b) => a * b, 1));
}

const set = (layer: number, name: string, value: number) => (weights: Weights) => {
  parameter(weights, layer, name)[3] = value;
};

/** @param family of the optimiser's state, by its number. */
const setState = (layer: number, part: Part, family: number, value: number) => (weights: Weights) => {
  const state = weights.layers[layer - 1]?.state;
  const piece = state?.plan.pieces.findLastIndex((candidate) => candidate.piece.part === part) ?? -1;
  state?.views[piece]?.[family]?.fill(value, -1);
};

/** Products that no float32 holds, of weights that are finite. */
const overflowForward = (layer: number, bias: string, matrix: string) => (weights: Weights) => {
  parameter(weights, layer, bias).fill(10);
  parameter(weights, layer, matrix).fill(3e38);
};

/** Nothing passes forward, and on the way back the product of two large factors does not fit into a float32. */
const overflowBackward = (layer: number) => (weights: Weights) => {
  parameter(weights, layer, 'feed_forward.in.weight').fill(0);
  parameter(weights, layer, 'feed_forward.in.bias').fill(0);
  parameter(weights, layer, 'feed_forward.norm.gain').fill(1e20);
  parameter(weights, layer, 'feed_forward.out.weight').fill(3e37);
};

const INJECTIONS: readonly (readonly [string, (weights: Weights) => unknown, Record<string, unknown>])[] = [
  ['a weight of attention', set(3, 'attention.qkv.weight', Number.NaN), { kind: 'weight', where: 'layer 3, attention', place: 'layer 3' }],
  ['a bias of feed-forward', set(2, 'feed_forward.out.bias', Number.POSITIVE_INFINITY), { kind: 'weight', where: 'layer 2, feed-forward' }],
  ['the embedding', ({ embedding }) => flatOf(embedding.weight).fill(Number.NaN, 5, 6), { kind: 'weight', place: 'embedding' }],
  [
    'attention, forward',
    overflowForward(2, 'attention.qkv.bias', 'attention.output.weight'),
    { kind: 'forward', where: 'layer 2, attention' },
  ],
  [
    'feed-forward, forward',
    overflowForward(4, 'feed_forward.in.bias', 'feed_forward.out.weight'),
    { kind: 'forward', where: 'layer 4, feed-forward' },
  ],
  ['feed-forward, backward', overflowBackward(3), { kind: 'gradient', where: 'layer 3, feed-forward' }],
  ['first moments', setState(1, 'feed_forward', 0, Number.NaN), { kind: 'state', where: 'layer 1, feed-forward' }],
  ['second moments', setState(4, 'attention', 1, Number.POSITIVE_INFINITY), { kind: 'state', where: 'layer 4, attention' }],
];

describe.each([
  [1, 1],
  [2, 2],
] as const)('a number that is not finite (accumulation: %i, workers: %i)', (accumulation, workers) => {
  it.each(INJECTIONS)('in %s stops the run at that step, is named, and is not saved', async (_, spoil, where) => {
    const { directory, error, step } = await train(tiny({ accumulation }, {}, workers), { 7: spoil });
    expect(error).toBeInstanceOf(Failure);
    const { code, args, message } = error as Failure;
    expect(code).toMatch(/^non-finite/);
    expect(args).toMatchObject({ step: 8, ...where });
    expect(message).not.toMatch(/[{}]/);
    expect(step).toBe(7);
    expect(alerts(directory)).toMatchObject([{ code, step: 8, ...where }]);
    const inMemory = ['weight', 'state'].includes(String(where.kind));
    expect(code === 'non-finite-memory').toBe(inMemory);
    expect(args.good).toBe(inMemory ? 6 : 7);
    expect((await listCheckpoints(directory)).at(-1)?.step).toBe(args.good);
    await everythingSavedIsFinite(directory);
  });
});

it('a step that is not taken is in the depth picture, broken from that layer on, weights as they were', async () => {
  const { directory } = await train(tiny(), { 7: overflowForward(3, 'feed_forward.in.bias', 'feed_forward.out.weight') });
  const depth = events(directory).flatMap((event) => (event.kind === 'depth' ? [event] : []));
  const columns = depth[0]?.layout?.columns ?? [];
  const layers = (at: number, column: string) =>
    [1, 2, 3, 4].map((row) => depth.find(({ step }) => step === at)?.values[row * columns.length + columns.indexOf(column)]);
  expect(layers(7, 'non_finite_count')).toEqual([0, 0, 0, 0]);
  const [first, second, third, fourth] = layers(8, 'non_finite_count') as [number, number, number, number];
  expect(first).toBe(second);
  expect(third).toBeGreaterThan(second);
  expect(fourth).toBeGreaterThan(third);
  expect(layers(8, 'weight_norm').slice(0, 2)).toEqual(layers(7, 'weight_norm').slice(0, 2));
  expect(layers(8, 'update_ratio').slice(0, 2)).toEqual([0, 0]);
});

/** Does it the first `times` times only. */
function times(count: number, spoil: (weights: Weights) => void): (weights: Weights) => void {
  let left = count;
  return (weights) => {
    if (left-- > 0) spoil(weights);
  };
}

describe('a rollback', () => {
  const spoil = set(3, 'attention.qkv.weight', Number.NaN);

  it('goes back to the last good checkpoint and on with a lower learning rate', async () => {
    const { directory, error, step } = await train(tiny({}, { rollback: 2 }), { 7: times(1, spoil) });
    expect(error).toBeUndefined();
    expect(step).toBe(12);
    expect(alerts(directory)).toMatchObject([{ code: 'rollback', step: 6, from: 8, rollbacks: 1, most: 2, rate: 0.5 }]);
    expect([...losses(directory).keys()]).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    const rates = events(directory).flatMap((event) =>
      event.kind === 'scalars' && 'lr' in event.values ? [[event.step, event.values.lr]] : [],
    );
    expect(rates.map(([at]) => at)).toEqual([1, 2, 3, 4, 5, 6, 7, 7, 8, 9, 10, 11, 12]);
    expect(new Set(rates.slice(0, 7).map(([, rate]) => rate))).toEqual(new Set([Math.fround(1e-3)]));
    expect(new Set(rates.slice(7).map(([, rate]) => rate))).toEqual(new Set([Math.fround(5e-4)]));
    await everythingSavedIsFinite(directory);
  });

  it('passes over a checkpoint from which the same numbers would follow', async () => {
    const overflow = overflowForward(2, 'attention.qkv.bias', 'attention.output.weight');
    const { directory, error } = await train(tiny({ checkpointEvery: 1, steps: 5 }, { rollback: 1 }), { 3: times(1, overflow) });
    expect(error).toBeUndefined();
    expect(alerts(directory)).toMatchObject([{ code: 'rollback', step: 2, from: 4 }]);
  });

  it('ends clearly when none is left', async () => {
    const { directory, error } = await train(tiny({ checkpointEvery: 0 }, { rollback: 2 }), { 4: spoil });
    expect(error).toMatchObject({ code: 'non-finite-memory', args: { step: 5, good: 0, learningRate: 2.5e-4 } });
    expect(alerts(directory).map(({ code }) => code)).toEqual(['rollback', 'rollback', 'non-finite-memory']);
    await everythingSavedIsFinite(directory);
  });

  it('comes before a checkpoint that would save what is spoiled', async () => {
    const saving = new Interference({ 7: times(1, spoil) }, true);
    const { directory, error } = await train(tiny({}, { rollback: 1 }), saving);
    expect(error).toBeUndefined();
    expect(alerts(directory)).toMatchObject([{ code: 'rollback', step: 6, from: 8 }]);
    await everythingSavedIsFinite(directory);
    const refused = await train(tiny(), new Interference({ 7: spoil }, true));
    expect(refused.error).toMatchObject({ code: 'non-finite-memory', args: { step: 8, good: 6 } });
    await everythingSavedIsFinite(refused.directory);
  });

  it('survives a kill: what was resumed afterwards is what would have been', async () => {
    const config = tiny({}, { rollback: 2 });
    const whole = await train(config, { 7: times(1, spoil) });
    const kill = (): never => {
      throw new Error('killed');
    };
    let seen = 0;
    const broken = await train(config, { 7: times(1, spoil), 8: () => (seen++ === 0 ? kill() : undefined) });
    expect(broken.error).toMatchObject({ message: 'killed' });
    expect((await train(config, {}, broken.directory)).error).toBeUndefined();
    expect(losses(broken.directory)).toEqual(losses(whole.directory));
    expect(alerts(broken.directory)).toEqual(alerts(whole.directory));
  });

  it('answers a loss that stays high, from before it rose', async () => {
    const config = tiny({ steps: 30, checkpointEvery: 2, keepCheckpoints: 1 }, { rollback: 1, lossWindow: 8, divergence: 5 });
    const louder = times(1, ({ head }) => {
      const flat = flatOf(head.weight);
      flat.forEach((value, i) => {
        flat[i] = 100 * value;
      });
    });
    const { directory, error } = await train(config, { 13: louder });
    expect(error).toBeUndefined();
    const told = alerts(directory).map(({ code, step }) => [code, step]);
    expect(told).toEqual([
      ['loss-spike', 14],
      ['divergence', 18],
      ['rollback', 12],
    ]);
    expect([...losses(directory).keys()]).toHaveLength(30);
    await everythingSavedIsFinite(directory);
  });
});
