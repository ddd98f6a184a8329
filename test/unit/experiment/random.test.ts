import { describe, expect, test } from 'vitest';
import { philox, randomStream } from '../../../src/experiment/random';

function moments(draw: () => number, count: number): { mean: number; variance: number; fourth: number } {
  let sum = 0;
  let square = 0;
  let fourth = 0;
  for (let i = 0; i < count; i++) {
    const x = draw();
    sum += x;
    square += x * x;
    fourth += x ** 4;
  }
  const mean = sum / count;
  return { mean, variance: square / count - mean * mean, fourth: fourth / count };
}

/** Pearson's statistic divided by its degrees of freedom; near 1 for fair counts. */
function unevenness(counts: readonly number[]): number {
  const total = counts.reduce((a, b) => a + b, 0);
  const expected = total / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0) / (counts.length - 1);
}

describe('philox', () => {
  // The known answers published with the authors' Random123 library.
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('gives the published words for counter %j, key %j', (counter, key, words) => {
    const block = Int32Array.from(counter);
    philox(block, key[0] ?? 0, key[1] ?? 0);
    expect([...new Uint32Array(block.buffer)]).toEqual(words);
  });
});

describe('randomStream', () => {
  test('the same key gives the same numbers, whatever was drawn elsewhere', () => {
    const first = randomStream(7, 3, 12);
    const expected = Array.from({ length: 50 }, () => first.word());
    const again = randomStream(7, 3, 12);
    randomStream(7, 3, 13).normal();
    expect(Array.from({ length: 50 }, () => again.word())).toEqual(expected);
  });

  test('keys that differ in a number, an order, a length, a sign or a high word name different streams', () => {
    const keys = [[], [0], [0, 0], [1], [1, 0], [0, 1], [-1], [2 ** 32], [2 ** 32 + 1], [2 ** 40], [1, 2], [2, 1]];
    const heads = keys.map((key) => {
      const stream = randomStream(...key);
      return `${stream.word()},${stream.word()}`;
    });
    expect(new Set(heads).size).toBe(keys.length);
  });

  test('refuses what cannot be a key', () => {
    expect(() => randomStream(0.5)).toThrow(RangeError);
    expect(() => randomStream(Number.NaN)).toThrow(RangeError);
    expect(() => randomStream(1).below(0)).toThrow(RangeError);
  });

  test('uniform numbers stay in [0, 1) and fill it evenly', () => {
    const stream = randomStream(1);
    const counts = new Array<number>(100).fill(0);
    for (let i = 0; i < 200_000; i++) {
      const x = stream.uniform();
      const bin = Math.floor(x * 100);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    expect(counts).toHaveLength(100);
    expect(unevenness(counts)).toBeGreaterThan(0.6);
    expect(unevenness(counts)).toBeLessThan(1.5);
  });

  test('normal numbers have the moments and the tails of a normal distribution', () => {
    const stream = randomStream(2);
    const { mean, variance, fourth } = moments(() => stream.normal(), 400_000);
    expect(Math.abs(mean)).toBeLessThan(0.006);
    expect(Math.abs(variance - 1)).toBeLessThan(0.01);
    expect(Math.abs(fourth - 3)).toBeLessThan(0.08);
  });

  test('normal numbers fall into every part of the curve, tails included, as often as they should', () => {
    const stream = randomStream(4);
    // Probability of |x| in [0, .5), [.5, 1), … [3.5, 4), beyond.
    const shares = [0.3829249, 0.2997645, 0.1837308, 0.0881149, 0.033057, 0.009709, 0.0022345, 0.0004019, 0.0000633];
    const count = 1_000_000;
    const counts = shares.map(() => 0);
    for (let i = 0; i < count; i++) {
      const bin = Math.min(8, Math.floor(Math.abs(stream.normal()) * 2));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    const worst = shares.map((share, bin) => Math.abs((counts[bin] ?? 0) - share * count) / Math.sqrt(share * count));
    expect(Math.max(...worst)).toBeLessThan(4);
  });

  test('below(n) reaches every value evenly and no other', () => {
    const stream = randomStream(3);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) {
      const x = stream.below(7);
      counts[x] = (counts[x] ?? 0) + 1;
    }
    expect(counts).toHaveLength(7);
    expect(unevenness(counts)).toBeLessThan(3);
    expect(stream.below(1)).toBe(0);
  });

  test('words filled at once are even in either half, and uncorrelated along the array and between keys', () => {
    const fill = (key: number): Int32Array => {
      const words = new Int32Array(100_000);
      randomStream(6, key).fillWords(words);
      return words;
    };
    const [a, b] = [fill(1), fill(2)];
    expect(fill(1).subarray(0, 100)).toEqual(a.subarray(0, 100));
    for (const half of [(word: number) => word & 0xffff, (word: number) => word >>> 16]) {
      const counts = new Array<number>(64).fill(0);
      for (const word of a) counts[half(word) >>> 10] = (counts[half(word) >>> 10] ?? 0) + 1;
      expect(unevenness(counts)).toBeGreaterThan(0.5);
      expect(unevenness(counts)).toBeLessThan(1.6);
    }
    const centred = (word: number | undefined) => (word ?? 0) / 2 ** 31;
    let across = 0;
    let along = 0;
    a.forEach((word, i) => {
      across += 3 * centred(word) * centred(b[i]);
      along += 3 * centred(word) * centred(a[i - 1]);
    });
    expect(Math.abs(across / a.length)).toBeLessThan(0.012);
    expect(Math.abs(along / a.length)).toBeLessThan(0.012);
  });

  test('streams of neighbouring keys are uncorrelated, and so are neighbours in a stream', () => {
    const count = 100_000;
    const a = randomStream(5, 1);
    const b = randomStream(5, 2);
    let across = 0;
    let along = 0;
    let previous = 0;
    for (let i = 0; i < count; i++) {
      const x = a.normal();
      across += x * b.normal();
      along += x * previous;
      previous = x;
    }
    expect(Math.abs(across / count)).toBeLessThan(0.012);
    expect(Math.abs(along / count)).toBeLessThan(0.012);
  });
});
