// What the machine can do in matrix products, measured in the same run as everything else: the yardstick
// that absolute times lack.

import type { Tensor } from '../src/engine/engine';
import { createOnnxEngine } from '../src/engine/onnxruntime/engine';
import { matmul } from '../src/graph/contract';
import { input } from '../src/graph/value';
import { median } from './statistics';

const [ROWS, INNER, COLUMNS] = [1024, 512, 1024];

/** FLOP/s of the best of several runs of a [1024, 512]·[512, 1024] product, on so many threads. */
export async function matmulPeak(threads: number): Promise<number> {
  const engine = await createOnnxEngine({ threads });
  const [a, b] = [input('a', [ROWS, INNER]), input('b', [INNER, COLUMNS])];
  const executable = await engine.compile({ name: 'product', inputs: { a, b }, outputs: { y: matmul(a, b) } });
  const inputs: Record<string, Tensor> = { a: engine.allocate([ROWS, INNER]), b: engine.allocate([INNER, COLUMNS]) };
  const y = engine.allocate([ROWS, COLUMNS]);
  const seconds: number[] = [];
  for (let i = 0; i < 40; i++) {
    const begun = performance.now();
    await executable.run(inputs, { y });
    seconds.push((performance.now() - begun) / 1000);
  }
  await executable.dispose();
  await engine.dispose();
  return (2 * ROWS * INNER * COLUMNS) / median(seconds.slice(seconds.length / 2));
}
