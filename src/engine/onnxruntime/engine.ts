// onnxruntime on the CPU: programs as ONNX sessions, tensors as views of host memory that the sessions
// read and write in place. One session runs on one thread unless told otherwise: for the small
// matrices of thin models more threads in one session cost time, more workers save it.

import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { type DType, type Program, sizeOf } from '../../graph/value';
import { AlignedMemory } from '../alignedMemory';
import type { Engine, EngineIdentity, Executable, HostArray, Storage, StorageEntry, Tensor } from '../engine';
import { checkInputs, checkInto, type UsedInput, usedInputs } from '../inputs';
import { HOST_KERNELS } from '../kernels/host';
import { hostStorage } from '../storage';
import { inputName, lower, outputName } from './lower';
import { encodeModel } from './proto';

type Runtime = typeof import('onnxruntime-node');
type OnnxArray = Float32Array | Int32Array;

export interface OnnxOptions {
  /** Threads within one run; 1 where nothing is said. */
  readonly threads?: number;
}

class OnnxTensor implements Tensor {
  #native: OrtTensor | undefined;

  constructor(
    readonly dtype: DType,
    readonly shape: readonly number[],
    native: OrtTensor,
  ) {
    this.#native = native;
  }

  static nativeOf(tensor: Tensor): OrtTensor {
    if (!(tensor instanceof OnnxTensor)) throw new TypeError('tensor of another engine than onnxruntime');
    if (!tensor.#native) throw new Error(`tensor [${tensor.shape.join(', ')}] was released`);
    return tensor.#native;
  }

  static release(tensor: Tensor): void {
    if (tensor instanceof OnnxTensor) tensor.#native = undefined;
  }
}

class OnnxExecutable implements Executable {
  // Names are put together once: a thin model runs its programs two thousand times a step.
  private readonly fed;
  private readonly made;

  constructor(
    readonly program: Program,
    private readonly used: readonly UsedInput[],
    private readonly session: InferenceSession,
  ) {
    this.fed = used.map(({ name }) => ({ name, fed: inputName(name) }));
    this.made = Object.entries(program.outputs).map(([name, value]) => ({ name, out: outputName(name), value }));
  }

  async run(inputs: Readonly<Record<string, Tensor>>, into: Readonly<Record<string, Tensor>> = {}): Promise<Record<string, Tensor>> {
    checkInputs(this.program, this.used, inputs);
    checkInto(this.program, into);
    const feeds: Record<string, OrtTensor> = {};
    for (const { name, fed } of this.fed) feeds[fed] = OnnxTensor.nativeOf(inputs[name] as Tensor);
    const fetches: Record<string, OrtTensor | null> = {};
    for (const { name, out } of this.made) {
      const target = into[name];
      fetches[out] = target ? OnnxTensor.nativeOf(target) : null;
    }
    const found = await this.session.run(feeds, fetches);
    const results: Record<string, Tensor> = {};
    const copies: OrtTensor[] = [];
    for (const { name, out, value } of this.made) {
      const native = found[out] as OrtTensor;
      if (into[name]) copies.push(native);
      results[name] = into[name] ?? new OnnxTensor(value.type.dtype, value.type.shape, native);
    }
    discard(copies);
    return results;
  }

  async dispose(): Promise<void> {
    await this.session.release();
  }
}

/**
 * Gives back the copies that onnxruntime makes of outputs although it wrote where it was told to. Left to the
 * garbage collector, thousands of them lie between what later runs need, and the process grows by half.
 */
function discard(copies: readonly OrtTensor[]): void {
  const buffers = copies.map((copy) => (copy.data as OnnxArray).buffer).filter((buffer) => buffer instanceof ArrayBuffer);
  if (buffers.length > 0) NOWHERE.postMessage(undefined, buffers);
}

const NOWHERE = nowhere();

function nowhere(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  return port1;
}

class OnnxEngine implements Engine {
  readonly identity: EngineIdentity;
  readonly hostKernels = HOST_KERNELS;
  private readonly memory = new AlignedMemory();

  constructor(
    private readonly runtime: Runtime,
    private readonly threads: number,
  ) {
    const device = `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
    this.identity = { name: 'onnxruntime', version: runtime.env.versions.node ?? 'unknown', device };
  }

  async compile(program: Program): Promise<Executable> {
    const session = await this.runtime.InferenceSession.create(encodeModel(lower(program)), {
      executionProviders: ['cpu'],
      intraOpNumThreads: this.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      // An arena for each of a model's dozen sessions holds twice what one of them needs, and is no faster (measured).
      enableCpuMemArena: false,
    });
    return new OnnxExecutable(program, usedInputs(program), session);
  }

  tensor(data: ArrayLike<number>, shape: readonly number[], dtype: DType = 'float'): Tensor {
    if (dtype === 'float') return this.wrap(data instanceof Float32Array ? data : Float32Array.from(data), shape, dtype);
    return this.wrap(data instanceof Int32Array ? data : Int32Array.from(data), shape, dtype);
  }

  allocate(shape: readonly number[], dtype: DType = 'float'): Tensor {
    const size = sizeOf(shape);
    return this.wrap(dtype === 'float' ? this.memory.float(size) : this.memory.int(size), shape, dtype);
  }

  storage(entries: readonly StorageEntry[], length: number): Storage {
    return hostStorage(this.memory.float(length), entries, (part, shape) => this.wrap(part, shape, 'float'));
  }

  async read(tensor: Tensor): Promise<HostArray> {
    return (OnnxTensor.nativeOf(tensor).data as OnnxArray).slice();
  }

  release(tensor: Tensor): void {
    OnnxTensor.release(tensor);
  }

  async dispose(): Promise<void> {}

  private wrap(data: OnnxArray, shape: readonly number[], dtype: DType): OnnxTensor {
    if (data.length !== sizeOf(shape)) throw new RangeError(`tensor: ${data.length} values for shape [${shape.join(', ')}]`);
    const native =
      data instanceof Float32Array
        ? new this.runtime.Tensor('float32', data, [...shape])
        : new this.runtime.Tensor('int32', data, [...shape]);
    return new OnnxTensor(dtype, shape, native);
  }
}

/** @throws whatever loading the native library throws; `selectEngine` gives that a name. */
export async function createOnnxEngine(options: OnnxOptions = {}): Promise<Engine> {
  return new OnnxEngine(await import('onnxruntime-node'), options.threads ?? 1);
}
