// The oracle: float64, one primitive after the other by its own meaning, nothing fused, nothing
// clever. Every other engine is tested against it.

import { f16round } from '@petamoriken/float16';
import type { Dense } from '../../graph/primitive';
import { primitiveNamed } from '../../graph/primitives';
import { type DType, type Program, reachable, sizeOf, type Value } from '../../graph/value';
import type { Engine, EngineIdentity, Executable, HostArray, Storage, StorageEntry, Tensor } from '../engine';
import { checkInputs, checkInto, usedInputs } from '../inputs';
import { HOST_KERNELS } from '../kernels/host';
import { hostStorage } from '../storage';

type ReferenceArray = Float64Array | Int32Array;

class ReferenceTensor implements Tensor {
  #data: ReferenceArray | undefined;

  constructor(
    readonly dtype: DType,
    readonly shape: readonly number[],
    data: ReferenceArray,
  ) {
    if (data.length !== sizeOf(shape)) throw new RangeError(`tensor: ${data.length} values for shape [${shape.join(', ')}]`);
    this.#data = data;
  }

  static dataOf(tensor: Tensor): ReferenceArray {
    if (!(tensor instanceof ReferenceTensor)) throw new TypeError('tensor of another engine than the reference engine');
    if (!tensor.#data) throw new Error(`tensor [${tensor.shape.join(', ')}] was released`);
    return tensor.#data;
  }

  static release(tensor: Tensor): void {
    if (tensor instanceof ReferenceTensor) tensor.#data = undefined;
  }
}

class ReferenceExecutable implements Executable {
  private readonly used;
  private readonly order: readonly Value[];

  constructor(readonly program: Program) {
    this.used = usedInputs(program);
    this.order = reachable(Object.values(program.outputs)).filter((value) => value.primitive !== 'input');
  }

  async run(inputs: Readonly<Record<string, Tensor>>, into: Readonly<Record<string, Tensor>> = {}): Promise<Record<string, Tensor>> {
    checkInputs(this.program, this.used, inputs);
    checkInto(this.program, into);
    const values = new Map<number, Dense>();
    for (const { name, value } of this.used) {
      const data = ReferenceTensor.dataOf(inputs[name] as Tensor);
      values.set(value.id, { shape: value.type.shape, data: data instanceof Float64Array ? data : Float64Array.from(data) });
    }
    for (const value of this.order) {
      const operands = value.inputs.map((operand) => values.get(operand.id) as Dense);
      const data = primitiveNamed(value.primitive).evaluate(operands, value.attributes, value.type);
      values.set(value.id, { shape: value.type.shape, data });
    }
    const results: Record<string, Tensor> = {};
    for (const [name, value] of Object.entries(this.program.outputs)) {
      const { data } = values.get(value.id) as Dense;
      const target = into[name];
      // Copied in either case: an output may be an input, a constant or another output's memory.
      if (target) ReferenceTensor.dataOf(target).set(data);
      results[name] = target ?? makeTensor(data, value.type.shape, value.type.dtype);
    }
    return results;
  }

  async dispose(): Promise<void> {}
}

function makeTensor(data: ArrayLike<number>, shape: readonly number[], dtype: DType): ReferenceTensor {
  if (dtype === 'half') return new ReferenceTensor(dtype, shape, Float64Array.from(data, f16round));
  return new ReferenceTensor(dtype, shape, dtype === 'float' ? Float64Array.from(data) : Int32Array.from(data));
}

class ReferenceEngine implements Engine {
  readonly identity: EngineIdentity = { name: 'reference', version: '1', device: 'CPU, 1 thread, float64' };
  readonly hostKernels = HOST_KERNELS;

  async compile(program: Program): Promise<Executable> {
    return new ReferenceExecutable(program);
  }

  tensor(data: ArrayLike<number>, shape: readonly number[], dtype: DType = 'float'): Tensor {
    return makeTensor(data, shape, dtype);
  }

  allocate(shape: readonly number[], dtype: DType = 'float'): Tensor {
    return makeTensor(new Float64Array(sizeOf(shape)), shape, dtype);
  }

  storage(entries: readonly StorageEntry[], length: number): Storage {
    return hostStorage(new Float64Array(length), entries, (part, shape) => new ReferenceTensor('float', shape, part));
  }

  async read(tensor: Tensor): Promise<HostArray> {
    return ReferenceTensor.dataOf(tensor).slice();
  }

  release(tensor: Tensor): void {
    ReferenceTensor.release(tensor);
  }

  async dispose(): Promise<void> {}
}

export function createReferenceEngine(): Engine {
  return new ReferenceEngine();
}
