// Programs divided between an engine and loops of our own: what goes where, that every value is computed once, and
// that whatever is divided means what it meant.

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine';
import { createOnnxEngine } from '../../../src/engine/onnxruntime/engine';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { hoistScalars } from '../../../src/engine/scalars';
import { isOutside, type Stage, stagesOf } from '../../../src/engine/stages';
import { constant } from '../../../src/graph/constant';
import { matmul } from '../../../src/graph/contract';
import { vjp } from '../../../src/graph/differentiate';
import { add, erf, exp, gelu, multiply, negate, relu, scale, square, subtract } from '../../../src/graph/elementwise';
import { layerInverse, layerMean, layerNorm, softmax } from '../../../src/graph/normalise';
import { sum, total } from '../../../src/graph/reduce';
import { broadcast, concat, reshape, slice, transpose } from '../../../src/graph/shape';
import { simplify } from '../../../src/graph/simplify';
import { input, OBSERVED, type Program, reachable, sizeOf, type Value } from '../../../src/graph/value';
import type { BlockKind } from '../../../src/model/block';
import { describeModel } from '../../../src/model/model';
import { blockPrograms } from '../../../src/model/programs';
import { STATISTIC_NAMES } from '../../../src/model/statistics';
import { smallConfig } from '../trainer/harness';
import { uniform } from './cases';
import { evaluate, expectClose } from './tensors';

const [ROWS, WIDTH] = [6, 8];

function program(outputs: Readonly<Record<string, Value>>): Program {
  const inputs = reachable(Object.values(outputs)).filter(({ primitive }) => primitive === 'input');
  return { name: 'test', inputs: Object.fromEntries(inputs.map((value) => [String(value.attributes.name), value])), outputs };
}

function feedsFor({ inputs }: Program, seed: number): Record<string, number[]> {
  const draw = uniform(seed);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { type }]) => [name, Array.from({ length: sizeOf(type.shape) }, () => Math.fround(2 * draw() - 1))]),
  );
}

const primitivesOf = (stage: Stage): string[] =>
  reachable(Object.values(stage.program.outputs))
    .map(({ primitive }) => primitive)
    .filter((name) => name !== 'input' && name !== 'constant');

/** Backward of what a layer does: norm(x + gelu(x·w)·v), as wide as a thin model's. */
function sublayer(): Program {
  const [rows, hidden] = [256, 64];
  const [x, w, v, d] = [input('x', [rows, hidden]), input('w', [hidden, 256]), input('v', [256, hidden]), input('d', [rows, hidden])];
  const [gain, bias] = [input('gain', [hidden]), input('bias', [hidden])];
  const y = layerNorm(add(x, matmul(gelu(matmul(x, w)), v)), gain, bias, 1e-5);
  const wrt = { x, w, v, gain, bias };
  const gradients = vjp([y], [d], Object.values(wrt));
  return hoistScalars(simplify(program(Object.fromEntries(Object.keys(wrt).map((name, i) => [`d.${name}`, gradients[i] as Value])))));
}

