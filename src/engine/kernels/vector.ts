// The loops over float32 memory as WebAssembly SIMD. A module sees one memory alone: arrays that lie in one (weights,
// gradients and moments of a layer do) are worked on where they are. Others, and what is left of a last four, are copied
// in and out by pieces that fit the cache, which for an update costs twice the time of the loop itself.

import { memoryOf } from '../alignedMemory';
import type { HostKernels } from '../engine';
import {
  assemble,
  type Code,
  constant,
  f32x4,
  f64x2,
  get,
  type LoopFunction,
  load,
  loop,
  lower,
  plus,
  set,
  store,
  sumOfTwo,
  type Type,
  upper,
} from './assembler';

/** Elements of a piece. Four of them fit a core's second cache with room to spare. */
const PIECE = 8192;
/** Where pieces lie, each a few cache lines off the last one's like. */
const AREAS = [0, 1, 2, 3].map((i) => 64 + i * (4 * PIECE + 192));
const PAGES = Math.ceil((AREAS.length * (4 * PIECE + 256)) / 65536);

interface LoopShape {
  readonly name: string;
  /** Float32 arrays of one length that the loop goes over. */
  readonly arrays: number;
  /** Numbers that stay, by name. */
  readonly numbers: readonly string[];
  /** Vectors that the loop computes with. */
  readonly locals: number;
}

/** What a loop's body is written with. */
interface Parts {
  /** Four elements of an array. */
  at(array: number): Code;
  put(array: number, value: Code): Code;
  local(i: number): number;
  /** Four times the i-th number. */
  number(i: number): Code;
}

/**
 * A loop over fours of its arrays. Parameters: their end in bytes, each one's address, the numbers.
 * @param body of the loop, and the locals whose sums are its results.
 */
function overQuads(
  { name, arrays, numbers, locals }: LoopShape,
  write: (parts: Parts) => { readonly body: readonly Code[]; readonly sums: readonly number[] },
): LoopFunction {
  // Locals follow the parameters: the place, the numbers as vectors, the loop's own.
  const at = 1 + arrays + numbers.length;
  const place = (array: number): Code => plus(get(at), get(1 + array));
  const local = (i: number): number => at + 1 + numbers.length + i;
  const { body, sums } = write({
    at: (array) => load(place(array)),
    put: (array, value) => store(place(array), value),
    local,
    number: (i) => get(at + 1 + i),
  });
  return {
    name,
    parameters: [...repeated('i32', 1 + arrays), ...repeated('f32', numbers.length)],
    locals: ['i32', ...repeated('v128', numbers.length + locals)],
    results: repeated('f64', sums.length),
    body: [
      ...set(at, constant(0)),
      ...numbers.flatMap((_, i) => set(at + 1 + i, f32x4.splat(get(1 + arrays + i)))),
      ...loop(at, get(0), ...body, set(at, plus(get(at), constant(16)))),
      ...sums.flatMap((sum) => sumOfTwo(get(sum))),
    ],
  };
}

const repeated = (type: Type, count: number): Type[] => new Array<Type>(count).fill(type);

/** sum ← sum + pair², in float64. */
const addSquare = (sum: number, pair: number, value: Code): Code =>
  [set(pair, value), set(sum, f64x2.add(get(sum), f64x2.mul(get(pair), get(pair))))].flat();

const ACCUMULATE = overQuads({ name: 'accumulate', arrays: 2, numbers: [], locals: 0 }, ({ at, put }) => ({
  body: [put(0, f32x4.add(at(0), at(1)))],
  sums: [],
}));

/** In two sums, so that no addition waits for the one before it. */
const SQUARES = overQuads({ name: 'squares', arrays: 1, numbers: [], locals: 4 }, ({ at, local }) => {
  const [value, pair, even, odd] = [local(0), local(1), local(2), local(3)];
  return {
    body: [set(value, at(0)), addSquare(even, pair, lower(get(value))), addSquare(odd, pair, upper(get(value)))],
    sums: [even, odd],
  };
});

const NUMBERS = ['gradientScale', 'beta1', 'rest1', 'beta2', 'rest2', 'stepSize', 'rootCorrection', 'epsilon', 'decay'] as const;

