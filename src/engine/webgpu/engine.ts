// WebGPU through onnxruntime: any vendor's card, nothing to install. Streams, cotangents and what layers
// keep stay on the card from one program to the next; weights lie on the host, where the optimiser's loops
// reach them, and travel with each run.

import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { type DType, type Program, sizeOf, type TensorType } from '../../graph/value';
import { AlignedMemory } from '../alignedMemory';
import type { Engine, EngineIdentity, Executable, HostArray, Storage, StorageEntry, Tensor } from '../engine';
import { bitsOf, numbersOf } from '../halves';
import { Holdings } from '../holdings';
import { checkInputs, checkInto, type UsedInput, usedInputs } from '../inputs';
import { HOST_KERNELS } from '../kernels/host';
import { elementOf, inputName, lower, outputName } from '../onnxruntime/lower';
import { encodeModel, type Model, type TensorInfo } from '../onnxruntime/proto';
import { hostStorage } from '../storage';
import { PACKED, packable, packed, unpacked } from './readBack';
import { WEBGPU_RULES } from './rules';

type Runtime = typeof import('onnxruntime-node');
/** Halves as their bits. */
type HostData = Float32Array | Int32Array | Uint16Array;

/** On the host for good, on the host until a program writes into it, or on the card. */
type Held =
  | { readonly place: 'storage' | 'host'; readonly data: HostData; readonly native: OrtTensor }
  | { readonly place: 'card'; readonly native: OrtTensor };

const HOLDINGS = new Holdings<Held>('WebGPU', (held) => held.place === 'card' && held.native.dispose());

interface Prepared {
  readonly session: InferenceSession;
  /** Outputs that come back as one. */
  readonly joined: readonly TensorInfo[];
}

/** Which outputs stay on the card is part of a session, so there is one for every set that was asked for. */
class WebGpuExecutable implements Executable {
  private readonly used: readonly UsedInput[];
  private readonly model: Model;
  private readonly prepared = new Map<string, Promise<Prepared>>();

  constructor(
    private readonly engine: WebGpuEngine,
    readonly program: Program,
  ) {
    this.used = usedInputs(program);
    this.model = lower(program, WEBGPU_RULES);
  }

  async run(inputs: Readonly<Record<string, Tensor>>, into: Readonly<Record<string, Tensor>> = {}): Promise<Record<string, Tensor>> {
    checkInputs(this.program, this.used, inputs);
    checkInto(this.program, into);
    const feeds: Record<string, OrtTensor> = {};
    for (const { name } of this.used) feeds[inputName(name)] = HOLDINGS.of(inputs[name] as Tensor).native;
    const outputs = Object.entries(this.program.outputs);
    const staying = outputs
      .map(([name]) => name)
      .filter((name) => into[name] && STAYING.has(into[name].dtype) && HOLDINGS.of(into[name]).place !== 'storage');
    const { session, joined } = await this.prepare(staying);
    const found = await session.run(feeds);
    const parts = unpacked(found[PACKED]?.data as Float32Array, joined);
    const results: Record<string, Tensor> = {};
    for (const [name, { type }] of outputs) {
      const native = found[outputName(name)] as OrtTensor;
      const target = into[name];
      const data = (): HostData => parts.get(outputName(name)) ?? (native.data as HostData);
      if (!target) results[name] = this.engine.host(data(), type);
      else if (staying.includes(name)) HOLDINGS.replace(target, { place: 'card', native });
      else this.engine.put(target, data());
      results[name] ??= target as Tensor;
    }
    return results;
  }

  async dispose(): Promise<void> {
    for (const { session } of await Promise.all(this.prepared.values())) await session.release();
    this.prepared.clear();
  }

  private prepare(staying: readonly string[]): Promise<Prepared> {
    const key = staying.join();
    const found = this.prepared.get(key) ?? this.open(staying.map(outputName));
    this.prepared.set(key, found);
    return found;
  }

  private async open(staying: readonly string[]): Promise<Prepared> {
    const fetched = this.model.outputs.filter(({ name, element }) => element === 'float' && !staying.includes(name));
    const joined = packable(fetched);
    return { session: await this.engine.open(packed(this.model, joined), staying), joined };
  }
}

class WebGpuEngine implements Engine {
  readonly identity: EngineIdentity;
  readonly hostKernels = HOST_KERNELS;
  private readonly memory = new AlignedMemory();
  private readonly readers = new Map<string, Promise<InferenceSession>>();

  constructor(
    private readonly runtime: Runtime,
    { name, device }: WebGpuOptions,
  ) {
    this.identity = { name, version: runtime.env.versions.node ?? 'unknown', device };
  }

  async compile(program: Program): Promise<Executable> {
    return new WebGpuExecutable(this, program);
  }

