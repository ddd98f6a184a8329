// Host memory whose addresses do not depend on luck. An ArrayBuffer from the allocator starts at any
// multiple of 16 bytes; vectorised reductions peel up to a boundary of their own, so the order of a sum,
// and with it the last bit, would change from run to run. WebAssembly memory starts at a page: pieces
// cut from it at multiples of 64 bytes make a run repeatable. And loops in WebAssembly reach what lies in
// one memory without copying it.

const PAGE = 65_536;
const ALIGNMENT = 64;
/** Small tensors share a slab; a tensor larger than a quarter of it has one of its own. */
const SLAB_BYTES = 16 * 2 ** 20;
/** What one WebAssembly memory can hold, but for a page: every end in it is then a number of 32 bits. */
const MOST_BYTES = 2 ** 32 - PAGE;

/** Memories by the buffer that views of them have. */
const MEMORIES = new WeakMap<ArrayBufferLike, WebAssembly.Memory>();

/** The WebAssembly memory that an array lies in, where this thread knows of it. */
export function memoryOf({ buffer }: ArrayBufferView): WebAssembly.Memory | undefined {
  return MEMORIES.get(buffer);
}

/** Makes memories of another thread known to this one; they and views of them came in one message. */
export function adoptMemories(memories: readonly WebAssembly.Memory[]): void {
  for (const memory of memories) MEMORIES.set(memory.buffer, memory);
}

export class AlignedMemory {
  private slab: ArrayBufferLike = new ArrayBuffer(0);
  private used = 0;
  private readonly slabBytes: number;

  /**
   * @param shared whether other threads are to see it.
   * @param expected bytes that are to lie in one memory, if it can hold them; little is lost where less is asked for.
   */
  constructor(
    private readonly shared = false,
    expected = SLAB_BYTES,
  ) {
    this.slabBytes = Math.min(expected, MOST_BYTES);
  }

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
    if (this.used + bytes > this.slab.byteLength) {
      if (bytes > this.slabBytes / 4 && this.used > 0) return { buffer: this.pages(bytes), offset: 0 };
      this.slab = this.pages(Math.max(bytes, this.slabBytes));
      this.used = 0;
    }
    const offset = this.used;
    this.used += alignedBytes(bytes);
    return { buffer: this.slab, offset };
  }

  private pages(bytes: number): ArrayBufferLike {
    const count = Math.max(1, Math.ceil(bytes / PAGE));
    const memory = new WebAssembly.Memory({ initial: count, maximum: count, shared: this.shared });
    MEMORIES.set(memory.buffer, memory);
    return memory.buffer;
  }
}

/** What an array of so many bytes takes. */
export function alignedBytes(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
