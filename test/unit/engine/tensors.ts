// Running programs on plain numbers, and comparing tensors so that a failure shows the worst element.

import type { Engine, Tensor } from '../../../src/engine/engine';
import { formatType, type Program } from '../../../src/graph/value';

export type Numbers = Record<string, readonly number[]>;

export function tensorsOf(engine: Engine, program: Program, feeds: Numbers): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(program.inputs).map(([name, value]) => [name, engine.tensor(feeds[name] ?? [], value.type.shape, value.type.dtype)]),
  );
}

export async function readAll(engine: Engine, tensors: Readonly<Record<string, Tensor>>): Promise<Record<string, number[]>> {
  const entries = Object.entries(tensors).map(async ([name, tensor]) => [name, Array.from(await engine.read(tensor))] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Compiles, runs once, reads everything back. */
export async function evaluate(engine: Engine, program: Program, feeds: Numbers): Promise<Record<string, number[]>> {
  const executable = await engine.compile(program);
  const outputs = await executable.run(tensorsOf(engine, program, feeds));
  for (const [name, tensor] of Object.entries(outputs)) {
    const wanted = program.outputs[name]?.type;
    if (!wanted || formatType(tensor) !== formatType(wanted)) throw new Error(`output '${name}' is ${formatType(tensor)}`);
  }
  const values = await readAll(engine, outputs);
  await executable.dispose();
  return values;
}

/** @throws Error that names the element farthest from what it should be, by max(|wanted|, floor) · tolerance. */
export function expectClose(actual: readonly number[], wanted: readonly number[], tolerance: number, floor = 1): void {
  if (actual.length !== wanted.length) throw new Error(`${actual.length} elements, not ${wanted.length}`);
  let worst = { at: -1, ratio: 1 };
  wanted.forEach((value, at) => {
    const off = Math.abs((actual[at] as number) - value);
    const ratio = off / (tolerance * Math.max(Math.abs(value), floor));
    if (!Object.is(actual[at], value) && !(ratio <= worst.ratio))
      worst = { at, ratio: Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio };
  });
  if (worst.at >= 0)
    throw new Error(
      `element ${worst.at} of ${wanted.length} is ${actual[worst.at]}, not ${wanted[worst.at]} (${worst.ratio.toFixed(1)} × the tolerance)`,
    );
}
