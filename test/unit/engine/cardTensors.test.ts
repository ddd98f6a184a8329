// Engines that keep tensors out of the host's reach: that nothing is left behind from run to run, and that
// what stays there can be read, written over and fed to other programs.

import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine';
import { createTfjsEngine } from '../../../src/engine/tfjs/engine';
import type { Tf } from '../../../src/engine/tfjs/library';
import { createWebGpuEngine } from '../../../src/engine/webgpu/engine';
import { packable, unpacked } from '../../../src/engine/webgpu/readBack';
import { matmul } from '../../../src/graph/contract';
import { add, scale } from '../../../src/graph/elementwise';
import { logSoftmax } from '../../../src/graph/normalise';
import { nonFinite } from '../../../src/graph/observation';
import { total } from '../../../src/graph/reduce';
import { reshape } from '../../../src/graph/shape';
import { input, type Program } from '../../../src/graph/value';
import { hasSoftwareAdapter } from '../../softwareAdapter';

const a = input('a', [2, 2]);
const [b, c] = [matmul(a, a), reshape(a, [4])];
const PROGRAM: Program = { name: 'several', inputs: { a }, outputs: { a, b, c, d: logSoftmax(add(b, a)), e: total(scale(b, 0.5)) } };

/** Runs the program on its own result, which stays where it is made, and reads every result. */
async function chained(engine: Engine, rounds: number): Promise<number[][]> {
  const executable = await engine.compile(PROGRAM);
  const storage = engine.storage([{ name: 'd', shape: [2, 2], offset: 2 }], 6);
  const streams = [engine.allocate([2, 2]), engine.allocate([2, 2])] as const;
  let x = engine.tensor([1, 0.5, -0.25, 1], [2, 2]);
  const seen: number[][] = [];
  for (let round = 0; round < rounds; round++) {
    const into = { b: streams[round % 2 === 0 ? 0 : 1], ...storage.tensors };
    const { e, c } = await executable.run({ a: x }, into);
    x = into.b;
    seen.push([...(await engine.read(e as never)), ...(await engine.read(c as never)), ...(await storage.read())]);
    for (const tensor of [e, c]) engine.release(tensor as never);
  }
  for (const tensor of streams) engine.release(tensor);
  await executable.dispose();
  return seen;
}

describe('TensorFlow.js', () => {
  it('leaves no tensor behind', async () => {
    const tf = createRequire(import.meta.url)('@tensorflow/tfjs-core') as Tf;
    const engine = await createTfjsEngine();
    const program: Program = { ...PROGRAM, outputs: { b, d: PROGRAM.outputs.d as never, e: PROGRAM.outputs.e as never } };
    const executable = await engine.compile(program);
    const target = engine.allocate([2, 2]);
    const counts: number[] = [];
    for (let i = 0; i < 4; i++) {
      const results = await executable.run({ a: engine.tensor([1, 2, 3, 4], [2, 2]) }, { b: target });
      for (const name of ['d', 'e']) engine.release(results[name] as never);
      counts.push(tf.memory().numTensors);
    }
    expect(counts.slice(1)).toEqual([counts[0], counts[0], counts[0]]);
    engine.release(target);
    await executable.dispose();
  });
});

it.skipIf(!hasSoftwareAdapter())('chains programs on a card as on the host', async () => {
  const [tfjs, webgpu] = [await createTfjsEngine(), await createWebGpuEngine({ name: 'webgpu-software', device: 'SwiftShader' })];
  const [left, right] = [await chained(tfjs, 4), await chained(webgpu, 4)];
  right.forEach((values, round) => {
    values.forEach((value, i) => {
      expect(value, `round ${round}, value ${i}`).toBeCloseTo(left[round]?.[i] ?? Number.NaN, 4);
    });
  });
  await webgpu.dispose();
});

it.skipIf(!hasSoftwareAdapter())('tells on a card what is not finite', async () => {
  const x = input('x', [8]);
  const engine = await createWebGpuEngine({ name: 'webgpu-software', device: 'SwiftShader' });
  const executable = await engine.compile({ name: 'told', inputs: { x }, outputs: { y: nonFinite(x) } });
  const values = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    3.4028234663852886e38,
    -3.4028234663852886e38,
    1e-42,
    0,
    1,
  ];
  const { y } = await executable.run({ x: engine.tensor(values, [8]) });
  expect([...(await engine.read(y as never))]).toEqual([1, 1, 1, 0, 0, 0, 0, 0]);
  await executable.dispose();
  await engine.dispose();
});

describe('what comes back as one', () => {
  const output = (name: string, shape: readonly number[]) => ({ name, element: 'float', shape }) as const;

  it('is all that is small, where there is more than one of it', () => {
    const [a, b, c] = [output('a', [2, 2]), output('b', [1024, 1024]), output('c', [])];
    expect(packable([a, b, c])).toEqual([a, c]);
    expect(packable([a, b])).toEqual([]);
  });

  it('is taken apart as it was put together', () => {
    const joined = [output('a', [2, 2]), output('c', []), output('d', [3])];
    const parts = unpacked(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), joined);
    expect([...parts].map(([name, part]) => [name, [...part]])).toEqual([
      ['a', [1, 2, 3, 4]],
      ['c', [5]],
      ['d', [6, 7, 8]],
    ]);
  });
});
