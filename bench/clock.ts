// Where a step's time goes, seen from outside: an engine that notes how long each program ran.

import type { Engine, Executable } from '../src/engine/engine';

export type Part = 'forward' | 'backward' | 'head' | 'update' | 'statistics';

export class Clock {
  private seconds = new Map<string, number>();

  add(part: Part, milliseconds: number): void {
    this.seconds.set(part, (this.seconds.get(part) ?? 0) + milliseconds / 1000);
  }

  async timed<T>(part: Part, work: () => Promise<T> | T): Promise<T> {
    const begun = performance.now();
    try {
      return await work();
    } finally {
      this.add(part, performance.now() - begun);
    }
  }

  /** What has been noted since the last time this was asked. */
  take(): Record<string, number> {
    const taken = Object.fromEntries(this.seconds);
    this.seconds = new Map();
    return taken;
  }
}

function partOf(name: string): Part {
  if (name === 'head') return 'head';
  return name.endsWith('.backward') ? 'backward' : 'forward';
}

/** The same engine, each run of a program noted as what it is for. */
export function clocked(engine: Engine, clock: Clock): Engine {
  const { hostKernels, storageOver, peek } = engine;
  return {
    identity: engine.identity,
    ...(hostKernels && { hostKernels }),
    ...(storageOver && { storageOver: storageOver.bind(engine) }),
    ...(peek && { peek: peek.bind(engine) }),
    async compile(program): Promise<Executable> {
      const executable = await engine.compile(program);
      const part = partOf(program.name);
      return {
        program,
        run: (inputs, into) => clock.timed(part, () => executable.run(inputs, into)),
        dispose: () => executable.dispose(),
      };
    },
    tensor: (data, shape, dtype) => engine.tensor(data, shape, dtype),
    allocate: (shape, dtype) => engine.allocate(shape, dtype),
    storage: (entries, length) => engine.storage(entries, length),
    read: (tensor) => clock.timed('statistics', () => engine.read(tensor)),
    release: (tensor) => engine.release(tensor),
    dispose: () => engine.dispose(),
  };
}
