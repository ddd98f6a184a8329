// What a run that would not fit in memory is told, in the editor before it starts and by the trainer that refuses it.

import type { ExperimentConfig } from './config';

/** Arguments of `memory-short`: the field that would have to be smaller, with its value. @param needed, available bytes */
export function memoryShort({ training: { batch, memoryLimit } }: ExperimentConfig, needed: number, available: number) {
  const [field, value] = memoryLimit > 0 ? (['training.memoryLimit', memoryLimit] as const) : (['training.batch', batch] as const);
  return { field, value, needed: gigabytes(needed), available: gigabytes(available) };
}

/** In units of 1e9 bytes. */
export function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(2);
}
