// Host kernels: that they do what they say, on the elements they are given.

import { describe, expect, it } from 'vitest';
import { AlignedMemory, adoptMemories, type KnownMemory, memoryOf } from '../../../src/engine/alignedMemory';
import { HOST_KERNELS } from '../../../src/engine/kernels/host';
import { adamwNumbers, adamwStep } from '../../../src/model/optimiser/adamw';

describe('sums', () => {
  it('adds squares in float64 over a region', () => {
    const data = new Float32Array(100_001).fill(1e-4);
    data[0] = 64;
    const small = Math.fround(1e-4) ** 2;
    expect(HOST_KERNELS.sumOfSquares(data, 0, data.length) - 64 ** 2).toBeCloseTo(100_000 * small, 7);
    expect(HOST_KERNELS.sumOfSquares(Float64Array.of(1, 2, 3, 4), 1, 3)).toBe(13);
    expect(HOST_KERNELS.sumOfSquares(data, 5, 5)).toBe(0);
    expect(HOST_KERNELS.sumOfSquares(Float32Array.of(1, Number.NaN), 0, 2)).toBeNaN();
  });

  it('misses no element, whatever the region', () => {
    const data = Float32Array.from({ length: 21 }, (_, i) => i + 1);
    for (let from = 0; from <= 21; from++) {
      for (let to = from; to <= 21; to++) {
        const squares = data.subarray(from, to).reduce((sum, x) => sum + x * x, 0);
        expect(HOST_KERNELS.sumOfSquares(data, from, to)).toBe(squares);
        for (let bad = 0; bad < 21; bad++) {
          const spoiled = data.slice();
          spoiled[bad] = bad % 2 === 0 ? Number.NaN : Number.NEGATIVE_INFINITY;
          expect(HOST_KERNELS.allFinite(spoiled, from, to)).toBe(bad < from || bad >= to);
        }
      }
    }
    expect(HOST_KERNELS.allFinite(new Float32Array(1000).fill(3e38), 0, 1000)).toBe(true);
    expect(HOST_KERNELS.allFinite(Float32Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY), 0, 2)).toBe(false);
  });

  it('accumulates onto a target of the same length', () => {
    const target = Float32Array.of(1, 2, 3);
    HOST_KERNELS.accumulate(target, Float32Array.of(0.5, -2, 4));
    expect([...target]).toEqual([1.5, 0, 7]);
    expect(() => HOST_KERNELS.accumulate(target, new Float32Array(2))).toThrow('2 elements onto 3');
  });

  it('accumulates to the bits of float32 addition, over any length', () => {
    for (const length of [0, 1, 4, 7, 8192, 20_003]) {
      const target = waves(length + 2, 1);
      const source = waves(length, 2);
      const expected = target.map((value, i) => (i === 0 || i > length ? value : Math.fround(value + (source[i - 1] as number))));
      HOST_KERNELS.accumulate(target.subarray(1, length + 1), source);
      expect(target).toEqual(expected);
    }
  });
});

describe('memory that grows', () => {
  it('keeps what was cut from it, all in one memory', () => {
    const memory = AlignedMemory.growing();
    const first = memory.float(1000).fill(7);
    const others = Array.from({ length: 5 }, () => memory.float(2_000_000));
    const last = memory.float(30_000_000);
    HOST_KERNELS.accumulate(first, last.subarray(29_999_000).fill(1));
    expect([...new Set(first)]).toEqual([8]);
    expect(new Set([first, ...others, last].map(memoryOf)).size).toBe(1);
  });
});