  /** @param staying outputs that are left on the card. */
  open(model: Model, staying: readonly string[] = []): Promise<InferenceSession> {
    const preferredOutputLocation = Object.fromEntries(
      model.outputs.map(({ name }) => [name, staying.includes(name) ? 'gpu-buffer' : 'cpu'] as const),
    );
    return this.runtime.InferenceSession.create(encodeModel(model), {
      // Shapes never change, and so what a run leaves is just what the next one wants.
      executionProviders: [{ name: 'webgpu', storageBufferCacheMode: 'simple' } as InferenceSession.ExecutionProviderConfig],
      preferredOutputLocation,
      graphOptimizationLevel: 'all',
      // Nothing is left for the processor to share out, and threads of each session would spin while the card works.
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    });
  }

  tensor(data: ArrayLike<number>, shape: readonly number[], dtype: DType = 'float'): Tensor {
    if (dtype === 'half') return this.host(bitsOf(data), { dtype, shape });
    if (dtype === 'float') return this.host(data instanceof Float32Array ? data : Float32Array.from(data), { dtype, shape });
    return this.host(data instanceof Int32Array ? data : Int32Array.from(data), { dtype, shape });
  }

  allocate(shape: readonly number[], dtype: DType = 'float'): Tensor {
    const size = sizeOf(shape);
    if (dtype === 'half') return this.host(new Uint16Array(size), { dtype, shape });
    return this.host(dtype === 'float' ? new Float32Array(size) : new Int32Array(size), { dtype, shape });
  }

  storage(entries: readonly StorageEntry[], length: number): Storage {
    return hostStorage(this.memory.float(length), entries, (part, shape) => this.host(part, { dtype: 'float', shape }, 'storage'));
  }

  /** Asking a tensor on the card for its data ends the process (onnxruntime 1.30), hence a session that hands it over. */
  async read(tensor: Tensor): Promise<HostArray> {
    const held = HOLDINGS.of(tensor);
    if (held.place !== 'card') return numeric(held.data);
    const key = `${tensor.dtype} ${tensor.shape.join()}`;
    const reader = this.readers.get(key) ?? this.open(handover(tensor));
    this.readers.set(key, reader);
    const { y } = await (await reader).run({ x: held.native });
    return numeric((y as OrtTensor).data as HostData);
  }

  release(tensor: Tensor): void {
    HOLDINGS.release(tensor);
  }

  async dispose(): Promise<void> {
    for (const reader of await Promise.all(this.readers.values())) await reader.release();
    this.readers.clear();
  }

  host(data: HostData, { dtype, shape }: TensorType, place: 'storage' | 'host' = 'host'): Tensor {
    if (data.length !== sizeOf(shape)) throw new RangeError(`tensor: ${data.length} values for shape [${shape.join(', ')}]`);
    const native =
      data instanceof Float32Array
        ? new this.runtime.Tensor('float32', data, [...shape])
        : data instanceof Uint16Array
          ? new this.runtime.Tensor('float16', data, [...shape])
          : new this.runtime.Tensor('int32', data, [...shape]);
    return HOLDINGS.tensor(dtype, shape, { place, data, native });
  }

  /** Copies into a tensor on the host. */
  put(target: Tensor, data: HostData): void {
    const held = HOLDINGS.of(target);
    if (held.place === 'card') throw new Error('only floats are left on the card');
    held.data.set(data);
  }
}

/** What is left on the card. */
const STAYING: ReadonlySet<DType> = new Set(['float', 'half']);

/** Copies, halves as the numbers that they stand for. */
function numeric(data: HostData): HostArray {
  if (data instanceof Float32Array || data instanceof Int32Array) return data.slice();
  // Where the platform has an array of halves, the library gives that.
  return data instanceof Uint16Array ? numbersOf(data) : Float32Array.from(data);
}

/** A model that gives its input back. */
function handover(tensor: Tensor): Model {
  const { shape } = tensor;
  const element = elementOf(tensor);
  return {
    name: 'handover',
    imports: { '': 18 },
    inputs: [{ name: 'x', element, shape }],
    outputs: [{ name: 'y', element, shape }],
    nodes: [{ operator: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} }],
    initialisers: [],
  };
}

/** What the identity is to say. */
export interface WebGpuOptions {
  readonly name: 'webgpu' | 'webgpu-software';
  readonly device: string;
}

/**
 * @throws whatever loading the library or finding an adapter throws; `selectEngine` gives that a name.
 */
export async function createWebGpuEngine(options: WebGpuOptions): Promise<Engine> {
  const engine = new WebGpuEngine(await import('onnxruntime-node'), options);
  // The adapter is looked for when the first session asks for it: better now than in mid-run.
  const scalar = engine.allocate([]);
  await (await engine.open(handover(scalar))).release();
  return engine;
}