/** One step of AdamW on weight, first moment, second moment and gradient; gives the squares of weights and of updates. */
const ADAMW = overQuads({ name: 'adamw', arrays: 4, numbers: NUMBERS, locals: 9 }, ({ at, put, local, number }) => {
  const [W, M, V, G] = [0, 1, 2, 3];
  const the = (name: (typeof NUMBERS)[number]): Code => number(NUMBERS.indexOf(name));
  const [g, m, v, before, after, update, pair, weights, updates] = Array.from({ length: 9 }, (_, i) => local(i)) as NineLocals;
  const { add, sub, mul, div, sqrt } = f32x4;
  const denominator = add(mul(sqrt(get(v)), the('rootCorrection')), the('epsilon'));
  return {
    body: [
      set(g, mul(at(G), the('gradientScale'))),
      set(m, add(mul(at(M), the('beta1')), mul(get(g), the('rest1')))),
      set(v, add(mul(at(V), the('beta2')), mul(mul(get(g), the('rest2')), get(g)))),
      put(M, get(m)),
      put(V, get(v)),
      set(before, at(W)),
      // What is taken away is rounded by itself, so that the weight is rounded once.
      set(after, sub(get(before), add(div(mul(get(m), the('stepSize')), denominator), mul(get(before), the('decay'))))),
      put(W, get(after)),
      set(update, sub(get(after), get(before))),
      ...[lower, upper].flatMap((half) => [addSquare(weights, pair, half(get(after))), addSquare(updates, pair, half(get(update)))]),
    ],
    sums: [weights, updates],
  };
});

type NineLocals = [number, number, number, number, number, number, number, number, number];

type Loop = (end: number, ...parameters: readonly number[]) => unknown;
type Loops = Readonly<Record<'accumulate' | 'squares' | 'adamw', Loop>>;

const FUNCTIONS = [ACCUMULATE, SQUARES, ADAMW];

/** Of one thread: what is copied goes through memory of its own, one call at a time. */
export class VectorKernels {
  private readonly modules = {
    own: new WebAssembly.Module(assemble(FUNCTIONS, 'own')),
    shared: new WebAssembly.Module(assemble(FUNCTIONS, 'shared')),
  };
  private readonly known = new WeakMap<WebAssembly.Memory, Loops>();
  private readonly staging = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  private readonly areas = AREAS.map((start) => new Float32Array(this.staging.buffer, start, PIECE));

  /** target += source. */
  accumulate(target: Float32Array, source: Float32Array): void {
    this.each([target, source], 1, ({ accumulate }, end, places) => accumulate(end, ...places));
  }

  /** Where the data need not be copied first: for that alone a plain loop is quicker. */
  sumOfSquares(data: Float32Array): number | undefined {
    if (!memoryOf(data)) return undefined;
    let total = 0;
    this.each([data], 0, ({ squares }, end, places) => {
      const [even, odd] = squares(end, ...places) as [number, number];
      total += even + odd;
    });
    return total;
  }

  /** One step in place. */
  readonly adamw: HostKernels['adamw'] = (weight, gradient, first, second, numbers) => {
    const ordered = NUMBERS.map((name) => numbers[name]);
    let [weightSquares, updateSquares] = [0, 0];
    this.each([weight, first, second, gradient], 3, ({ adamw }, end, places) => {
      const [ofWeights, ofUpdates] = adamw(end, ...places, ...ordered) as [number, number];
      weightSquares += ofWeights;
      updateSquares += ofUpdates;
    });
    return { weightSquares, updateSquares };
  };

  /**
   * Works through arrays of one length.
   * @param written how many of them, from the first, get results.
   * @param work given loops, an end in bytes and each array's address.
   */
  private each(
    arrays: readonly Float32Array[],
    written: number,
    work: (loops: Loops, end: number, places: readonly number[]) => void,
  ): void {
    const length = arrays[0]?.length ?? 0;
    const memory = sharedHome(arrays);
    let done = 0;
    if (memory && length > 3) {
      done = length & -4;
      work(
        this.loopsOver(memory),
        4 * done,
        arrays.map(({ byteOffset }) => byteOffset),
      );
    }
    for (; done < length; done += PIECE) {
      const pieces = arrays.map((array) => array.subarray(done, done + PIECE));
      const count = pieces[0]?.length ?? 0;
      pieces.forEach((piece, i) => {
        const area = this.areas[i] as Float32Array;
        area.set(piece);
        // A last four that is not full goes on with zeros, which stay zeros and count for nothing.
        area.fill(0, count, count + (-count & 3));
      });
      work(this.loopsOver(this.staging), 16 * Math.ceil(count / 4), AREAS);
      for (let i = 0; i < written; i++) pieces[i]?.set((this.areas[i] as Float32Array).subarray(0, count));
    }
  }

  private loopsOver(memory: WebAssembly.Memory): Loops {
    const found = this.known.get(memory);
    if (found) return found;
    const module = memory.buffer instanceof SharedArrayBuffer ? this.modules.shared : this.modules.own;
    const loops = new WebAssembly.Instance(module, { host: { memory } }).exports as unknown as Loops;
    this.known.set(memory, loops);
    return loops;
  }
}

/** The memory that all arrays lie in. */
function sharedHome([first, ...others]: readonly Float32Array[]): WebAssembly.Memory | undefined {
  const memory = first && memoryOf(first);
  return others.every((array) => memoryOf(array) === memory) ? memory : undefined;
}
