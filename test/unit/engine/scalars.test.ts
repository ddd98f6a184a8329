// Hoisting of scalars keeps the meaning of any program and takes passes over memory away.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { hoistScalars } from '../../../src/engine/scalars';
import { splitTranspositions } from '../../../src/engine/transpositions';
import { constant } from '../../../src/graph/constant';
import { matmul } from '../../../src/graph/contract';
import { add, divide, exp, gelu, multiply, negate, scale, subtract, tanh } from '../../../src/graph/elementwise';
import { sum } from '../../../src/graph/reduce';
import { broadcast, concat, place, reshape, slice, transpose } from '../../../src/graph/shape';
import { input, type Program, reachable, type Value } from '../../../src/graph/value';
import { CASES, feedsOf } from './cases';
import { evaluate, expectClose } from './tensors';

const engine = createReferenceEngine();

async function expectSame(program: Program, changed: Program, feeds: Record<string, number[]>): Promise<void> {
  const [wanted, actual] = [await evaluate(engine, program, feeds), await evaluate(engine, changed, feeds)];
  for (const name of Object.keys(program.outputs)) expectClose(actual[name] ?? [], wanted[name] ?? [], 1e-9);
}

const count = (outputs: Readonly<Record<string, Value>>, primitive: string): number =>
  reachable(Object.values(outputs)).filter((value) => value.primitive === primitive).length;

/** One more operation on a [3, 4] value; `n` chooses a number or a second value. */
const STEPS: readonly ((x: Value, other: Value, n: number) => Value)[] = [
  (x, _, n) => scale(x, n),
  (x, _, n) => divide(x, constant(n)),
  (x) => negate(x),
  (x, other) => add(x, other),
  (x, other) => subtract(other, x),
  (x, other) => multiply(x, other),
  (x, other, n) => subtract(scale(x, n), scale(other, -n)),
  (x, other, n) => add(scale(other, n), x),
  (x) => subtract(x, scale(sum(x, [1], true), 1 / 4)),
  (x) => multiply(x, sum(x, [0])),
  (x) => transpose(reshape(x, [4, 3]), [1, 0]),
  (x, other) => matmul(x, other, { transposeB: true, scale: 0.1 }),
  (x) => concat([slice(x, 1, 2, 4), slice(x, 1, 0, 2)], 1),
  (x) => place(slice(x, 0, 0, 2), 0, 1, 3),
  (x, _, n) => add(x, broadcast(constant(n), [1, 4])),
  (x) => tanh(x),
  (x) => exp(scale(tanh(x), -0.5)),
  (x) => gelu(x),
];

describe('hoistScalars', () => {
  it.each(CASES)('keeps the meaning of $title', async (each) => {
    await expectSame(each.program, hoistScalars(each.program), feedsOf(each));
  });

  it('keeps the meaning of any chain', async () => {
    const inputs = { x: input('x', [3, 4]), y: input('y', [3, 4]) };
    const step = fc.record({ which: fc.nat(STEPS.length - 1), against: fc.nat(20), number: fc.constantFrom(-2, -0.5, 0.25, 1, 3) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const values: Value[] = [inputs.x, inputs.y];
        for (const { which, against, number } of steps) {
          const fitting = values.filter((value) => value.type.shape.join() === '3,4');
          const next = STEPS[which]?.(fitting.at(-1) as Value, fitting[against % fitting.length] as Value, number) as Value;
          values.push(next.type.shape.join() === '3,4' ? next : matmul(next, inputs.y, { scale: 0.1 }));
        }
        const program: Program = {
          name: 'chain',
          inputs,
          outputs: { last: values.at(-1) as Value, middle: values[values.length >> 1] as Value },
        };
        const { x, y } = feedsOf({ primitive: '', title: '', program });
        const feeds = { x: (x ?? []).map((v) => v / 4), y: (y ?? []).map((v) => v / 4) };
        const wanted = await evaluate(engine, program, feeds);
        const actual = await evaluate(engine, splitTranspositions(hoistScalars(program)), feeds);
        for (const name of ['last', 'middle']) {
          const size = Math.max(1, ...(wanted[name] ?? []).map(Math.abs));
          if (Number.isFinite(size)) expectClose(actual[name] ?? [], wanted[name] ?? [], 1e-9, size);
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('gives factors to a product that scales for nothing', () => {
    const [x, w] = [input('x', [8, 4]), input('w', [4, 4])];
    const { outputs } = hoistScalars({ name: '', inputs: { x, w }, outputs: { y: matmul(scale(negate(x), 0.5), scale(w, 3)) } });
    expect(count(outputs, 'multiply') + count(outputs, 'negate')).toBe(0);
    expect(outputs.y?.attributes.scale).toBe(-1.5);
  });

  it('applies a factor where the tensor is small', () => {
    const [x, row] = [input('x', [64, 8]), input('row', [8])];
    const { outputs } = hoistScalars({
      name: '',
      inputs: { x, row },
      outputs: { y: add(scale(x, 2), row), z: multiply(x, scale(row, 3)) },
    });
    const scaled = reachable(Object.values(outputs)).filter((value) => value.primitive === 'multiply' && value.type.shape.join() === '8');
    expect(scaled).toHaveLength(2);
  });

  it('leaves numbers alone that float32 could not carry', () => {
    const x = input('x', [4]);
    const y = scale(scale(x, 1e-30), 1e-30);
    const { outputs } = hoistScalars({ name: '', inputs: { x }, outputs: { y: add(y, x), zero: scale(x, 0) } });
    expect(count(outputs, 'multiply')).toBe(count({ y, zero: scale(x, 0) }, 'multiply'));
  });

  it('keeps GELU whole where nothing else wants its inside', () => {
    const x = input('x', [4, 4]);
    const program = { name: '', inputs: { x }, outputs: { y: matmul(gelu(scale(x, 2)), x) } };
    expect(count(hoistScalars(program).outputs, 'divide')).toBe(1);
  });
});
