// The careful computation of a step that went wrong: what it names as the first bad place, on layers of
// every make, and what is said when it finds nothing.

import { describe, expect, it } from 'vitest';
import type { Engine, Executable } from '../../../src/engine/engine';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import type { ModelConfig } from '../../../src/experiment/config';
import type { Program } from '../../../src/graph/value';
import { CATALOGUE } from '../../../src/model/catalogue';
import { describeModel } from '../../../src/model/model';
import { flatOf } from '../../../src/trainer/memory';
import { measureGradients } from '../../../src/trainer/update';
import { findTrouble } from '../../../src/trainer/watchdog/careful';
import { troubleBeforeUpdate } from '../../../src/trainer/watchdog/diagnose';
import { spelledOut } from '../../../src/trainer/watchdog/trouble';
import type { Weights } from '../../../src/trainer/weights';
import { ENCODERS, smallConfig, trainer, VARIANTS } from './harness';

const models: readonly (readonly [string, Partial<ModelConfig>])[] = [
  ...CATALOGUE.schemes.map(({ name }) => [name, { scheme: name }] as const),
  ...VARIANTS,
  ...ENCODERS,
];

/** Layers of this engine see NaN in their stream, or its gradient, at the runs that are chosen, counted either way from 1. */
class Fault {
  private readonly runs = { forward: 0, backward: 0 };
  chosen: { readonly way: 'forward' | 'backward'; readonly run: number } | undefined;

  count(): void {
    Object.assign(this.runs, { forward: 0, backward: 0 });
  }

  in(engine: Engine): Engine {
    const compile = async (program: Program): Promise<Executable> => {
      const executable = await engine.compile(program);
      if (!program.name.startsWith('block')) return executable;
      const way = program.name.endsWith('.backward') ? 'backward' : 'forward';
      const spoilt = way === 'forward' ? 'carry.x' : 'seed.carry.x';
      return {
        program,
        dispose: () => executable.dispose(),
        run: (inputs, into) => {
          this.runs[way] += 1;
          if (this.chosen?.way !== way || this.chosen.run !== this.runs[way]) return executable.run(inputs, into);
          const { shape = [] } = inputs[spoilt] ?? {};
          const nothing = engine.tensor(new Array<number>(shape.reduce((a, b) => a * b, 1)).fill(Number.NaN), shape);
          return executable.run({ ...inputs, [spoilt]: nothing }, into);
        },
      };
    };
    return Object.assign(Object.create(engine) as Engine, { compile });
  }
}

async function made(model: Partial<ModelConfig>, fault = new Fault()) {
  const config = smallConfig({ layers: 5, hidden: 8, feedForward: 16, context: 4, vocabulary: 11, ...model });
  const engine = fault.in(createReferenceEngine());
  const { weights, batch, pass } = await trainer(engine, config, 0, true);
  const shape = { batch: config.training.batch, context: config.model.context };
  const options = { engine, model: describeModel(config.model), weights, shape, seed: config.seed };
  const share = { batch: batch(0, 0), at: { first: true, step: 1, sample: 0 } };
  return { options, share, weights, pass };
}

function spoil(weights: Weights, layer: number, name: string): void {
  const block = weights.layers[layer - 1];
  const entry = block?.layout.entries.find((candidate) => candidate.name === name);
  if (block && entry) flatOf(block.weight)[entry.offset] = Number.NaN;
}

describe.each(models)('a careful step under %s', (_, model) => {
  it('finds nothing where nothing is, and tells sublayers apart', async () => {
    const { options, share, weights } = await made(model);
    expect(await findTrouble(options, [share])).toBeUndefined();
    spoil(weights, 4, 'feed_forward.in.weight');
    expect(await findTrouble(options, [share])).toMatchObject({ kind: 'forward', place: 4, part: 'feed_forward' });
    spoil(weights, 4, 'attention.qkv.weight');
    expect(await findTrouble(options, [share])).toMatchObject({ kind: 'forward', place: 4, part: 'attention' });
  });
});

describe('a step that went wrong', () => {
  const fine = { norm: 1, sums: [] };

  it('looks at the optimiser state even when loss and gradients are fine', async () => {
    const { options, share, weights } = await made({});
    const ask = () => troubleBeforeUpdate(options, { loss: 1, gradients: fine }, () => [share]);
    expect(await ask()).toBeUndefined();
    weights.layers[3]?.state.flat.fill(Number.NEGATIVE_INFINITY);
    weights.layers[1]?.state.views.at(-1)?.[0]?.fill(Number.NaN, -1);
    expect(await ask()).toEqual({ kind: 'state', place: 2, part: 'feed_forward', inMemory: true });
  });

  it.each([
    ['forward', 3, 'layer 3, attention', 'forward'],
    // From the top.
    ['backward', 2, 'layer 4, feed-forward', 'gradient'],
  ] as const)(
    'is found where a layer goes wrong %s, and told apart from a fault that does not come again',
    async (way, run, where, kind) => {
      const fault = new Fault();
      const { options, share, weights, pass } = await made({}, fault);
      const train = async () => {
        fault.count();
        const loss = await pass.train(share.batch, share.at);
        const gradients = measureGradients(options.engine, weights, 1);
        fault.count();
        return troubleBeforeUpdate(options, { loss, gradients }, () => [share]);
      };
      expect(await train()).toBeUndefined();
      fault.chosen = { way, run };
      const found = await train();
      expect(found).toMatchObject({ kind, inMemory: false });
      expect(found && spelledOut(found)).toBe(where);
      expect(found?.once).toBeUndefined();
      fault.count();
      const loss = await pass.train(share.batch, share.at);
      const gradients = measureGradients(options.engine, weights, 1);
      fault.chosen = undefined;
      const passing = await troubleBeforeUpdate(options, { loss, gradients }, () => [share]);
      expect(passing).toMatchObject({ kind: 'gradient', inMemory: false, once: true });
      if (passing && way === 'backward') expect(spelledOut(passing)).toBe(where);
    },
  );

  it('is told from what it left where it cannot be repeated', async () => {
    const { options, share, weights, pass } = await made({});
    await pass.train(share.batch, share.at);
    const gradients = () => measureGradients(options.engine, weights, 1);
    const ask = (loss: number) => troubleBeforeUpdate(options, { loss, gradients: gradients() }, () => [share]);
    expect(await ask(Number.NaN)).toEqual({ kind: 'loss', place: 'head', part: 'head', inMemory: false, once: true });
    for (const layer of [3, 2, 1]) {
      const block = weights.layers[layer - 1];
      if (block) flatOf(block.gradient).fill(Number.NaN, 0, layer === 3 ? 1 : block.layout.length);
    }
    const found = await ask(2);
    expect(found).toMatchObject({ kind: 'gradient', inMemory: false, once: true });
    expect(found && spelledOut(found)).toBe('layer 3, attention');
  });

  it('keeps what is spoiled twice from being saved', async () => {
    const { options, share, weights } = await made({});
    weights.embedding.state.flat[0] = Number.NaN;
    const block = weights.layers[0];
    if (!block) throw new Error('no layer');
    // Finite in float64, and its products are not.
    flatOf(block.weight).fill(1e200);
    const found = await troubleBeforeUpdate(options, { loss: Number.NaN, gradients: fine }, () => [share]);
    expect(found).toMatchObject({ place: 1, inMemory: true });
  });
});
