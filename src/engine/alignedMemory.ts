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

/**
 * Memories by the buffers of the views that were cut from them. A memory's own `buffer` becomes another object whenever
 * it grows, and one that threads share whenever any such memory does.
 */
const MEMORIES = new WeakMap<ArrayBufferLike, WebAssembly.Memory>();

/** The WebAssembly memory that an array lies in, where this thread knows of it. */
export function memoryOf({ buffer }: ArrayBufferView): WebAssembly.Memory | undefined {
  return MEMORIES.get(buffer);
}

/** A memory and an array that lies in it, for another thread: what came with them in one message lies there too. */
export interface KnownMemory {
  readonly memory: WebAssembly.Memory;
  readonly view: ArrayBufferView;
}

/** Makes memories of another thread known to this one. */
export function adoptMemories(known: readonly KnownMemory[]): void {
  for (const { memory, view } of known) MEMORIES.set(view.buffer, memory);
}

export class AlignedMemory {
  private memory: WebAssembly.Memory | undefined;
  private used = 0;
  private readonly slabBytes: number;
  private grows = false;

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

  /** One memory for as much as it can hold, that takes no more than is asked for. Old views of it stay as it grows. */
  static growing(): AlignedMemory {
    const memory = new AlignedMemory(true);
    memory.grows = true;
    return memory;
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

  /** Room for halves, as their bits. */
  half(length: number): Uint16Array {
    const { buffer, offset } = this.take(2 * length);
    return new Uint16Array(buffer, offset, length);
  }

  private take(bytes: number): { buffer: ArrayBufferLike; offset: number } {
    if (!this.memory || !this.fits(this.memory, bytes)) {
      if (bytes > this.slabBytes / 4 && this.used > 0 && !this.grows) return { buffer: known(this.pages(bytes)), offset: 0 };
      this.memory = this.pages(Math.max(bytes, this.slabBytes));
      this.used = 0;
    }
    const offset = this.used;
    this.used += alignedBytes(bytes);
    return { buffer: known(this.memory), offset };
  }

  private fits(memory: WebAssembly.Memory, bytes: number): boolean {
    const end = this.used + bytes;
    const { byteLength } = memory.buffer;
    if (end <= byteLength) return true;
    if (!this.grows || end > MOST_BYTES) return false;
    try {
      memory.grow(Math.ceil((Math.min(Math.max(end, byteLength + this.slabBytes), MOST_BYTES) - byteLength) / PAGE));
    } catch {
      return false;
    }
    return true;
  }

  private pages(bytes: number): WebAssembly.Memory {
    const initial = Math.max(1, Math.ceil(bytes / PAGE));
    return (this.grows && this.growable(initial)) || new WebAssembly.Memory({ initial, maximum: initial, shared: this.shared });
  }

  /** Needs addresses for all that it may become, which a process may have been denied. */
  private growable(initial: number): WebAssembly.Memory | undefined {
    try {
      return new WebAssembly.Memory({ initial, maximum: MOST_BYTES / PAGE, shared: this.shared });
    } catch {
      this.grows = false;
      return undefined;
    }
  }
}

/** A memory's buffer as it is now, for views of it. */
function known(memory: WebAssembly.Memory): ArrayBufferLike {
  const { buffer } = memory;
  MEMORIES.set(buffer, memory);
  return buffer;
}

/** What an array of so many bytes takes. */
export function alignedBytes(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
