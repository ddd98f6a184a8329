// TensorFlow.js: programs as a few calls per value, on WebAssembly wherever Fathom runs and on CUDA where
// tfjs-node-gpu is installed. Weights lie on the host, where the optimiser's loops reach them; what only
// programs read stays where they compute. A program's results that belong on the host come back together.

import type { Tensor as Native } from '@tensorflow/tfjs-core';
import { type DType, formatType, type Program, reachable, sizeOf, type Value } from '../../graph/value';
import { AlignedMemory } from '../alignedMemory';
import type { Engine, EngineIdentity, Executable, HostArray, Storage, StorageEntry, Tensor } from '../engine';
import { Holdings } from '../holdings';
import { checkInputs, checkInto, type UsedInput, usedInputs } from '../inputs';
import { HOST_KERNELS } from '../kernels/host';
import { hostStorage } from '../storage';
import { type Library, loadLibrary, type Tf, type TfjsName } from './library';
import { RULES } from './rules';

type TfjsArray = Float32Array | Int32Array;

/** On the host for good, on the host until a program writes into it, or with the library. */
type Held = { readonly place: 'storage' | 'host'; readonly data: TfjsArray } | { readonly place: 'library'; readonly native: Native };

const HOLDINGS = new Holdings<Held>('TensorFlow.js', (held) => held.place === 'library' && held.native.dispose());

class TfjsExecutable implements Executable {
  private readonly used: readonly UsedInput[];
  private readonly order: readonly Value[];
  private readonly constants = new Map<number, Native>();
  /** Values by the one that is the last to need them. */
  private readonly dying: ReadonlyMap<number, readonly Value[]>;

  constructor(
    readonly program: Program,
    private readonly tf: Tf,
  ) {
    this.used = usedInputs(program);
    const values = reachable(Object.values(program.outputs));
    for (const value of values)
      if (value.primitive !== 'input' && !(value.primitive in RULES))
        throw new Error(`program '${program.name}': TensorFlow.js has no rule for '${value.primitive}' (${formatType(value.type)})`);
    for (const value of values) if (value.primitive === 'constant') this.constants.set(value.id, this.compute(value, []));
    this.order = values.filter((value) => value.primitive !== 'input' && value.primitive !== 'constant');
    this.dying = lastUses(this.order, Object.values(program.outputs));
  }

  async run(inputs: Readonly<Record<string, Tensor>>, into: Readonly<Record<string, Tensor>> = {}): Promise<Record<string, Tensor>> {
    checkInputs(this.program, this.used, inputs);
    checkInto(this.program, into);
    const values = new Map(this.constants);
    const uploaded = this.used.map(({ name, value }) => {
      const native = this.nativeOf(inputs[name] as Tensor);
      values.set(value.id, native);
      return native;
    });
    for (const value of this.order) {
      values.set(
        value.id,
        this.compute(
          value,
          value.inputs.map((source) => values.get(source.id) as Native),
        ),
      );
      for (const dead of this.dying.get(value.id) ?? []) values.get(dead.id)?.dispose();
    }
    const results: Record<string, Tensor> = {};
    const returning: { readonly native: Native; readonly data: TfjsArray }[] = [];
    for (const [name, { id, type }] of Object.entries(this.program.outputs)) {
      const native = values.get(id) as Native;
      const target = into[name];
      const held = target && HOLDINGS.of(target);
      if (held?.place === 'storage') returning.push({ native, data: held.data });
      else if (target) HOLDINGS.replace(target, { place: 'library', native: native.clone() });
      results[name] = target ?? HOLDINGS.tensor(type.dtype, type.shape, { place: 'library', native: native.clone() });
    }
    await this.bringBack(returning);
    for (const native of uploaded) native.dispose();
    for (const { id } of new Set(Object.values(this.program.outputs))) if (!this.constants.has(id)) values.get(id)?.dispose();
    return results;
  }

  async dispose(): Promise<void> {
    for (const native of this.constants.values()) native.dispose();
    this.constants.clear();
  }

