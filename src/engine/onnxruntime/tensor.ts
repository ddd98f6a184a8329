// Tensors of onnxruntime on the CPU: views of host memory that its sessions read and write in place.

import { type DType, sizeOf } from '../../graph/value';
import type { Tensor } from '../engine';
import type { Handle, OnnxLibrary } from './native';

/** Halves as their bits. */
export type OnnxArray = Float32Array | Int32Array | Uint16Array;

/** Gives back the handles of memory that nobody holds any more. */
const FORGOTTEN = new FinalizationRegistry<{ readonly library: OnnxLibrary; readonly handle: Handle }>(({ library, handle }) =>
  library.release(handle),
);

/** Elements on the host, and the library's own view of them once it is asked for: threads hold many that only others compute with. */
export class Memory {
  private made: Handle | undefined;

  constructor(
    private readonly library: OnnxLibrary,
    readonly data: OnnxArray,
    private readonly shape: readonly number[],
  ) {
    if (data.length !== sizeOf(shape)) throw new RangeError(`tensor: ${data.length} values for shape [${shape.join(', ')}]`);
  }

  get handle(): Handle {
    if (this.made === undefined) {
      this.made = this.library.tensor(this.data, this.shape);
      FORGOTTEN.register(this, { library: this.library, handle: this.made }, this);
    }
    return this.made;
  }

  free(): void {
    if (this.made === undefined) return;
    FORGOTTEN.unregister(this);
    this.library.release(this.made);
    this.made = undefined;
  }
}

export class OnnxTensor implements Tensor {
  /** Counts releases of tensors whose memory goes with them: what was found out about tensors before may no longer hold. */
  static releases = 0;
  #memory: Memory | undefined;

  /** @param spare where the memory goes for the next of its kind when the tensor is released. */
  constructor(
    readonly dtype: DType,
    readonly shape: readonly number[],
    memory: Memory,
    private readonly spare?: Memory[],
  ) {
    this.#memory = memory;
  }

  static memoryOf(tensor: Tensor): Memory {
    if (!(tensor instanceof OnnxTensor)) throw new TypeError('tensor of another engine than onnxruntime');
    if (!tensor.#memory) throw new Error(`tensor [${tensor.shape.join(', ')}] was released`);
    return tensor.#memory;
  }

  /** Whether a release of the tensor would not be counted, as its memory outlives it. */
  static isPassing(tensor: Tensor): boolean {
    return tensor instanceof OnnxTensor && tensor.spare !== undefined;
  }

  static release(tensor: Tensor): void {
    if (!(tensor instanceof OnnxTensor) || !tensor.#memory) return;
    if (tensor.spare) tensor.spare.push(tensor.#memory);
    else {
      tensor.#memory.free();
      OnnxTensor.releases++;
    }
    tensor.#memory = undefined;
  }
}
