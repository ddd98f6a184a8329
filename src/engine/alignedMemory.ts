// Host memory whose addresses do not depend on luck. An ArrayBuffer from the allocator starts at any
// multiple of 16 bytes; vectorised reductions peel up to a boundary of their own, so the order of a sum,
// and with it the last bit, would change from run to run. WebAssembly memory starts at a page: pieces
// cut from it at multiples of 64 bytes make a run repeatable.

const PAGE = 65_536;
const ALIGNMENT = 64;
/** Small tensors share a slab; a tensor larger than this has one of its own. */
const SLAB_BYTES = 16 * 2 ** 20;

export class AlignedMemory {
  private slab: ArrayBufferLike = new ArrayBuffer(0);
  private used = 0;

  /** @param shared whether other threads are to see it. */
  constructor(private readonly shared = false) {}

  /** Zero-filled; lives as long as anything refers to it. */
  float(length: number): Float32Array {
    const { buffer, offset } = this.take(4 * length);
    return new Float32Array(buffer, offset, length);
  }

  int(length: number): Int32Array {
    const { buffer, offset } = this.take(4 * length);
    return new Int32Array(buffer, offset, length);
  }

  private take(bytes: number): { buffer: ArrayBufferLike; offset: number } {
    if (bytes > SLAB_BYTES / 4) return { buffer: this.pages(bytes), offset: 0 };
    if (this.used + bytes > this.slab.byteLength) {
      this.slab = this.pages(SLAB_BYTES);
      this.used = 0;
    }
    const offset = this.used;
    this.used += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    return { buffer: this.slab, offset };
  }

  private pages(bytes: number): ArrayBufferLike {
    const count = Math.max(1, Math.ceil(bytes / PAGE));
    return new WebAssembly.Memory({ initial: count, maximum: count, shared: this.shared }).buffer;
  }
}
