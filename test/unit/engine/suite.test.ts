// One body, every engine: each primitive agrees with its float64 meaning, and the seam keeps its promises.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine';
import { createOnnxEngine } from '../../../src/engine/onnxruntime/engine';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { createTfjsEngine } from '../../../src/engine/tfjs/engine';
import { createWebGpuEngine } from '../../../src/engine/webgpu/engine';
import { constant } from '../../../src/graph/constant';
import { matmul } from '../../../src/graph/contract';
import { differentiate, vjp } from '../../../src/graph/differentiate';
import { add, gelu, multiply, scale } from '../../../src/graph/elementwise';
import { narrow, widen } from '../../../src/graph/halves';
import { pick, rows } from '../../../src/graph/indexing';
import { layerNorm, logSoftmax, softmax } from '../../../src/graph/normalise';
import { PRIMITIVES } from '../../../src/graph/primitives';
import { total } from '../../../src/graph/reduce';
import { reshape, slice, transpose } from '../../../src/graph/shape';
import { simplify } from '../../../src/graph/simplify';
import { input, type Program, sizeOf, type Value } from '../../../src/graph/value';
import { hasSoftwareAdapter, softwareAdapter } from '../../softwareAdapter';
import { CASES, feedsOf, uniform } from './cases';
import { evaluate, expectClose, type Numbers, readAll, tensorsOf } from './tensors';

const ENGINES: readonly { name: string; create: () => Promise<Engine>; tolerance: number; absent?: boolean }[] = [
  { name: 'reference', create: async () => createReferenceEngine(), tolerance: 1e-12 },
  { name: 'onnxruntime', create: () => createOnnxEngine(), tolerance: 3e-6 },
  {
    name: 'onnxruntime with all loops that there can be',
    create: () => createOnnxEngine({ worth: Number.NEGATIVE_INFINITY }),
    tolerance: 3e-6,
  },
  { name: 'tfjs', create: () => createTfjsEngine(), tolerance: 3e-6 },
  {
    name: 'webgpu',
    create: () => createWebGpuEngine({ name: 'webgpu-software', device: 'SwiftShader' }),
    tolerance: 3e-6,
    absent: !hasSoftwareAdapter(),
  },
];

const HIDDEN = 8;
const HEADS = 2;
const [BATCH, CONTEXT] = [2, 4];
const ROWS = BATCH * CONTEXT;

/** A Post-LN block with attention and GELU, small. */
function block(): Program {
  const inputs: Record<string, Value> = {};
  const take = (name: string, ...shape: number[]): Value => {
    inputs[name] = input(name, shape);
    return inputs[name];
  };
  const affine = (x: Value, name: string, from: number, to: number): Value =>
    add(matmul(x, take(`${name}.weight`, from, to)), take(`${name}.bias`, to));
  const norm = (x: Value, name: string): Value => layerNorm(x, take(`${name}.gain`, HIDDEN), take(`${name}.bias`, HIDDEN), 1e-5);
  const x = take('x', ROWS, HIDDEN);
  const qkv = affine(x, 'qkv', HIDDEN, 3 * HIDDEN);
  const [q, k, v] = [0, 1, 2].map((i) =>
    transpose(reshape(slice(qkv, 1, i * HIDDEN, (i + 1) * HIDDEN), [BATCH, CONTEXT, HEADS, HIDDEN / HEADS]), [0, 2, 1, 3]),
  ) as [Value, Value, Value];
  const mask = Float64Array.from({ length: CONTEXT ** 2 }, (_, i) =>
    i % CONTEXT > Math.floor(i / CONTEXT) ? Number.NEGATIVE_INFINITY : 0,
  );
  const weights = softmax(add(matmul(q, k, { transposeB: true, scale: 0.5 }), constant(mask, [CONTEXT, CONTEXT])));
  const mixed = reshape(transpose(matmul(weights, v), [0, 2, 1, 3]), [ROWS, HIDDEN]);
  const h = norm(add(scale(x, 0.974), affine(mixed, 'out', HIDDEN, HIDDEN)), 'norm1');
  const y = norm(add(scale(h, 0.974), affine(gelu(affine(h, 'up', HIDDEN, 4 * HIDDEN)), 'down', 4 * HIDDEN, HIDDEN)), 'norm2');
  return { name: 'block', inputs, outputs: { y, energy: total(multiply(h, h)) } };
}

function randomFeeds(program: Program, seed: number): Record<string, number[]> {
  const draw = uniform(seed);
  return Object.fromEntries(
    Object.entries(program.inputs).map(([name, value]) => [name, Array.from({ length: sizeOf(value.type.shape) }, () => 2 * draw() - 1)]),
  );
}

it.skipIf(!hasSoftwareAdapter())('finds the adapter that WebGPU is tested on', () => {
  expect(process.env).toMatchObject(softwareAdapter());
});

