// onnxruntime on the CPU: programs as ONNX sessions, tensors as views of host memory that the sessions
// read and write in place. One session runs on one thread unless told otherwise: for the small
// matrices of thin models more threads in one session cost time, more workers save it.

import { workingBytes } from '../../graph/liveness';
import { type DType, type Program, sizeOf, type TensorType } from '../../graph/value';
import { AlignedMemory, memoryOf } from '../alignedMemory';
import type { Engine, EngineIdentity, Executable, FloatArray, HostArray, Storage, StorageEntry, Tensor } from '../engine';
import { bitsOf, numbersOf } from '../halves';
import { assemble } from '../kernels/assembler';
import { HOST_KERNELS } from '../kernels/host';
import { movesOf } from '../kernels/moves';
import { type RowLoop, rowLoop } from '../kernels/rowLoop';
import { hoistScalars } from '../scalars';
import { isOutside, type Stage, stagesOf } from '../stages';
import { hostStorage } from '../storage';
import { splitTranspositions } from '../transpositions';
import { type Compiled, OnnxExecutable, type Stock } from './executable';
import { inputName, lower } from './lower';
import { loadOnnxLibrary, type OnnxLibrary } from './native';
import { encodeModel } from './proto';
import { Memory, type OnnxArray, OnnxTensor } from './tensor';

export interface OnnxOptions {
  /** Threads within one run; 1 where nothing is said. */
  readonly threads?: number;
  /** What a loop of our own must spare at least, in elements that operators pass over; where nothing is said, what pays. */
  readonly worth?: number;
}

/** What holds elements of a type. */
const ARRAYS = { float: Float32Array, half: Uint16Array, int: Int32Array, bool: Int32Array } as const;

/** By short names: the library copies each of them at every run, longer ones to memory that it asks for first. */
function numbered<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.values(values).map((value, i) => [`${i}`, value]));
}

/** Bytes at work in a program from which its memory counts for more than a hundredth of its time. */
const LARGE = 32e6;

class OnnxEngine implements Engine, Stock {
  readonly identity: EngineIdentity;
  readonly hostKernels = HOST_KERNELS;
  private readonly memory = AlignedMemory.growing();
  /** Where programs put what their stages hand to one another. */
  private readonly between: OnnxArray[] = [];