  private compute(value: Value, inputs: readonly Native[]): Native {
    const rule = RULES[value.primitive];
    return this.tf.tidy(() => {
      const result = rule?.(this.tf, inputs, value) as Native;
      // An operator that has nothing to do may give its input back, which has a life of its own.
      return inputs.includes(result) ? result.clone() : result;
    });
  }

  /** Of whoever uses it alone, to be disposed of. */
  private nativeOf(tensor: Tensor): Native {
    const held = HOLDINGS.of(tensor);
    if (held.place === 'library') return held.native.clone();
    return this.tf.tensor(held.data.slice(), [...tensor.shape], tensor.dtype === 'float' ? 'float32' : 'int32');
  }

  /** One read-back for all: where the library computes on a card, each would wait for it. */
  private async bringBack(returning: readonly { readonly native: Native; readonly data: TfjsArray }[]): Promise<void> {
    if (returning.length === 0) return;
    const together = this.tf.tidy(() => this.tf.concat(returning.map(({ native }) => this.tf.reshape(native, [-1]))));
    const values = await together.data();
    together.dispose();
    let from = 0;
    for (const { data } of returning) {
      data.set(values.subarray(from, from + data.length));
      from += data.length;
    }
  }
}

/** For each value, those that nothing needs after it; outputs and inputs stay. */
function lastUses(order: readonly Value[], outputs: readonly Value[]): Map<number, Value[]> {
  const kept = new Set(outputs.map((value) => value.id));
  const last = new Map<Value, number>();
  for (const value of order) for (const source of value.inputs) last.set(source, value.id);
  const dying = new Map<number, Value[]>();
  for (const [value, id] of last) {
    if (kept.has(value.id) || value.primitive === 'input' || value.primitive === 'constant') continue;
    dying.set(id, [...(dying.get(id) ?? []), value]);
  }
  return dying;
}

class TfjsEngine implements Engine {
  readonly identity: EngineIdentity;
  readonly hostKernels = HOST_KERNELS;
  private readonly memory = new AlignedMemory();
  private readonly tf: Tf;

  constructor(name: TfjsName, { tf, version, device }: Library) {
    this.tf = tf;
    this.identity = { name, version, device };
  }

  async compile(program: Program): Promise<Executable> {
    return new TfjsExecutable(program, this.tf);
  }

  tensor(data: ArrayLike<number>, shape: readonly number[], dtype: DType = 'float'): Tensor {
    if (data.length !== sizeOf(shape)) throw new RangeError(`tensor: ${data.length} values for shape [${shape.join(', ')}]`);
    if (dtype === 'float') return this.host(data instanceof Float32Array ? data : Float32Array.from(data), shape, dtype);
    return this.host(data instanceof Int32Array ? data : Int32Array.from(data), shape, dtype);
  }

  allocate(shape: readonly number[], dtype: DType = 'float'): Tensor {
    const size = sizeOf(shape);
    return this.host(dtype === 'float' ? new Float32Array(size) : new Int32Array(size), shape, dtype);
  }

  storage(entries: readonly StorageEntry[], length: number): Storage {
    const view = (data: Float32Array, shape: readonly number[]): Tensor => HOLDINGS.tensor('float', shape, { place: 'storage', data });
    return hostStorage(this.memory.float(length), entries, view);
  }

  async read(tensor: Tensor): Promise<HostArray> {
    const held = HOLDINGS.of(tensor);
    if (held.place !== 'library') return held.data.slice();
    return (await held.native.data()).slice() as TfjsArray;
  }

  release(tensor: Tensor): void {
    HOLDINGS.release(tensor);
  }

  async dispose(): Promise<void> {}

  private host(data: TfjsArray, shape: readonly number[], dtype: DType): Tensor {
    return HOLDINGS.tensor(dtype, shape, { place: 'host', data });
  }
}

/** @throws whatever loading the library throws; `selectEngine` gives that a name. */
export async function createTfjsEngine(name: TfjsName = 'tfjs'): Promise<Engine> {
  return new TfjsEngine(name, await loadLibrary(name));
}
