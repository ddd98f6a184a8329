// Random numbers for initialisation, batch order and masks. The generator is counter-based
// (Philox4x32-10, Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): the n-th number
// of a stream is a pure function of (key, n). So nothing random has state to save: a resumed run asks
// for the same (seed, step, layer, site) and gets the same numbers, and any number of workers can draw
// their share without agreeing on an order.

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;
const WORD = 2 ** 32;

/** Upper 32 bits of the product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = (Math.imul(aHigh, bLow) >>> 0) + ((Math.imul(aLow, bLow) >>> 0) >>> 16);
  const middle = (Math.imul(aLow, bHigh) >>> 0) + (low & 0xffff);
  return (Math.imul(aHigh, bHigh) + (low >>> 16) + (middle >>> 16)) >>> 0;
}

/**
 * One Philox4x32-10 block: replaces the four words of `block` (the counter) by four random words.
 * @param block four 32-bit words, overwritten; signed, because signed words are what V8 handles without boxing
 * @param key0 low word of the key
 * @param key1 high word of the key
 */
export function philox(block: Int32Array, key0: number, key1: number): void {
  let c0 = block[0] ?? 0;
  let c1 = block[1] ?? 0;
  let c2 = block[2] ?? 0;
  let c3 = block[3] ?? 0;
  let k0 = key0 | 0;
  let k1 = key1 | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  block[0] = c0;
  block[1] = c1;
  block[2] = c2;
  block[3] = c3;
}

// The normal density's upper half cut into layers of equal area, widest first (Marsaglia & Tsang 2000).
const LAYER_BITS = 7;
const LAYERS = 128;
/** Half the number of places within a layer that the remaining 25 bits can name. */
const HALF_RANGE = 2 ** 24;
const BASE_EDGE = 3.442619855899;
const LAYER_AREA = 9.91256303526217e-3;

/** The normal density up to its constant. */
function density(x: number): number {
  return Math.exp(-0.5 * x * x);
}

/** Right edge of each layer; the base layer's is that of a rectangle with its tail's area added. */
const EDGES = new Float64Array(LAYERS + 1);
EDGES[0] = LAYER_AREA / density(BASE_EDGE);
EDGES[1] = BASE_EDGE;
for (let layer = 2, edge = BASE_EDGE; layer < LAYERS; layer++) {
  edge = Math.sqrt(-2 * Math.log(LAYER_AREA / edge + density(edge)));
  EDGES[layer] = edge;
}

/** Murmur3's 32-bit finaliser (Appleby 2011): every bit of the result depends on every bit of the word. */
function finalise(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

export class RandomStream {
  private readonly block = new Int32Array(4);
  private used = 4;
  private counterLow = 0;
  private counterHigh = 0;

  /** @param key four 32-bit words: two key the generator, two fill the upper half of its counter */
  constructor(private readonly key: Int32Array) {}

  /** A 32-bit word from 0 to 2³² − 1, each value equally likely. */
  word(): number {
    return this.next() >>> 0;
  }

  /** In [0, 1), in steps of 2⁻³². */
  uniform(): number {
    return this.word() / WORD;
  }

  /** Mean 0, standard deviation 1, in steps of 2⁻²⁴ of its layer's width (ziggurat, Doornik 2005). */
  normal(): number {
    for (;;) {
      const word = this.next();
      // Layer and place come from different bits: taking them from the same ones is the classic flaw.
      const layer = word & (LAYERS - 1);
      const place = ((word >>> LAYER_BITS) + 0.5) / HALF_RANGE - 1;
      const outer = EDGES[layer] ?? 0;
      const inner = EDGES[layer + 1] ?? 0;
      const x = place * outer;
      if (Math.abs(x) < inner) return x;
      if (layer === 0) return place < 0 ? -this.tail() : this.tail();
      const top = density(inner);
      const bottom = density(outer);
      if (bottom + this.uniform() * (top - bottom) < density(x)) return x;
    }
  }

  /**
   * An integer in [0, n), without bias.
   * @param n from 1 to 2³²
   */
  below(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > WORD) throw new RangeError(`below(${n}) wants an integer from 1 to 2^32`);
    const limit = WORD - (WORD % n);
    let word = this.word();
    while (word >= limit) word = this.word();
    return word % n;
  }

  /**
   * Fills `target` with 32-bit words ten times faster than `word` gives them, good enough for masks: a counter
   * through Murmur3's finaliser twice, keyed by this stream's next two words.
   */
  fillWords(target: Int32Array): void {
    const [inner, outer] = [this.next(), this.next()];
    for (let i = 0; i < target.length; i++) target[i] = finalise(finalise(i ^ inner) + outer);
  }

  /** A normal number given that it is above the ziggurat's base (Marsaglia 1964). */
  private tail(): number {
    for (;;) {
      const x = -Math.log((this.word() + 0.5) / WORD) / BASE_EDGE;
      const y = -Math.log((this.word() + 0.5) / WORD);
      if (2 * y > x * x) return BASE_EDGE + x;
    }
  }

  private next(): number {
    if (this.used === 4) this.refill();
    return this.block[this.used++] ?? 0;
  }

  private refill(): void {
    this.block[0] = this.counterLow;
    this.block[1] = this.counterHigh;
    this.block[2] = this.key[2] ?? 0;
    this.block[3] = this.key[3] ?? 0;
    philox(this.block, this.key[0] ?? 0, this.key[1] ?? 0);
    this.counterLow = (this.counterLow + 1) >>> 0;
    if (this.counterLow === 0) this.counterHigh = (this.counterHigh + 1) >>> 0;
    this.used = 0;
  }
}

/** Puts values into an order that is any of the possible ones, each equally likely (Fisher & Yates). */
export function shuffle(values: Int32Array, random: RandomStream): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const value = values[i] ?? 0;
    values[i] = values[j] ?? 0;
    values[j] = value;
  }
}

/**
 * The stream that a key names; keys of different numbers or different lengths name unrelated streams.
 * @param key safe integers, such as (seed, purpose, step, layer)
 */
export function randomStream(...key: readonly number[]): RandomStream {
  const state = new Int32Array(4);
  const block = new Int32Array(4);
  // Each part is absorbed under the state so far; the length last, so that no key is another's prefix.
  for (const part of [...key, key.length]) {
    if (!Number.isSafeInteger(part)) throw new RangeError(`a random key is made of safe integers, not ${part}`);
    block.set([part | 0, Math.floor(part / WORD) | 0, state[2] ?? 0, state[3] ?? 0]);
    philox(block, state[0] ?? 0, state[1] ?? 0);
    state.set(block);
  }
  return new RandomStream(state);
}
