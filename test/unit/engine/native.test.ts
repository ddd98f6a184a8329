// onnxruntime called through its C interface: memory that threads share, what is given back and what is said where
// something is wrong, and a thread that runs program after program still hears what waits for it.

import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../src/engine/engine';
import { createOnnxEngine } from '../../../src/engine/onnxruntime/engine';
import { loadOnnxLibrary } from '../../../src/engine/onnxruntime/native';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { matmul } from '../../../src/graph/contract';
import { add, multiply } from '../../../src/graph/elementwise';
import { input, type Program, sizeOf } from '../../../src/graph/value';
import { evaluate, expectClose } from './tensors';

const a = input('a', [2, 2]);
const PROGRAM: Program = { name: 'program', inputs: { a }, outputs: { twice: add(a, a), square: matmul(a, a) } };

const entry = (name: string, offset: number) => ({ name, shape: [2, 2], offset });

describe('onnxruntime', () => {
  it('reads and writes memory that threads share, where it lies', async () => {
    const engine = await createOnnxEngine();
    const shared = new Float32Array(new SharedArrayBuffer(64));
    const storage = engine.storageOver?.(shared, [entry('a', 4), entry('twice', 8), entry('square', 12)]);
    const { a: given, twice, square } = storage?.tensors ?? {};
    if (!given || !twice || !square) throw new Error('no storage over shared memory');
    const elsewhere = new Worker(
      "require('node:worker_threads').workerData.set([1, 2, 3, 4], 4); require('node:worker_threads').parentPort.close()",
      { eval: true, workerData: shared },
    );
    await new Promise((resolve) => elsewhere.on('exit', resolve));
    const executable = await engine.compile(PROGRAM);
    await executable.run({ a: given }, { twice, square });
    expect([...shared.subarray(8)]).toEqual([2, 4, 6, 8, 7, 10, 15, 22]);
    await executable.dispose();
  });

  it('keeps its hands on small arrays wherever the collector would move them', async () => {
    const engine = await createOnnxEngine();
    const executable = await engine.compile(PROGRAM);
    const given = engine.tensor(Float32Array.of(1, 2, 3, 4), [2, 2]);
    const first = await engine.read((await executable.run({ a: given })).square as never);
    const rubbish = Array.from({ length: 50_000 }, (_, i) => Float32Array.of(i, i, i, i));
    const again = await engine.read((await executable.run({ a: given })).square as never);
    expect(again).toEqual(first);
    expect(rubbish).toHaveLength(50_000);
    await executable.dispose();
  });

  it('works on the tensors that it is given, whatever it was given before', async () => {
    const engine = await createOnnxEngine();
    const [x, y] = [input('x', [4]), input('y', [4])];
    const program = { name: 'sums', inputs: { x, y }, outputs: { sum: add(x, y), product: multiply(x, y) } };
    const executable = await engine.compile(program);
    const filled = (value: number) => engine.tensor(new Float32Array(4).fill(value), [4]);
    const inputs: Record<string, Tensor> = { x: filled(1), y: filled(2) };
    const into: Record<string, Tensor> = { sum: engine.allocate([4]) };
    const first = async (tensor: Tensor | undefined): Promise<number | undefined> => (await engine.read(tensor as Tensor))[0];
    for (let run = 0; run < 3; run++) {
      const { sum, product } = await executable.run(inputs, into);
      expect([sum, await first(sum), await first(product)]).toEqual([into.sum, 3, 2]);
      if (run > 0) engine.release(product as Tensor);
    }
    // Another tensor, place or value under the same name, and results that somebody still holds.
    inputs.y = filled(5);
    const { product: held } = await executable.run(inputs, into);
    expect([await first(into.sum), await first(held)]).toEqual([6, 5]);
    into.sum = engine.allocate([4]);
    inputs.x = held as Tensor;
    const { product: again } = await executable.run(inputs, into);
    expect([await first(into.sum), await first(again), await first(held)]).toEqual([10, 25, 5]);
    await executable.run(inputs, into);
    engine.release(held as Tensor);
    await expect(executable.run(inputs, into)).rejects.toThrow('was released');
    inputs.x = filled(7);
    await executable.run(inputs, into);
    engine.release(inputs.x);
    await expect(executable.run(inputs, into)).rejects.toThrow('was released');
  });

  it('refuses tensors that were released, and those of another engine', async () => {
    const engine = await createOnnxEngine();
    const executable = await engine.compile(PROGRAM);
    const given = engine.tensor([1, 2, 3, 4], [2, 2]);
    await executable.run({ a: given });
    engine.release(given);
    engine.release(given);
    await expect(executable.run({ a: given })).rejects.toThrow('tensor [2, 2] was released');
    await expect(executable.run({ a: { dtype: 'float', shape: [2, 2] } })).rejects.toThrow('another engine');
    await executable.dispose();
  });

  it("gives the library's own words where it refuses", async () => {
    const library = await loadOnnxLibrary();
    expect(library.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(() => library.open(Uint8Array.of(1, 2, 3), { inputs: [], outputs: [], threads: 1, inOnePiece: true })).toThrow(
      /model|protobuf/i,
    );
    expect(() => library.tensor(new Float32Array(3), [2, 2])).toThrow('not enough space');
  });

  it.each([
    [[4, 6], [4, 513], false],
    [[4, 513], [4, 6], false],
    [[4, 6], [513, 4], true],
    [[4, 513], [6, 4], true],
  ] as const)('multiplies the transposed %j by %j, transposed: %s', async (first, second, transposeB) => {
    const [x, y] = [input('x', first), input('y', second)];
    const program: Program = { name: 'wide', inputs: { x, y }, outputs: { z: matmul(x, y, { transposeA: true, transposeB, scale: 0.3 }) } };
    const numbers = (shape: readonly number[], pace: number) => Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(pace * i));
    const feeds = { x: numbers(first, 0.7), y: numbers(second, 1.3) };
    const [made, wanted] = [
      await evaluate(await createOnnxEngine(), program, feeds),
      await evaluate(createReferenceEngine(), program, feeds),
    ];
    expectClose(made.z ?? [], wanted.z ?? [1], 1e-6);
  });

  it('lets in what waits for the thread while programs run', async () => {
    const engine = await createOnnxEngine();
    const executable = await engine.compile(PROGRAM);
    const given = engine.tensor([1, 2, 3, 4], [2, 2]);
    let heard = false;
    setTimeout(() => {
      heard = true;
    }, 1);
    for (const end = performance.now() + 5000; !heard && performance.now() < end; ) await executable.run({ a: given });
    expect(heard).toBe(true);
    await executable.dispose();
  });
});
