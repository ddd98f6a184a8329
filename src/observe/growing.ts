// Typed arrays that grow at their end: a history of numbers costs 4 or 8 bytes each, not an object
// each, and can be searched and handed out without a copy.

const FIRST_CAPACITY = 64;
const GROWTH = 1.5;

type Numbers = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

class Growing<A extends Numbers> {
  private used: number;

  constructor(
    private readonly make: (length: number) => A,
    private array: A = make(0),
  ) {
    this.used = array.length;
  }

  get length(): number {
    return this.used;
  }

  push(value: number): void {
    if (this.used === this.array.length) {
      const larger = this.make(Math.max(FIRST_CAPACITY, Math.ceil(this.used * GROWTH)));
      larger.set(this.array);
      this.array = larger;
    }
    this.array[this.used++] = value;
  }

  /** The value at an index; NaN outside. */
  at(index: number): number {
    return index >= 0 && index < this.used ? (this.array[index] ?? Number.NaN) : Number.NaN;
  }

  /** The last value; NaN where there is none. */
  last(): number {
    return this.at(this.used - 1);
  }

  replaceLast(value: number): void {
    if (this.used > 0) this.array[this.used - 1] = value;
  }

  /** What is held, without a copy; it stays what it is when more is pushed. */
  view(): A {
    return this.array.subarray(0, this.used) as A;
  }

  /** First index whose value is at least `value`, in values that ascend. */
  lowerBound(value: number): number {
    let low = 0;
    let high = this.used;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export class GrowingFloat32 extends Growing<Float32Array<ArrayBuffer>> {
  constructor(initial?: Float32Array<ArrayBuffer>) {
    super((length) => new Float32Array(length), initial);
  }
}

export class GrowingFloat64 extends Growing<Float64Array<ArrayBuffer>> {
  constructor(initial?: Float64Array<ArrayBuffer>) {
    super((length) => new Float64Array(length), initial);
  }
}

export class GrowingUint32 extends Growing<Uint32Array<ArrayBuffer>> {
  constructor(initial?: Uint32Array<ArrayBuffer>) {
    super((length) => new Uint32Array(length), initial);
  }
}
