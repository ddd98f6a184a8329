// onnxruntime's C interface, called as it is. Its package for Node.js copies every output into new memory, although
// it was written where it was told to, takes microseconds for every tensor, and refuses memory that threads share:
// measured, a fifth of a thin layer's forward pass and a tenth of its backward pass. A handle is an address.

import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

type Koffi = typeof import('koffi');
type HostData = Float32Array | Int32Array | Uint16Array;

/** Address of something that the library made. */
export type Handle = bigint;

/**
 * Places of functions in the table `OrtApi` (onnxruntime_c_api.h), to which versions only append; their arguments.
 * Those that can fail give the address of a status, 0 where all is well.
 */
const FUNCTIONS = {
  GetErrorMessage: [2, 'string', ['status']],
  CreateEnv: [3, 'status', ['int', 'string', 'out']],
  CreateSessionFromArray: [8, 'status', ['handle', 'memory', 'size', 'handle', 'out']],
  Run: [9, 'status', ['handle', 'handle', 'handle', 'handle', 'size', 'handle', 'size', 'handle']],
  CreateSessionOptions: [10, 'status', ['out']],
  DisableMemPattern: [17, 'status', ['handle']],
  SetSessionLogSeverityLevel: [22, 'status', ['handle', 'int']],
  SetSessionGraphOptimizationLevel: [23, 'status', ['handle', 'int']],
  SetIntraOpNumThreads: [24, 'status', ['handle', 'int']],
  SetInterOpNumThreads: [25, 'status', ['handle', 'int']],
  CreateTensorWithDataAsOrtValue: [49, 'status', ['handle', 'memory', 'size', 'memory', 'size', 'int', 'out']],
  CreateCpuMemoryInfo: [69, 'status', ['int', 'int', 'out']],
  ReleaseStatus: [93, 'void', ['status']],
  ReleaseSession: [95, 'void', ['handle']],
  ReleaseValue: [96, 'void', ['handle']],
  ReleaseSessionOptions: [100, 'void', ['handle']],
  AddSessionConfigEntry: [130, 'status', ['handle', 'string', 'string']],
  CreateAndRegisterAllocator: [144, 'status', ['handle', 'handle', 'handle']],
  CreateArenaCfg: [156, 'status', ['size', 'int', 'int', 'int', 'out']],
  ReleaseArenaCfg: [157, 'void', ['handle']],
} as const;

/** As the library declares them. Addresses are numbers: nothing of what they lead to is looked at from here. */
const TYPES = {
  handle: 'uint64_t',
  status: 'uint64_t',
  memory: 'void *',
  out: 'void *',
  size: 'size_t',
  int: 'int',
  string: 'const char *',
  void: 'void',
} as const;

type Argument = bigint | number | string | ArrayBufferView;
/** A status is 0, or an address, which is a number where one holds it. */
type Native = (...args: readonly Argument[]) => number | bigint | string;
type Api = Readonly<Record<keyof typeof FUNCTIONS, Native>>;

/** The version of the interface in which all that is asked for here was there. */
const INTERFACE = 8;
const POINTER_BYTES = 8;
const ERRORS_ONLY = 3;
const ALL_OPTIMISATIONS = 99;
const [ARENA, DEFAULT_MEMORY] = [1, 0];
/** ONNXTensorElementDataType. */
const [FLOAT, INT32, FLOAT16] = [1, 6, 10];
const NO_OPTIONS = 0;
/** Of an arena: no limit, it grows by what is asked for, and cuts its pieces as it likes. */
const ARENA_OPTIONS = [0, 1, -1, -1] as const;
/**
 * What every session is told. All share one arena: memory for a program's values is asked of the system once and
 * not at every run, a tenth of a wide layer's time (measured), and no session holds on to what only others need.
 * A product is not to transpose by itself what was transposed for it.
 */
const SETTINGS = {
  'session.use_env_allocators': '1',
  'optimization.disable_specified_optimizers': 'MatmulTransposeFusion;GemmTransposeFusion',
} as const;

export interface OnnxSessionOptions {
  /** Names in the model. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Within one run. */
  readonly threads: number;
  /**
   * Whether a run's values share one piece of memory from the second run on. That is a hundredth quicker, and leaves
   * the pieces of the first run in the arena.
   */
  readonly inOnePiece: boolean;
}

/** The library in this process, for one thread: each has its own. */
export class OnnxLibrary {
  private readonly cell = new BigUint64Array(1);
  private readonly environment: Handle;
  private readonly memory: Handle;

  constructor(
    private readonly koffi: Koffi,
    readonly version: string,
    private readonly api: Api,
  ) {
    this.environment = this.made(api.CreateEnv, ERRORS_ONLY, 'fathom');
    this.memory = this.made(api.CreateCpuMemoryInfo, ARENA, DEFAULT_MEMORY);
    this.shareArena();
  }

  /** Of the process: where another thread has made it, it is there. */
  private shareArena(): void {
    const { api } = this;
    const arena = this.made(api.CreateArenaCfg, ...ARENA_OPTIONS);
    const status = api.CreateAndRegisterAllocator(this.environment, this.memory, arena);
    if (status) api.ReleaseStatus(status);
    api.ReleaseArenaCfg(arena);
  }