describe('arrays of one memory', () => {
  it('are worked on where they are, to the same bits and sums as copies of them, and no neighbour is touched', () => {
    for (const shared of [false, true]) {
      for (const length of [1, 3, 4, 5, 63, 8195, 20_003]) {
        const memory = new AlignedMemory(shared);
        const names = ['weight', 'first', 'second', 'gradient'] as const;
        const [weight, first, second, gradient] = names.map((_, i) => {
          const around = memory.float(length + 2).fill(99);
          const array = around.subarray(1, length + 1);
          array.set(waves(length, [1, 2e-3, 1e-3, 1e-3][i] ?? 1).map((x) => (i === 2 ? x * x : x)));
          return array;
        }) as [Float32Array, Float32Array, Float32Array, Float32Array];
        const apart = { weight: weight.slice(), first: first.slice(), second: second.slice(), gradient: gradient.slice() };
        const numbers = adamwNumbers({ ...SCALARS, step: 2 });
        const sums = HOST_KERNELS.adamw(weight, gradient, first, second, numbers);
        const wanted = HOST_KERNELS.adamw(apart.weight, apart.gradient, apart.first, apart.second, numbers);
        HOST_KERNELS.accumulate(gradient, weight);
        HOST_KERNELS.accumulate(apart.gradient, apart.weight);
        expect([weight, first, second, gradient].map((array) => array.slice())).toEqual(Object.values(apart));
        expect(sums.weightSquares).toBeCloseTo(wanted.weightSquares, 9);
        expect(sums.updateSquares).toBeCloseTo(wanted.updateSquares, 12);
        expect(HOST_KERNELS.sumOfSquares(weight, 0, length)).toBeCloseTo(HOST_KERNELS.sumOfSquares(apart.weight, 0, length), 9);
        for (const array of [weight, first, second, gradient]) {
          const around = new Float32Array(array.buffer, array.byteOffset - 4, length + 2);
          expect([around[0], around[length + 1]]).toEqual([99, 99]);
        }
      }
    }
  });

  it('lie together where they are expected to, and are known to another thread that was given their memory', async () => {
    const length = 3_000_000;
    const memory = new AlignedMemory(true, 3 * 4 * length);
    const arrays = [memory.float(length), memory.float(length), memory.float(length)];
    expect(new Set(arrays.map((array) => memoryOf(array))).size).toBe(1);
    const [view] = arrays as [Float32Array];
    const there = structuredClone({ arrays, known: [{ memory: memoryOf(view), view }] });
    // Whatever else grows meanwhile: it gives all shared memories new buffers.
    AlignedMemory.growing().float(5_000_000);
    expect(memoryOf(there.arrays[2] as Float32Array)).toBeUndefined();
    adoptMemories(there.known as KnownMemory[]);
    expect(memoryOf(there.arrays[2] as Float32Array)).toBeDefined();
    HOST_KERNELS.accumulate((there.arrays[2] as Float32Array).fill(1), (there.arrays[0] as Float32Array).fill(2));
    expect(arrays[2]?.at(-1)).toBe(3);
  });
});

const SCALARS = {
  ...{ step: 3, learningRate: 1e-3, gradientScale: 0.37, weightDecay: 0.1 },
  ...{ beta1: 0.9, beta2: 0.95, momentum: 0, epsilon: 1e-8 },
};

describe('the step of AdamW', () => {
  const state = (length: number) => ({
    weight: waves(length, 1),
    gradient: waves(length, 1e-3),
    first: waves(length, 2e-3),
    second: waves(length, 1e-3).map((x) => x * x),
  });
  const take = ({ weight, gradient, first, second }: ReturnType<typeof state>) =>
    HOST_KERNELS.adamw(weight, gradient, first, second, adamwNumbers(SCALARS));

  it.each([1, 4, 6, 8192, 20_003])('is that of the loop in float64, of %i elements', (length) => {
    const taken = state(length);
    const [weight, gradient, first, second] = Object.values(state(length)).map((array) => Float64Array.from(array)) as [
      ...[Float64Array, Float64Array, Float64Array, Float64Array],
    ];
    const before = weight.slice();
    const wanted = adamwStep(weight, gradient, [first, second], SCALARS);
    const sums = take(taken);
    const ulp = 2 ** -23;
    for (let i = 0; i < length; i++) {
      const moved = Math.abs((weight[i] as number) - (before[i] as number));
      // A weight is rounded once; what is taken from it has a few roundings of its own.
      expect(Math.abs((taken.weight[i] as number) - (weight[i] as number))).toBeLessThanOrEqual(
        (ulp / 2) * Math.abs(weight[i] as number) + 4 * ulp * moved,
      );
      const moment = Math.abs(0.9 * (taken.gradient[i] as number)) + Math.abs(first[i] as number);
      expect(Math.abs((taken.first[i] as number) - (first[i] as number))).toBeLessThanOrEqual(2 * ulp * moment);
      expect(Math.abs((taken.second[i] as number) - (second[i] as number))).toBeLessThanOrEqual(2 * ulp * (second[i] as number));
    }
    expect(taken.gradient).toEqual(state(length).gradient);
    expect(Math.abs(sums.weightSquares / wanted.weightSquares - 1)).toBeLessThan(1e-6);
    expect(Math.abs(sums.updateSquares / wanted.updateSquares - 1)).toBeLessThan(1e-3);
  });

  it('has the same bits wherever an element lies, and touches no other', () => {
    const whole = state(20_003);
    const parts = state(20_003);
    take(whole);
    for (const [from, to] of [
      [0, 5],
      [5, 9001],
      [9001, 20_003],
    ] as const) {
      const part = Object.fromEntries(Object.entries(parts).map(([name, array]) => [name, array.subarray(from, to)]));
      take(part as ReturnType<typeof state>);
    }
    expect(parts).toEqual(whole);
  });

  it('leaves what is not finite as such', () => {
    const spoiled = state(9);
    spoiled.gradient[4] = Number.NaN;
    expect(take(spoiled).weightSquares).toBeNaN();
    expect([...spoiled.weight].map(Number.isNaN)).toEqual(Array.from({ length: 9 }, (_, i) => i === 4));
  });
});

function waves(length: number, height: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => height * Math.sin(1.7 * i + height));
}
