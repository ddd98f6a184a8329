// What this machine offers a run.

import { availableParallelism, freemem } from 'node:os';
import process from 'node:process';

export interface Machine {
  readonly cores: number;
  /** Bytes that the operating system could give. */
  readonly memory: number;
}

export function thisMachine(): Machine {
  // Node below 20.13 cannot tell what caches would give back.
  const memory = typeof process.availableMemory === 'function' ? process.availableMemory() : freemem();
  return { cores: availableParallelism(), memory };
}
