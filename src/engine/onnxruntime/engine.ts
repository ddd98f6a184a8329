// onnxruntime on the CPU: programs as ONNX sessions, tensors as views of host memory that the sessions
// read and write in place. One session runs on one thread unless told otherwise: for the small
// matrices of thin models more threads in one session cost time, more workers save it.

import { setImmediate } from 'node:timers/promises';
import { workingBytes } from '../../graph/liveness';
import { type DType, type Program, sizeOf, type TensorType } from '../../graph/value';
import { AlignedMemory } from '../alignedMemory';
import type { Engine, EngineIdentity, Executable, FloatArray, HostArray, Storage, StorageEntry, Tensor } from '../engine';
import { checkInputs, checkInto, type UsedInput, usedInputs } from '../inputs';
import { HOST_KERNELS } from '../kernels/host';
import { hostStorage } from '../storage';
import { inputName, lower } from './lower';
import { type Handle, loadOnnxLibrary, type OnnxLibrary, type OnnxSession } from './native';
import { encodeModel } from './proto';

type OnnxArray = Float32Array | Int32Array;

export interface OnnxOptions {
  /** Threads within one run; 1 where nothing is said. */
  readonly threads?: number;
}

/** Gives back the handles of memory that nobody holds any more. */
const FORGOTTEN = new FinalizationRegistry<{ readonly library: OnnxLibrary; readonly handle: Handle }>(({ library, handle }) =>
  library.release(handle),
);

/** Elements on the host, and the library's own view of them once it is asked for: threads hold many that only others compute with. */
class Memory {
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

class OnnxTensor implements Tensor {
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

  static release(tensor: Tensor): void {
    if (!(tensor instanceof OnnxTensor) || !tensor.#memory) return;
    if (tensor.spare) tensor.spare.push(tensor.#memory);
    else tensor.#memory.free();
    tensor.#memory = undefined;
  }
}

/** Milliseconds for which a thread may run programs before whatever else waits for it is let in. */
const BREATH = 10;
let lastBreath = 0;

class OnnxExecutable implements Executable {
  private readonly used: readonly UsedInput[];
  /** What is made, and memory of earlier runs that was given back. */
  private readonly outputs: readonly { readonly name: string; readonly type: TensorType; readonly spare: Memory[] }[];

  /** @param fed names of the inputs that the session takes, in its order. */
  constructor(
    private readonly engine: OnnxEngine,
    readonly program: Program,
    private readonly fed: readonly string[],
    private readonly session: OnnxSession,
  ) {
    this.used = usedInputs(program);
    this.outputs = Object.entries(program.outputs).map(([name, { type }]) => ({ name, type, spare: [] }));
  }

  async run(inputs: Readonly<Record<string, Tensor>>, into: Readonly<Record<string, Tensor>> = {}): Promise<Record<string, Tensor>> {
    checkInputs(this.program, this.used, inputs);
    checkInto(this.program, into);
    if (performance.now() - lastBreath > BREATH) {
      await setImmediate();
      lastBreath = performance.now();
    }
    const { session } = this;
    this.fed.forEach((name, i) => {
      session.feed(i, OnnxTensor.memoryOf(inputs[name] as Tensor).handle);
    });
    const results: Record<string, Tensor> = {};
    this.outputs.forEach(({ name, type, spare }, i) => {
      const result = into[name] ?? new OnnxTensor(type.dtype, type.shape, spare.pop() ?? this.engine.blank(type), spare);
      results[name] = result;
      session.fetch(i, OnnxTensor.memoryOf(result).handle);
    });
    session.run();
    return results;
  }

  async dispose(): Promise<void> {
    this.session.close();
  }
}

/** Bytes at work in a program from which its memory counts for more than a hundredth of its time. */
const LARGE = 32e6;

class OnnxEngine implements Engine {
  readonly identity: EngineIdentity;
  readonly hostKernels = HOST_KERNELS;
  private readonly memory = new AlignedMemory();

  constructor(
    private readonly library: OnnxLibrary,
    private readonly threads: number,
  ) {
    const device = `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
    this.identity = { name: 'onnxruntime', version: library.version, device };
  }

  async compile(program: Program): Promise<Executable> {
    const model = lower(program);
    const [inputs, outputs] = [model.inputs, model.outputs].map((list) => list.map(({ name }) => name)) as [string[], string[]];
    // Lowered, a program may need fewer inputs than before.
    const fed = Object.keys(program.inputs).filter((name) => inputs.includes(inputName(name)));
    const inOnePiece = workingBytes(program) < LARGE;
    const session = this.library.open(encodeModel(model), { inputs: fed.map(inputName), outputs, threads: this.threads, inOnePiece });
    return new OnnxExecutable(this, program, fed, session);
  }

  tensor(data: ArrayLike<number>, shape: readonly number[], dtype: DType = 'float'): Tensor {
    if (dtype === 'float') return this.over(data instanceof Float32Array ? data : Float32Array.from(data), shape, dtype);
    return this.over(data instanceof Int32Array ? data : Int32Array.from(data), shape, dtype);
  }

  allocate(shape: readonly number[], dtype: DType = 'float'): Tensor {
    const size = sizeOf(shape);
    return this.over(dtype === 'float' ? this.memory.float(size) : this.memory.int(size), shape, dtype);
  }

  storage(entries: readonly StorageEntry[], length: number): Storage {
    return this.storageOver(this.memory.float(length), entries);
  }

  storageOver(flat: FloatArray, entries: readonly StorageEntry[]): Storage {
    if (!(flat instanceof Float32Array)) throw new TypeError('onnxruntime computes in float32');
    return hostStorage(flat, entries, (part, shape) => this.over(part, shape, 'float'));
  }

  /** For an output that nobody said where to write: it lives as long as anybody holds it. */
  blank({ dtype, shape }: TensorType): Memory {
    const size = sizeOf(shape);
    return new Memory(this.library, dtype === 'float' ? new Float32Array(size) : new Int32Array(size), shape);
  }

  async read(tensor: Tensor): Promise<HostArray> {
    return OnnxTensor.memoryOf(tensor).data.slice();
  }

  release(tensor: Tensor): void {
    OnnxTensor.release(tensor);
  }

  async dispose(): Promise<void> {}

  private over(data: OnnxArray, shape: readonly number[], dtype: DType): OnnxTensor {
    return new OnnxTensor(dtype, shape, new Memory(this.library, data, shape));
  }
}

/** @throws whatever loading the native library throws; `selectEngine` gives that a name. */
export async function createOnnxEngine(options: OnnxOptions = {}): Promise<Engine> {
  return new OnnxEngine(await loadOnnxLibrary(), options.threads ?? 1);
}