describe('stages', () => {
  it('take the gradients of norms and activations out of an engine’s hands, in few parts', () => {
    const stages = stagesOf(sublayer());
    const [parts, loops] = [stages.filter(({ by }) => by === 'engine'), stages.filter(({ by }) => by === 'loop')];
    expect(parts.length).toBeLessThanOrEqual(4);
    const inParts = parts.flatMap(primitivesOf);
    expect(inParts.filter((name) => name === 'layerInverse' || name === 'layerMean')).toEqual([]);
    expect(loops.flatMap(primitivesOf)).not.toContain('matmul');
    // One exponential serves for both.
    expect(inParts.filter((name) => name === 'exp' || name === 'erf')).toEqual([]);
    // What only results need makes no part of its own, and a gain's gradient comes from the loop that has what it adds up.
    expect(loops.flatMap(({ program }) => Object.keys(program.outputs))).toContain('output d.gain');
  });

  it('are the same for everything else where something is looked at', () => {
    const { inputs, outputs, name } = sublayer();
    const loopsOf = (stages: readonly Stage[]): string[] =>
      stages
        .filter(({ by }) => by === 'loop')
        .flatMap(primitivesOf)
        .filter((primitive) => primitive !== 'sum' && primitive !== 'reshape');
    const values = reachable(Object.values(outputs)).filter(({ type }) => type.shape.join() === '256,64' && type.dtype === 'float');
    // As much as there is of the one space, so that it alone would be worth a loop of every norm.
    const totals = values.map((value) => reshape(total(multiply(value, value)), [1]));
    const looked = { name, inputs, outputs: { ...outputs, [OBSERVED]: concat(totals, 0) } };
    for (const worth of [70_000, 150_000, 250_000, 1e9]) {
      const squares = loopsOf(stagesOf(looked, worth)).length - loopsOf(stagesOf({ name, inputs, outputs }, worth)).length;
      // Nothing but squares comes along with loops that there are.
      expect(squares).toBeLessThanOrEqual(values.length);
      const others = (stages: readonly Stage[]): string[] =>
        loopsOf(stages)
          .filter((primitive) => primitive !== 'multiply')
          .sort();
      expect(others(stagesOf(looked, worth))).toEqual(others(stagesOf({ name, inputs, outputs }, worth)));
    }
    const sums = stagesOf(looked)
      .filter(({ by }) => by === 'loop')
      .flatMap(primitivesOf);
    expect(sums.filter((primitive) => primitive === 'sum').length).toBeGreaterThan(3);
  });

  it('compute a layer to the same bits whatever is looked at', async () => {
    const engine = await createOnnxEngine();
    const shape = { batch: 4, context: 64 };
    for (const scheme of ['deepnorm', 'pre-ln', 'sub-ln']) {
      const model = describeModel({ ...smallConfig().model, layers: 100, hidden: 64, feedForward: 256, heads: 2, context: 64, scheme });
      const [kind] = model.kinds as [BlockKind];
      const made = [[], ['gradient_rms', 'activation_rms'], STATISTIC_NAMES].map((statistics) =>
        blockPrograms(model, kind, shape, 'attention', { statistics, dropping: true }),
      );
      for (const direction of ['forward', 'backward'] as const) {
        const [plain, ...others] = made.map((each) => each[direction]) as [Program, ...Program[]];
        const feeds = feedsFor(plain, 5);
        const wanted = await evaluate(engine, plain, feeds);
        for (const other of others) {
          const found = await evaluate(engine, other, { ...feedsFor(other, 5), ...feeds });
          for (const [name, values] of Object.entries(wanted)) expect(found[name], `${scheme}, ${direction}: ${name}`).toEqual(values);
        }
      }
    }
  });

  it('take heads apart and put them together in one copy each', () => {
    const model = describeModel({ ...smallConfig().model, layers: 2, hidden: 64, feedForward: 256, heads: 2, context: 64 });
    const { forward, backward } = blockPrograms(model, model.kinds[0] as BlockKind, { batch: 4, context: 64 }, 'attention', {
      statistics: [],
      dropping: true,
    });
    const moves = [forward, backward].map((whole) => stagesOf(whole).filter(({ by }) => by === 'moves'));
    expect(moves.map((stages) => stages.map(primitivesOf).map((names) => names.filter((name) => name !== 'reshape')))).toEqual([
      [['transpose', 'slice', 'slice', 'slice']],
      [['concat', 'transpose']],
    ]);
    expect(moves.flat().map(({ program }) => Object.keys(program.outputs).length)).toEqual([3, 1]);
    // Nothing of a single head moves, and what only changes its shape is nobody's copy.
    const x = input('x', [4096, 64]);
    expect(stagesOf(program({ y: matmul(reshape(x, [64, 64, 64]), reshape(x, [64, 64, 64])) })).map(({ by }) => by)).toEqual(['engine']);
  });

  it('hand on each value once, before it is read', () => {
    const there = new Set<string>();
    for (const { program } of stagesOf(sublayer())) {
      for (const slot of Object.keys(program.inputs))
        expect(isOutside(slot) ? slot.startsWith('input ') || there.has(slot) : there.has(slot)).toBe(true);
      for (const slot of Object.keys(program.outputs)) {
        expect(there.has(slot)).toBe(false);
        there.add(slot);
      }
    }
    expect([...there].filter((slot) => slot.startsWith('output '))).toHaveLength(5);
  });

  it('are a single one where no loop is worth it, and whatever an engine has as one operator stays one', () => {
    const x = input('x', [64, 64]);
    expect(stagesOf(program({ y: relu(add(x, x)) }))).toHaveLength(1);
    const large = input('x', [4096, 64]);
    expect(stagesOf(program({ y: gelu(large) }))).toHaveLength(1);
    expect(stagesOf(program({ y: softmax(large) }))).toHaveLength(1);
    const biased = add(matmul(large, input('w', [64, 64])), input('b', [64]));
    const loops = stagesOf(
      program({ y: layerNorm(add(large, biased), input('g', [64]), input('b2', [64]), 1e-5), squares: total(square(biased)) }),
    );
    expect(loops.filter(({ by }) => by === 'loop').flatMap(primitivesOf)).toEqual(['add', 'layerNorm', 'multiply', 'sum']);
  });
});