  constructor(
    private readonly library: OnnxLibrary,
    private readonly threads: number,
    private readonly worth: number | undefined,
  ) {
    const device = `CPU, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
    this.identity = { name: 'onnxruntime', version: library.version, device };
  }

  async compile(program: Program): Promise<Executable> {
    const stages = stagesOf(splitTranspositions(hoistScalars(program)), this.worth);
    const held = this.placed(stages);
    return new OnnxExecutable(
      this.library,
      this,
      program,
      stages.map((stage) => this.compiled(stage)),
      held,
    );
  }

  /**
   * Memory for what lies between stages, and for constants of loops. No two programs of an engine run at once, so all
   * share one stock; within a program, what is no longer read makes room for what comes then.
   */
  private placed(stages: readonly Stage[]): Map<string, Memory> {
    const held = new Map<string, Memory>();
    const lastRead = new Map<string, number>();
    stages.forEach(({ program }, i) => {
      for (const slot of Object.keys(program.inputs)) lastRead.set(slot, i);
    });
    const taken = new Set<OnnxArray>();
    stages.forEach((stage, i) => {
      for (const [slot, { type }] of Object.entries(stage.program.outputs)) {
        if (isOutside(slot)) continue;
        const data = this.spareFor(type, taken);
        taken.add(data);
        held.set(slot, new Memory(this.library, data, type.shape));
      }
      if (stage.by === 'loop')
        for (const [slot, { type, attributes }] of Object.entries(stage.constants)) {
          const data = this.floats(sizeOf(type.shape));
          data.set(attributes.data as Float64Array);
          held.set(slot, new Memory(this.library, data, type.shape));
        }
      for (const slot of Object.keys(stage.program.inputs)) {
        const memory = held.get(slot);
        if (memory && lastRead.get(slot) === i) taken.delete(memory.data);
      }
    });
    return held;
  }

  private spareFor({ dtype, shape }: TensorType, taken: ReadonlySet<OnnxArray>): OnnxArray {
    const size = sizeOf(shape);
    const found = this.between.find((data) => data.length === size && data instanceof ARRAYS[dtype] && !taken.has(data));
    if (found) return found;
    const made = this.room(size, dtype);
    this.between.push(made);
    return made;
  }

  private part(program: Program): Compiled {
    const model = lower({ ...program, inputs: numbered(program.inputs), outputs: numbered(program.outputs) });
    const inputs = model.inputs.map(({ name }) => name);
    // Lowered, a program may need fewer inputs than before.
    const fed = Object.keys(program.inputs).flatMap((name, i) =>
      inputs.includes(inputName(`${i}`)) ? [{ name, short: inputName(`${i}`) }] : [],
    );
    const options = { inputs: fed.map(({ short }) => short), outputs: model.outputs.map(({ name }) => name), threads: this.threads };
    const session = this.library.open(encodeModel(model), { ...options, inOnePiece: workingBytes(program) < LARGE });
    return { by: 'engine', session, inputs: fed.map(({ name }) => name), outputs: Object.keys(program.outputs) };
  }

  private compiled(stage: Stage): Compiled {
    if (stage.by === 'engine') return this.part(stage.program);
    if (stage.by === 'moves') {
      const { table, ...moves } = movesOf(stage.program);
      const scratch = this.memory.float(table.length);
      new Int32Array(scratch.buffer, scratch.byteOffset, table.length).set(table);
      return this.loop(moves, scratch);
    }
    const { scratch: bytes, ...loop } = rowLoop(stage.program, stage.space);
    return this.loop(loop, this.memory.float(bytes / 4));
  }

  private loop({ code, inputs, outputs }: Omit<RowLoop, 'scratch'>, scratch: Float32Array): Compiled {
    const memory = memoryOf(scratch) as WebAssembly.Memory;
    const module = new WebAssembly.Module(assemble([code], 'shared'));
    const { run } = new WebAssembly.Instance(module, { host: { memory } }).exports as unknown as Pick<
      Compiled & { readonly by: 'loop' },
      'run'
    >;
    return { by: 'loop', run, scratch, inputs, outputs };
  }

  tensor(data: ArrayLike<number>, shape: readonly number[], dtype: DType = 'float'): Tensor {
    if (dtype === 'half') return this.over(bitsOf(data), shape, dtype);
    if (dtype === 'float') return this.over(data instanceof Float32Array ? data : Float32Array.from(data), shape, dtype);
    return this.over(data instanceof Int32Array ? data : Int32Array.from(data), shape, dtype);
  }

  allocate(shape: readonly number[], dtype: DType = 'float'): Tensor {
    return this.over(this.room(sizeOf(shape), dtype), shape, dtype);
  }

  storage(entries: readonly StorageEntry[], length: number): Storage {
    return this.storageOver(this.memory.float(length), entries);
  }

  storageOver(flat: FloatArray, entries: readonly StorageEntry[]): Storage {
    if (!(flat instanceof Float32Array)) throw new TypeError('onnxruntime computes in float32');
    return hostStorage(flat, entries, (part, shape) => this.over(part, shape, 'float'));
  }

  blank({ dtype, shape }: TensorType): Memory {
    return new Memory(this.library, new ARRAYS[dtype](sizeOf(shape)), shape);
  }

  floats(length: number): Float32Array {
    return this.memory.float(length);
  }

  peek(tensor: Tensor): FloatArray {
    return OnnxTensor.memoryOf(tensor).data as Float32Array;
  }

  async read(tensor: Tensor): Promise<HostArray> {
    const { data } = OnnxTensor.memoryOf(tensor);
    return data instanceof Uint16Array ? numbersOf(data) : data.slice();
  }

  release(tensor: Tensor): void {
    OnnxTensor.release(tensor);
  }

  async dispose(): Promise<void> {}

  private room(size: number, dtype: DType): OnnxArray {
    return dtype === 'float' ? this.memory.float(size) : dtype === 'half' ? this.memory.half(size) : this.memory.int(size);
  }

  private over(data: OnnxArray, shape: readonly number[], dtype: DType): OnnxTensor {
    return new OnnxTensor(dtype, shape, new Memory(this.library, data, shape));
  }
}

/** @throws whatever loading the native library throws; `selectEngine` gives that a name. */
export async function createOnnxEngine(options: OnnxOptions = {}): Promise<Engine> {
  return new OnnxEngine(await loadOnnxLibrary(), options.threads ?? 1, options.worth);
}
