import { describe, expect, it } from 'vitest';
import { createReferenceEngine } from '../../../src/engine/reference/engine';
import { constant } from '../../../src/graph/constant';
import { matmul } from '../../../src/graph/contract';
import { differentiate, type SavedPolicy, vjp } from '../../../src/graph/differentiate';
import { add, gelu, multiply, tanh } from '../../../src/graph/elementwise';
import { layerNorm } from '../../../src/graph/normalise';
import { total } from '../../../src/graph/reduce';
import { concat, reshape, slice, transpose } from '../../../src/graph/shape';
import { simplify } from '../../../src/graph/simplify';
import { input, type Program, reachable } from '../../../src/graph/value';

/** A small program with a shared value, a sliced matrix and a norm: what blocks are made of. */
function sample(): Program {
  const x = input('x', [3, 4]);
  const w = input('w', [4, 8]);
  const g = input('g', [4]);
  const b = input('b', [4]);
  const wide = matmul(x, w);
  const mixed = multiply(gelu(slice(wide, 1, 0, 4)), tanh(slice(wide, 1, 4, 8)));
  const y = layerNorm(add(x, mixed), g, b, 1e-5);
  return { name: 'sample', inputs: { x, w, g, b }, outputs: { y, energy: total(multiply(y, y)) } };
}

const numbers = (count: number, salt: number): number[] => Array.from({ length: count }, (_, i) => Math.sin(1.7 * i + salt));

async function run(program: Program, feeds: Record<string, number[]>): Promise<Record<string, number[]>> {
  const engine = createReferenceEngine();
  const executable = await engine.compile(program);
  const inputs = Object.fromEntries(
    Object.entries(program.inputs).map(([name, value]) => [name, engine.tensor(feeds[name] ?? [], value.type.shape)]),
  );
  const outputs = await executable.run(inputs);
  const entries = await Promise.all(
    Object.entries(outputs).map(async ([name, tensor]) => [name, Array.from(await engine.read(tensor))] as const),
  );
  return Object.fromEntries(entries);
}

const feeds = { x: numbers(12, 0), w: numbers(32, 1), g: numbers(4, 2), b: numbers(4, 3), 'seed.y': numbers(12, 4) };

describe('differentiate', () => {
  const policies: [string, (program: Program) => SavedPolicy][] = [
    ['nothing', () => 'nothing'],
    ['everything', () => 'everything'],
    ['what was chosen', ({ outputs }) => reachable(Object.values(outputs)).filter((value) => value.primitive === 'matmul')],
  ];
  it.each(policies)('gives the same gradients when saving %s, and they agree with finite differences', async (_, policy) => {
    const program = sample();
    const { forward, backward, saved: names } = differentiate(program, { wrt: ['x', 'w', 'g', 'b'], seeds: ['y'], saved: policy(program) });
    const first = await run(forward, feeds);
    const second = await run(backward, { ...feeds, ...Object.fromEntries(names.map((name) => [name, first[name] ?? []])) });
    for (const name of ['x', 'w', 'g', 'b'] as const) {
      const analytic = second[`d.${name}`] ?? [];
      for (let i = 0; i < feeds[name].length; i++) {
        const at = async (shift: number): Promise<number> => {
          const moved = feeds[name].map((value, k) => (k === i ? value + shift : value));
          const { y = [] } = await run(program, { ...feeds, [name]: moved });
          return y.reduce((sum, value, k) => sum + value * (feeds['seed.y'][k] ?? 0), 0);
        };
        const numeric = ((await at(1e-5)) - (await at(-1e-5))) / 2e-5;
        expect(Math.abs((analytic[i] ?? Number.NaN) - numeric)).toBeLessThan(1e-6 * Math.max(1, Math.abs(numeric)));
      }
    }
  });

  it('needs no input that only recomputation would use when everything is saved', () => {
    const { backward } = differentiate(sample(), { wrt: ['x'], seeds: ['y'], saved: 'everything' });
    expect(Object.keys(backward.inputs)).not.toContain('b');
    expect(reachable(Object.values(backward.outputs)).some((value) => value.primitive === 'erf')).toBe(false);
  });

  it('saves of what was chosen only what backward asks for', () => {
    const program = sample();
    const { saved } = differentiate(program, {
      wrt: ['b'],
      seeds: ['y'],
      saved: reachable(Object.values(program.outputs)).filter((value) => value.primitive === 'matmul'),
    });
    expect(saved).toEqual([]);
  });

  it('turns the gradients of slices that tile an axis into one concatenation', () => {
    const { backward } = differentiate(sample(), { wrt: ['w'], seeds: ['y'], saved: 'everything' });
    const names = reachable(Object.values(backward.outputs)).map((value) => value.primitive);
    expect(names).toContain('concat');
    expect(names).not.toContain('place');
  });

  it('says which input nothing depends on', () => {
    const x = input('x', [2]);
    const z = input('z', [2]);
    expect(() =>
      differentiate({ name: 'p', inputs: { x, z }, outputs: { y: tanh(x) } }, { wrt: ['z'], seeds: ['y'], saved: 'nothing' }),
    ).toThrow(/'z'/);
  });

  it('has no cotangent for what no output depends on', () => {
    const x = input('x', [2]);
    const z = input('z', [2]);
    expect(vjp([tanh(x)], [constant(1, [2])], [z])).toEqual([undefined]);
  });
});

describe('simplify', () => {
  const count = (program: Program): number => reachable(Object.values(simplify(program).outputs)).length;
  const x = input('x', [2, 3]);

  it('shares equal values', () => {
    expect(count({ name: 'p', inputs: { x }, outputs: { a: tanh(x), b: multiply(tanh(x), tanh(x)) } })).toBe(3);
  });

  it('removes neutral arithmetic and collapses chains', () => {
    const chain = reshape(transpose(transpose(add(multiply(x, constant(1)), constant(0)), [1, 0]), [1, 0]), [2, 3]);
    expect(count({ name: 'p', inputs: { x }, outputs: { y: chain } })).toBe(1);
  });

  it('keeps a slice pair put together again the same in value', async () => {
    const program: Program = { name: 'p', inputs: { x }, outputs: { y: concat([slice(x, 1, 0, 1), slice(x, 1, 1, 3)], 1) } };
    const feed = { x: numbers(6, 0) };
    expect(await run(simplify(program), feed)).toEqual(await run(program, feed));
  });

  it('moves a transposition into the product that wants it', () => {
    const product = matmul(transpose(x, [1, 0]), x);
    const simple = simplify({ name: 'p', inputs: { x }, outputs: { y: product } });
    expect(reachable(Object.values(simple.outputs)).map((value) => value.primitive)).toEqual(['input', 'matmul']);
  });
});