describe.each(ENGINES.filter(({ absent }) => !absent))('engine $name', ({ create, tolerance }) => {
  const oracle = createReferenceEngine();
  let engine: Engine;
  beforeAll(async () => {
    engine = await create();
  });
  afterAll(async () => {
    await engine.dispose();
  });

  /** Runs a program here and on the oracle, with the floats first rounded to what the engine can hold. */
  async function agree(program: Program, feeds: Numbers): Promise<void> {
    const rounded = Object.fromEntries(Object.entries(feeds).map(([name, values]) => [name, values.map(Math.fround)]));
    const wanted = await evaluate(oracle, program, rounded);
    const actual = await evaluate(engine, program, rounded);
    for (const name of Object.keys(program.outputs)) {
      const scaleOf = Math.max(...(wanted[name] ?? []).map(Math.abs), 1e-3);
      expectClose(actual[name] ?? [], wanted[name] ?? [], tolerance, scaleOf);
    }
  }

  it('has a case for every primitive', () => {
    const covered = new Set(CASES.map((each) => each.primitive));
    expect(PRIMITIVES.map((primitive) => primitive.name).filter((name) => !covered.has(name))).toEqual([]);
  });

  it.each(CASES)('computes $title', async (each) => {
    await agree(each.program, feedsOf(each));
  });

  it.each(CASES)('computes the gradient of $title', async (each) => {
    const { y } = each.program.outputs;
    const wrt = Object.entries(each.program.inputs).filter(([, value]) => value.type.dtype === 'float');
    const seed = input('seed', (y as Value).type.shape);
    const cotangents = vjp(
      [y as Value],
      [seed],
      wrt.map(([, value]) => value),
    );
    const outputs = Object.fromEntries(wrt.map(([name], i) => [`d.${name}`, cotangents[i] as Value]));
    const program = simplify({ name: `gradient of ${each.title}`, inputs: { ...each.program.inputs, seed }, outputs });
    await agree(program, { ...feedsOf(each), seed: Array.from({ length: sizeOf(seed.type.shape) }, uniform(7)) });
  });

  it('takes and gives halves, or refuses the program', async (context) => {
    const [h, x] = [input('h', [8], 'half'), input('x', [8])];
    const program: Program = { name: 'halves', inputs: { h, x }, outputs: { sum: narrow(add(widen(h), x)), wide: scale(widen(h), 2) } };
    // Beyond the largest half, on the way to the smallest, halfway between two, and no number.
    const values = [1, 65504, 3e-8, 1 + 2 ** -11, -0.1, 1e-6, Number.NaN, -70000];
    const feeds = { h: values, x: [2 ** -11, 65504, 3e-8, 0, 0.1, 0, 1, 1].map(Math.fround) };
    if (engine.identity.name === 'tfjs') {
      await expect(evaluate(engine, program, feeds)).rejects.toThrow("TensorFlow.js has no rule for 'widen'");
      return;
    }
    const found = await evaluate(engine, program, feeds).catch((error: unknown) => {
      if (engine.identity.name !== 'webgpu-software') throw error;
      context.skip(`the software adapter has no numbers of 16 bits: ${error}`);
    });
    const wanted = await evaluate(oracle, program, feeds);
    expect(wanted.sum?.slice(0, 4)).toEqual([1, Number.POSITIVE_INFINITY, 2 ** -23, 1]);
    expect(wanted.sum?.slice(6)).toEqual([Number.NaN, Number.NEGATIVE_INFINITY]);
    expect(found).toEqual(wanted);
  });

  it('computes a transformer block, forward and backward', async () => {
    const program = block();
    await agree(program, randomFeeds(program, 3));
    for (const saved of ['nothing', 'everything'] as const) {
      const { forward, backward } = differentiate(program, { wrt: Object.keys(program.inputs), seeds: ['y'], saved });
      const kept = await evaluate(oracle, forward, randomFeeds(forward, 3));
      await agree(forward, randomFeeds(forward, 3));
      await agree(backward, { ...randomFeeds(backward, 3), ...kept });
    }
  });

  it('computes an embedding and a loss with gradients, from int tensors', async () => {
    const [V, N] = [11, 6];
    const table = input('table', [V, HIDDEN]);
    const tokens = input('tokens<11', [N], 'int');
    const targets = input('targets<11', [N], 'int');
    const logits = matmul(rows(table, tokens), table, { transposeB: true });
    const loss = total(scale(pick(logSoftmax(logits), targets), -1 / N));
    const [gradient] = vjp([loss], [constant(1)], [table]);
    const program = simplify({
      name: 'ends',
      inputs: { table, 'tokens<11': tokens, 'targets<11': targets },
      outputs: { loss, gradient: gradient as Value, tokens: reshape(tokens, [2, 3]) },
    });
    await agree(program, feedsOf({ primitive: '', title: '', program }));
  });

  it('gives the same numbers every time', async () => {
    const program = block();
    const feeds = randomFeeds(program, 5);
    const [first, second] = [await evaluate(engine, program, feeds), await evaluate(engine, program, feeds)];
    expect(second).toEqual(first);
  });

  it('writes outputs into tensors and leaves the others new', async () => {
    const a = input('a', [2, 2]);
    const program: Program = { name: 'two', inputs: { a }, outputs: { twice: add(a, a), square: multiply(a, a) } };
    const executable = await engine.compile(program);
    const target = engine.allocate([2, 2]);
    const outputs = await executable.run(tensorsOf(engine, program, { a: [1, 2, 3, 4] }), { twice: target });
    expect(outputs.twice).toBe(target);
    await executable.run(tensorsOf(engine, program, { a: [5, 5, 5, 5] }), { square: engine.allocate([2, 2]) });
    expect(await readAll(engine, outputs)).toEqual({ twice: [2, 4, 6, 8], square: [1, 4, 9, 16] });
    await executable.dispose();
  });

  it('hands out inputs, constants and equal values as outputs of their own', async () => {
    const a = input('a', [2]);
    const twice = add(a, a);
    const outputs = { a, again: a, twice, same: twice, three: constant(3), flat: reshape(a, [1, 2]) };
    const program: Program = { name: 'aliases', inputs: { a }, outputs };
    const executable = await engine.compile(program);
    const inputs = tensorsOf(engine, program, { a: [1, -1] });
    const results = await executable.run(inputs);
    const target = engine.allocate([2]);
    await executable.run({ a: engine.tensor([7, 7], [2]) }, { ...inputs, a: target });
    expect(await readAll(engine, results)).toEqual({
      a: [1, -1],
      again: [1, -1],
      twice: [2, -2],
      same: [2, -2],
      three: [3],
      flat: [1, -1],
    });
    expect(Array.from(await engine.read(target))).toEqual([7, 7]);
    expect(Array.from(await engine.read(inputs.a as never))).toEqual([1, -1]);
    await executable.dispose();
  });

  it('reads and writes storage in place', async () => {
    const weights = engine.storage(
      [
        { name: 'matrix', shape: [2, 2], offset: 1 },
        { name: 'scalar', shape: [], offset: 5 },
      ],
      6,
    );
    const sums = engine.storage([{ name: 'd', shape: [2, 2], offset: 2 }], 6);
    expect(Array.from(await weights.read())).toEqual([0, 0, 0, 0, 0, 0]);
    await weights.write([9, 1, 2, 3, 4, 10]);
    const matrix = input('matrix', [2, 2]);
    const scalar = input('scalar', []);
    const program: Program = { name: 'storage', inputs: { matrix, scalar }, outputs: { d: multiply(matrix, scalar) } };
    const executable = await engine.compile(program);
    await executable.run(weights.tensors, sums.tensors);
    expect(Array.from(await sums.read())).toEqual([0, 0, 10, 20, 30, 40]);
    if (weights.flat) {
      weights.flat[5] = 0.5;
      await executable.run(weights.tensors, sums.tensors);
      expect(Array.from(await engine.read(sums.tensors.d as never))).toEqual([0.5, 1, 1.5, 2]);
      expect(weights.tensors.matrix?.shape).toEqual([2, 2]);
    }
    await expect(weights.write([1, 2])).rejects.toThrow('2 elements for 6');
    expect(() => engine.storage([{ name: 'beyond', shape: [4], offset: 3 }], 6)).toThrow("'beyond'");
    await executable.dispose();
  });

  it('ignores inputs that nothing needs', async () => {
    const [a, unused] = [input('a', [2]), input('unused', [3])];
    const program: Program = { name: 'partly', inputs: { a, unused }, outputs: { y: add(a, a) } };
    const executable = await engine.compile(program);
    const outputs = await executable.run({ a: engine.tensor([1, 2], [2]) });
    expect(await readAll(engine, outputs)).toEqual({ y: [2, 4] });
    await executable.dispose();
  });

  it('names program and input when one is missing, misshapen or undeclared', async () => {
    const [a, b] = [input('a', [2]), input('b', [2])];
    const program: Program = { name: 'sum of two', inputs: { a, b }, outputs: { y: add(a, b) } };
    const executable = await engine.compile(program);
    const good = engine.tensor([1, 2], [2]);
    await expect(executable.run({ a: good })).rejects.toThrow("program 'sum of two': input 'b' (float[2]) is missing");
    await expect(executable.run({ a: good, b: engine.tensor([1, 2, 3], [3]) })).rejects.toThrow("input 'b' is float[3], not float[2]");
    await expect(executable.run({ a: good, b: engine.tensor([1, 2], [2], 'int') })).rejects.toThrow("input 'b' is int[2]");
    await expect(executable.run({ a: good, b: good }, { z: good })).rejects.toThrow("no output 'z'");
    await expect(executable.run({ a: good, b: good }, { y: engine.allocate([3]) })).rejects.toThrow("output 'y' is float[2]");
    await expect(engine.compile({ ...program, inputs: { a } })).rejects.toThrow("'sum of two' needs input 'b'");
    engine.release(good);
    await expect(executable.run({ a: good, b: good })).rejects.toThrow('released');
    expect(() => engine.tensor([1, 2, 3], [2])).toThrow('3 values for shape [2]');
    await executable.dispose();
  });
});
