// The loops over float32 memory as WebAssembly SIMD. A module sees one memory alone, and weights may lie in
// several gigabytes of shared ones, so pieces that fit the cache are copied in and out: with that, an update
// still takes half the time of a plain loop.

import type { HostKernels } from '../engine';
import { assemble, type Code, constant, f32x4, f64x2, get, load, loop, lower, plus, set, store, type Type, upper } from './assembler';

/** Elements of a piece. Four of them fit a core's second cache with room to spare. */
const PIECE = 8192;
/** Where the running sums lie, and the pieces after them, each a few cache lines off the last one's like. */
const SUMS = 0;
const [A, B, C, D] = [0, 1, 2, 3].map((i) => 64 + i * (4 * PIECE + 192)) as [number, number, number, number];
const PAGES = Math.ceil((D + 4 * PIECE) / 65536);

const END = 0;

/** Once for every four elements; local `at` holds their place in bytes. */
function overQuads(at: number, before: readonly Code[], body: readonly Code[], after: readonly Code[]): Code {
  return [set(at, constant(0)), ...before, loop(at, END, ...body, set(at, plus(get(at), constant(16)))), ...after].flat();
}

const sumsOf = (locals: readonly number[]) => ({
  read: locals.map((local, i) => set(local, load(constant(SUMS), 16 * i))),
  written: locals.map((local, i) => store(constant(SUMS), 16 * i, get(local))),
});

function accumulation(): Code {
  const at = 1;
  return overQuads(at, [], [store(get(at), A, f32x4.add(load(get(at), A), load(get(at), B)))], []);
}

const NUMBERS = ['gradientScale', 'beta1', 'rest1', 'beta2', 'rest2', 'stepSize', 'rootCorrection', 'epsilon', 'decay'] as const;

/** One step of AdamW: weight A, gradient B, first moment C, second D. */
function adamw(): Code {
  const parameter = (name: (typeof NUMBERS)[number]): number => 1 + NUMBERS.indexOf(name);
  const at = 1 + NUMBERS.length;
  const splat = (name: (typeof NUMBERS)[number]): Code => get(at + parameter(name));
  const first = at + NUMBERS.length + 1;
  const [weights, updates, g, m, v, before, after, update, pair] = Array.from({ length: 9 }, (_, i) => first + i) as NineLocals;
  const sums = sumsOf([weights, updates]);
  const { add, sub, mul, div, sqrt } = f32x4;
  const squared = (sum: number, value: Code): Code =>
    [set(pair, value), set(sum, f64x2.add(get(sum), f64x2.mul(get(pair), get(pair))))].flat();
  const denominator = add(mul(sqrt(get(v)), splat('rootCorrection')), splat('epsilon'));
  const body = [
    set(g, mul(load(get(at), B), splat('gradientScale'))),
    set(m, add(mul(load(get(at), C), splat('beta1')), mul(get(g), splat('rest1')))),
    set(v, add(mul(load(get(at), D), splat('beta2')), mul(mul(get(g), splat('rest2')), get(g)))),
    store(get(at), C, get(m)),
    store(get(at), D, get(v)),
    set(before, load(get(at), A)),
    // What is taken away is rounded by itself, so that the weight is rounded once.
    set(after, sub(get(before), add(div(mul(get(m), splat('stepSize')), denominator), mul(get(before), splat('decay'))))),
    store(get(at), A, get(after)),
    set(update, sub(get(after), get(before))),
    ...[lower, upper].flatMap((half) => [squared(weights, half(get(after))), squared(updates, half(get(update)))]),
  ];
  const splats = NUMBERS.map((name) => set(at + parameter(name), f32x4.splat(get(parameter(name)))));
  return overQuads(at, [...splats, ...sums.read], body, sums.written);
}

type NineLocals = [number, number, number, number, number, number, number, number, number];

interface Loops {
  accumulation(end: number): void;
  adamw(end: number, ...numbers: readonly number[]): void;
}

const vectors = (count: number): Type[] => new Array<Type>(count).fill('v128');

function compiled(): WebAssembly.Module {
  const bytes = assemble([
    { name: 'accumulation', parameters: ['i32'], locals: ['i32'], body: accumulation() },
    {
      name: 'adamw',
      parameters: ['i32', ...NUMBERS.map((): Type => 'f32')],
      locals: ['i32', ...vectors(NUMBERS.length + 9)],
      body: adamw(),
    },
  ]);
  return new WebAssembly.Module(bytes);
}

/** Of one thread: its functions work on memory of their own, one call at a time. */
export class VectorKernels {
  private readonly memory = new WebAssembly.Memory({ initial: PAGES });
  private readonly loops = new WebAssembly.Instance(compiled(), { host: { memory: this.memory } }).exports as unknown as Loops;
  private readonly sums = new Float64Array(this.memory.buffer, SUMS, 4);
  private readonly areas = [A, B, C, D].map((start) => new Float32Array(this.memory.buffer, start, PIECE)) as [
    ...[Float32Array, Float32Array, Float32Array, Float32Array],
  ];

  /** target += source. */
  accumulate(target: Float32Array, source: Float32Array): void {
    const [a, b] = this.areas;
    for (let from = 0; from < target.length; from += PIECE) {
      const piece = target.subarray(from, from + PIECE);
      a.set(piece);
      b.set(source.subarray(from, from + PIECE));
      this.loops.accumulation(bytesOfQuads(piece.length));
      piece.set(start(a, piece.length));
    }
  }

  /** One step in place. */
  readonly adamw: HostKernels['adamw'] = (weight, gradient, first, second, numbers) => {
    const ordered = NUMBERS.map((name) => numbers[name]);
    const [a, b, c, d] = this.areas;
    this.sums.fill(0);
    for (let from = 0; from < weight.length; from += PIECE) {
      const [w, m, v] = [weight, first, second].map((array) => array.subarray(from, from + PIECE)) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const { length } = w;
      // A last four that is not full goes on with zeros, which stay zeros and count for nothing.
      for (const area of this.areas) area.fill(0, length, length + (-length & 3));
      a.set(w);
      b.set(gradient.subarray(from, from + PIECE));
      c.set(m);
      d.set(v);
      this.loops.adamw(bytesOfQuads(length), ...ordered);
      w.set(start(a, length));
      m.set(start(c, length));
      v.set(start(d, length));
    }
    const [evenWeights = 0, oddWeights = 0, evenUpdates = 0, oddUpdates = 0] = this.sums;
    return { weightSquares: evenWeights + oddWeights, updateSquares: evenUpdates + oddUpdates };
  };
}

/** Bytes of so many elements, in whole fours. */
const bytesOfQuads = (length: number): number => 16 * Math.ceil(length / 4);

const start = (area: Float32Array, length: number): Float32Array => (length === PIECE ? area : area.subarray(0, length));
