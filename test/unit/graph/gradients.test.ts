// Every primitive's gradient rule against central finite differences, in float64.

import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { vjp } from '../../../src/graph/differentiate';
import { PRIMITIVES } from '../../../src/graph/primitives';
import { input, type Program, sizeOf, type Value } from '../../../src/graph/value';
import { CASES, feedsOf, type PrimitiveCase, uniform } from '../engine/cases';
import { evaluate, expectClose, type Numbers } from '../engine/tensors';

/** Errors of a central difference: h² of curvature and 1e-16/h of rounding, both about 1e-10 here. */
const STEP = 1e-5;
const TOLERANCE = 1e-7;

const engine = createReferenceEngine();

/** Σ y·seed of a program, for inputs moved along one direction. */
async function along(program: Program, feeds: Numbers, seed: readonly number[], name: string, direction: readonly number[], by: number) {
  const moved = (feeds[name] ?? []).map((value, i) => value + by * (direction[i] ?? 0));
  const { y = [] } = await evaluate(engine, program, { ...feeds, [name]: moved });
  return y.reduce((sum, value, i) => sum + value * (seed[i] ?? 0), 0);
}

async function check(each: PrimitiveCase, salt: number): Promise<void> {
  const { program } = each;
  const y = program.outputs.y as Value;
  const feeds = feedsOf(each, salt);
  const draw = uniform(salt + 100);
  const seed = Array.from({ length: sizeOf(y.type.shape) }, () => 2 * draw() - 1);
  const cotangent = input('seed', y.type.shape);
  for (const [name, value] of Object.entries(program.inputs)) {
    const [gradient] = vjp([y], [cotangent], [value]);
    if (value.type.dtype !== 'float') {
      expect(gradient, `${name} holds indices`).toBeUndefined();
      continue;
    }
    const inputs = { ...program.inputs, seed: cotangent };
    const { d = [] } = await evaluate(engine, { name: 'gradient', inputs, outputs: { d: gradient as Value } }, { ...feeds, seed });
    const numeric: number[] = [];
    for (let i = 0; i < d.length; i++) {
      const direction = d.map((_, k) => (k === i ? 1 : 0));
      const [up, down] = [
        await along(program, feeds, seed, name, direction, STEP),
        await along(program, feeds, seed, name, direction, -STEP),
      ];
      numeric.push((up - down) / (2 * STEP));
    }
    expectClose(d, numeric, TOLERANCE);
  }
}

describe.each(PRIMITIVES.map((primitive) => primitive.name))('gradient of %s', (name) => {
  const cases = CASES.filter((each) => each.primitive === name);

  it('has a case', () => {
    expect(cases).not.toEqual([]);
  });

  it.each(cases)('agrees with finite differences: $title', async (each) => {
    for (const salt of [1, 2]) await check(each, salt);
  });
});