  /**
   * @param model bytes of an ONNX file.
   * @throws Error with the library's own message.
   */
  open(model: Uint8Array, { inputs, outputs, threads, inOnePiece }: OnnxSessionOptions): OnnxSession {
    const { api } = this;
    const options = this.made(api.CreateSessionOptions);
    try {
      this.check(api.SetIntraOpNumThreads(options, threads));
      this.check(api.SetInterOpNumThreads(options, 1));
      this.check(api.SetSessionGraphOptimizationLevel(options, ALL_OPTIMISATIONS));
      this.check(api.SetSessionLogSeverityLevel(options, ERRORS_ONLY));
      if (!inOnePiece) this.check(api.DisableMemPattern(options));
      for (const [name, value] of Object.entries(SETTINGS)) this.check(api.AddSessionConfigEntry(options, name, value));
      const session = this.made(api.CreateSessionFromArray, this.environment, model, model.length, options);
      return new OnnxSession(this, session, this.names(inputs), this.names(outputs));
    } finally {
      api.ReleaseSessionOptions(options);
    }
  }

  /** A tensor over memory, which has to stay for as long as the tensor is used. Give it back with `release`. */
  tensor(data: HostData, shape: readonly number[]): Handle {
    const element = data instanceof Float32Array ? FLOAT : data instanceof Uint16Array ? FLOAT16 : INT32;
    const extents = BigInt64Array.from(shape, BigInt);
    // To ask a small array for its buffer moves its elements to where they then stay.
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return this.made(this.api.CreateTensorWithDataAsOrtValue, this.memory, bytes, bytes.length, extents, shape.length, element);
  }

  release(tensor: Handle): void {
    this.api.ReleaseValue(tensor);
  }

  /** Where handles lie, for as long as the array is held. */
  addressOf(handles: BigUint64Array): number {
    // To ask a small array for its buffer moves its elements to where they then stay.
    return handles.buffer.byteLength === 0 ? 0 : Number(this.koffi.address(handles));
  }

  /** @param inputs address of handles in the order of the session's names, as @param outputs, which are written. */
  run(session: number, inputNames: Names, inputs: number, outputNames: Names, outputs: number): void {
    this.check(
      this.api.Run(session, NO_OPTIONS, inputNames.address, inputs, inputNames.count, outputNames.address, outputNames.count, outputs),
    );
  }

  close(session: Handle): void {
    this.api.ReleaseSession(session);
  }

  private made(make: Native, ...args: readonly Argument[]): Handle {
    this.check(make(...args, this.cell));
    return this.cell[0] as Handle;
  }

  private check(status: ReturnType<Native>): void {
    if (!status) return;
    const message = String(this.api.GetErrorMessage(status));
    this.api.ReleaseStatus(status);
    throw new Error(message);
  }

  private names(names: readonly string[]): Names {
    const encoded = names.map((name) => Buffer.from(`${name}\0`));
    const text = Buffer.concat(encoded);
    const start = BigInt(this.koffi.address(text));
    let offset = 0n;
    const addresses = BigUint64Array.from(encoded, ({ length }) => {
      const address = start + offset;
      offset += BigInt(length);
      return address;
    });
    return { text, addresses, address: this.addressOf(addresses), count: names.length };
  }
}

/** An array of C strings; the addresses hold for as long as the text does. */
interface Names {
  readonly text: Buffer;
  readonly addresses: BigUint64Array;
  readonly address: number;
  readonly count: number;
}

/** A compiled model. */
export class OnnxSession {
  private readonly address: number;

  constructor(
    private readonly library: OnnxLibrary,
    private readonly handle: Handle,
    private readonly inputNames: Names,
    private readonly outputNames: Names,
  ) {
    this.address = Number(handle);
  }

  /**
   * Blocks until all outputs are written.
   * @param inputs where handles of tensors lie, in the order of the names that the session was opened with, as @param outputs.
   * @throws Error with the library's own message.
   */
  run(inputs: number, outputs: number): void {
    this.library.run(this.address, this.inputNames, inputs, this.outputNames, outputs);
  }

  close(): void {
    this.library.close(this.handle);
  }
}

/** @throws Error of whatever does not load. */
export async function loadOnnxLibrary(): Promise<OnnxLibrary> {
  const { default: koffi } = await import('koffi');
  const library = koffi.load(libraryFile());
  const base = library.func('OrtGetApiBase', 'void *', [])();
  const called = (table: unknown, place: number, result: string, parameters: readonly string[]): Native =>
    koffi.decode(koffi.decode(table, POINTER_BYTES * place, 'void *'), koffi.proto(result, [...parameters]));
  const table: unknown = called(base, 0, 'void *', ['uint32_t'])(INTERFACE);
  const version = String(called(base, 1, TYPES.string, [])());
  const api = Object.fromEntries(
    Object.entries(FUNCTIONS).map(([name, [place, result, parameters]]) => [
      name,
      called(
        table,
        place,
        TYPES[result],
        parameters.map((parameter) => TYPES[parameter]),
      ),
    ]),
  ) as Api;
  return new OnnxLibrary(koffi, version, api);
}

/** Where the package for Node.js keeps this platform's library. */
function libraryFile(): string {
  const scripts = path.dirname(createRequire(import.meta.url).resolve('onnxruntime-node'));
  const folder = path.resolve(scripts, '../bin/napi-v6', process.platform, process.arch);
  const found = readdirSync(folder).find((file) => /^(lib)?onnxruntime(\.\d+)*\.(dll|dylib|so)(\.\d+)*$/.test(file));
  if (found === undefined) throw new Error(`there is no onnxruntime in ${folder}`);
  return path.join(folder, found);
}