describe('divided programs', () => {
  const oracle = createReferenceEngine();
  let engine: Engine;
  beforeAll(async () => {
    engine = await createOnnxEngine({ worth: Number.NEGATIVE_INFINITY });
  });
  afterAll(async () => {
    await engine.dispose();
  });

  async function agree(outputs: Readonly<Record<string, Value>>, seed = 1): Promise<void> {
    const whole = program(outputs);
    const feeds = feedsFor(whole, seed);
    const wanted = await evaluate(oracle, whole, feeds);
    const found = await evaluate(engine, whole, feeds);
    for (const [name, values] of Object.entries(wanted)) expectClose(found[name] ?? [], values, 3e-5, Math.max(1, ...values.map(Math.abs)));
  }

  const x = input('x', [ROWS, WIDTH]);
  const y = input('y', [ROWS, WIDTH]);
  const row = input('row', [WIDTH]);
  const w = input('w', [WIDTH, WIDTH]);

  it('have the error function and its exponential to float32’s precision, whatever they are of', async () => {
    const z = input('z', [8, 32]);
    const feeds = {
      z: Array.from({ length: 256 }, (_, i) =>
        i < 250 ? Math.fround((i - 125) / 12) : ([0, -0, 1e30, -1e30, Number.NaN, 1e-30][i - 250] as number),
      ),
    };
    for (const factor of [1, Math.SQRT1_2, -0.5]) {
      const inner = scale(z, factor);
      const whole = program({ error: erf(inner), density: exp(negate(square(inner))) });
      expect(stagesOf(whole, Number.NEGATIVE_INFINITY).map(({ by }) => by)).toEqual(['loop']);
      const [wanted, found] = await Promise.all([oracle, engine].map((each) => evaluate(each, whole, feeds)));
      for (const [name, values] of Object.entries(wanted as NonNullable<typeof wanted>)) expectClose(found?.[name] ?? [], values, 2e-7, 1);
    }
    const unlike = program({ error: erf(z), density: exp(negate(square(scale(z, 0.5)))) });
    const inLoops = stagesOf(unlike, Number.NEGATIVE_INFINITY).filter(({ by }) => by === 'loop');
    expect(inLoops.flatMap(primitivesOf).filter((name) => name === 'erf' || name === 'exp')).toEqual([]);
  });

  it('give results that are inputs, constants or one another', async () => {
    const z = add(x, y);
    await agree({ z, again: z, x, three: constant(3), norm: layerNorm(z, row, row, 1e-5) });
  });

  it('add up rows, columns and both, and use what was added up in a loop of its own', async () => {
    const columns = sum(multiply(x, y), [0]);
    await agree({ columns: reshape(columns, [1, WIDTH]), columns2: columns, used: multiply(x, columns), rows: sum(x, [1], true) });
    const centred = subtract(x, scale(sum(x, [1], true), 1 / WIDTH));
    await agree({ squares: total(square(subtract(x, y))), all: reshape(total(x), [1, 1]), everyRow: sum(multiply(x, y), [0, 1], true) });
    await agree({ centred, norm: sum(square(centred), [1], true), repeated: broadcast(sum(centred, [1], true), [ROWS, WIDTH]) });
  });

  it('go over more axes than two, with numbers, rows and constants of a row among operands', async () => {
    const deep = input('deep', [2, 3, 4, WIDTH]);
    const table = constant(
      Float64Array.from({ length: WIDTH }, (_, i) => i - 2),
      [WIDTH],
    );
    await agree({ y: multiply(add(multiply(deep, input('number', [])), table), layerInverse(deep, 1e-3)) });
    await agree({ d: sum(multiply(deep, add(deep, row)), [0, 1, 2]) });
  });

  it('keep NaN where it was', async () => {
    const given = { x: Array.from({ length: ROWS * WIDTH }, (_, i) => (i === 11 ? Number.NaN : i - 20)) };
    const { y: found = [] } = await evaluate(engine, program({ y: relu(scale(x, 2)) }), given);
    expect(found.map((value, i) => (Number.isNaN(value) ? i : -1)).filter((i) => i >= 0)).toEqual([11]);
    const { norm = [] } = await evaluate(
      engine,
      program({ norm: multiply(subtract(x, layerMean(x, 1e-5)), layerInverse(x, 1e-5)) }),
      given,
    );
    expect(norm.map((value, i) => (Number.isNaN(value) ? Math.floor(i / WIDTH) : 1))).toEqual(norm.map(() => 1));
  });

  it('write into memory of others, and give their own back', async () => {
    const executable = await engine.compile(program({ y: subtract(multiply(x, x), y), columns: sum(multiply(x, y), [0]) }));
    const [given, other] = [1, 2].map((value) => engine.tensor(new Float32Array(ROWS * WIDTH).fill(value), [ROWS, WIDTH]));
    const shared = new Float32Array(new SharedArrayBuffer(4 * (ROWS * WIDTH + WIDTH)));
    const storage = engine.storageOver?.(shared, [
      { name: 'y', shape: [ROWS, WIDTH], offset: 0 },
      { name: 'columns', shape: [WIDTH], offset: ROWS * WIDTH },
    ]);
    for (let run = 0; run < 2; run++) {
      shared.fill(7);
      await executable.run({ x: given as never, y: other as never }, storage?.tensors ?? {});
      expect([...new Set(shared.subarray(0, ROWS * WIDTH))]).toEqual([-1]);
      expect([...new Set(shared.subarray(ROWS * WIDTH))]).toEqual([2 * ROWS]);
    }
    await executable.dispose();
  });

  it('mean what they meant, whatever they are', async () => {
    const operations: readonly ((a: Value, b: Value) => Value)[] = [
      add,
      subtract,
      multiply,
      (a) => negate(a),
      (a) => relu(a),
      (a) => scale(a, 0.3),
      (a) => multiply(a, row),
      (a) => matmul(a, w, { scale: 0.3 }),
      (a) => softmax(a),
      (a) => layerNorm(a, row, row, 1e-2),
      (a, b) => multiply(a, scale(sum(b, [1], true), 1 / WIDTH)),
      (a, b) => multiply(subtract(a, layerMean(a, 1e-2)), layerInverse(b, 1e-2)),
      (a, b) => add(a, broadcast(layerMean(b, 1e-2), [ROWS, WIDTH])),
      (a, b) => multiply(a, scale(sum(b, [0]), 1 / ROWS)),
      (a) => reshape(transpose(reshape(a, [3, 2, 2, 4]), [2, 0, 1, 3]), [ROWS, WIDTH]),
      (a) => reshape(transpose(reshape(a, [2, 3, WIDTH]), [1, 0, 2]), [ROWS, WIDTH]),
      (a) => reshape(transpose(a, [1, 0]), [ROWS, WIDTH]),
      (a, b) => concat([slice(a, 0, 1, 5), slice(b, 0, 4, 6)], 0),
      (a, b) => concat([slice(a, 1, 4, 8), slice(b, 1, 0, 4)], 1),
      (a, b) => concat([slice(a, 1, 3, 8), slice(b, 1, 0, 3)], 1),
    ];
    const step = fc.tuple(fc.nat(operations.length - 1), fc.nat(50), fc.nat(50));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), fc.nat(1000), async (steps, seed) => {
        const values: Value[] = [x, y];
        const pick = (i: number): Value => values[values.length - 1 - (i % values.length)] as Value;
        for (const [which, a, b] of steps) values.push((operations[which] as (typeof operations)[number])(pick(a), pick(b)));
        const last = values.at(-1) as Value;
        await agree({ last, columns: sum(last, [0]), middle: values[Math.floor(values.length / 2)] as Value }, seed);
      }),
      { numRuns: 150, seed: 11 },
    );
  });
});
