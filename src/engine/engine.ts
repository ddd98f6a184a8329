// The seam between what is to be computed and what computes it. An engine holds tensors wherever it
// likes, compiles programs once, and runs them. Trainers see only these types, so that one step
// description runs on onnxruntime, tfjs, WebGPU and the float64 reference engine.

import type { DType, Program } from '../graph/value';

/** Float64Array only from the reference engine. */
export type FloatArray = Float32Array | Float64Array;
export type HostArray = FloatArray | Int32Array;

/** A tensor an engine holds; only that engine can look inside. Live until `release` or the engine's end. */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** A named piece of a storage; `offset` and sizes count elements. */
export interface StorageEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
}

/** Flat memory with named tensors in it: one layer's weights, gradients or moments. */
export interface Storage {
  readonly length: number;
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Present where host kernels can reach the memory directly; `tensors` are views of it. */
  readonly flat?: FloatArray;
  /** Copies out, or in; the length must match. */
  read(): Promise<FloatArray>;
  write(data: ArrayLike<number>): Promise<void>;
}

/** Loops over flat host memory that beat the engine's own operators on a CPU. Sums are in float64. */
export interface HostKernels {
  sumOfSquares(data: FloatArray, from: number, to: number): number;
  /** Whether there is no NaN and no infinity; the cheapest look at memory that there is. */
  allFinite(data: FloatArray, from: number, to: number): boolean;
  /** target += source */
  accumulate(target: FloatArray, source: FloatArray): void;
  /** One step of AdamW in place, in float32; all arrays are of one length. */
  adamw(
    weight: Float32Array,
    gradient: Float32Array,
    first: Float32Array,
    second: Float32Array,
    numbers: AdamwNumbers,
  ): { readonly weightSquares: number; readonly updateSquares: number };
}

/**
 * With g the gradient times `gradientScale`: m ← beta1·m + rest1·g, v ← beta2·v + rest2·g²,
 * θ ← θ − (stepSize·m/(√v·rootCorrection + epsilon) + decay·θ).
 */
export interface AdamwNumbers {
  readonly gradientScale: number;
  readonly beta1: number;
  readonly rest1: number;
  readonly beta2: number;
  readonly rest2: number;
  readonly stepSize: number;
  readonly rootCorrection: number;
  readonly epsilon: number;
  readonly decay: number;
}

export interface EngineIdentity {
  readonly name: string;
  readonly version: string;
  /** Such as `CPU, 1 thread`. */
  readonly device: string;
}

export interface Executable {
  readonly program: Program;
  /**
   * Runs once.
   * @param inputs one tensor per program input, of its type.
   * @param into where given, the output is written into that tensor (which must not be an input of this run).
   * @returns one tensor per program output; those of `into` are the same objects.
   */
  run(inputs: Readonly<Record<string, Tensor>>, into?: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  dispose(): Promise<void>;
}

export interface Engine {
  readonly identity: EngineIdentity;
  readonly hostKernels?: HostKernels;
  compile(program: Program): Promise<Executable>;
  /** A tensor with these values; the engine may keep a reference to `data`. */
  tensor(data: ArrayLike<number>, shape: readonly number[], dtype?: DType): Tensor;
  /** Zero-filled. */
  allocate(shape: readonly number[], dtype?: DType): Tensor;
  storage(entries: readonly StorageEntry[], length: number): Storage;
  /** Over memory that there is, which threads may share. Absent where an engine reads none but its own. */
  storageOver?(flat: FloatArray, entries: readonly StorageEntry[]): Storage;
  /** Copies the values to the host. */
  read(tensor: Tensor): Promise<HostArray>;
  /** Floats where they lie, until whatever writes them next: without waiting, where an engine's tensors lie on the host. */
  peek?(tensor: Tensor): FloatArray;
  release(tensor: Tensor): void;
  dispose(): Promise<void>;
}
