// Every primitive's gradient rule against central finite differences, in float64.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { vjp } from '../../../src/graph/differentiate';
import { add, divide, multiply, subtract } from '../../../src/graph/elementwise';
import { PRIMITIVES } from '../../../src/graph/primitives';
import { sum, total } from '../../../src/graph/reduce';
import { broadcast, transpose } from '../../../src/graph/shape';
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

/** A shape, and one that broadcasts with it: leading axes left out, others of extent 1. */
const broadcastable = fc
  .array(fc.record({ extent: fc.integer({ min: 1, max: 3 }), one: fc.boolean() }), { maxLength: 4 })
  .chain((axes) => fc.tuple(fc.constant(axes), fc.nat(axes.length)))
  .map(([axes, left]) => [axes.map(({ extent }) => extent), axes.slice(left).map(({ extent, one }) => (one ? 1 : extent))] as const);

describe('gradients of any shapes', () => {
  it.each([
    ['add', add],
    ['subtract', subtract],
    ['multiply', multiply],
    ['divide', divide],
  ] as const)('%s agrees with finite differences', async (primitive, build) => {
    await fc.assert(
      fc.asyncProperty(broadcastable, fc.boolean(), fc.nat(1000), async ([full, part], swapped, salt) => {
        const [a, b] = swapped ? [input('a', part), input('b', full)] : [input('a', full), input('b', part)];
        const program: Program = { name: primitive, inputs: { a, b }, outputs: { y: build(a, b) } };
        await check({ primitive, title: '', program, positive: true }, salt);
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  it('sums, transpositions and broadcasts agree with finite differences', async () => {
    const shuffled = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }).chain((shape) => {
      const axes = shape.map((_, axis) => axis);
      return fc.tuple(fc.constant(shape), fc.shuffledSubarray(axes, { minLength: axes.length }), fc.subarray(axes), fc.boolean());
    });
    await fc.assert(
      fc.asyncProperty(shuffled, fc.nat(1000), async ([shape, order, axes, keep], salt) => {
        const a = input('a', shape);
        const moved = transpose(a, order);
        const repeated = broadcast(sum(moved, axes, true), [2, ...moved.type.shape]);
        const y = multiply(broadcast(total(sum(moved, axes, keep)), repeated.type.shape), repeated);
        await check({ primitive: '', title: '', program: { name: 'moves', inputs: { a }, outputs: { y } } }, salt);
      }),
      { seed: 1, numRuns: 20 },
    );
  });
});

describe.each(PRIMITIVES.map((primitive) => primitive.name))('gradient of %s', (name) => {
  const cases = CASES.filter((each) => each.primitive === name);

  it('has a case', () => {
    expect(cases).not.toEqual([]);
  });

  it.each(cases)('agrees with finite differences: $title', async (each) => {
    for (const salt of [1, 2]) await check(each, salt);
  });
});
