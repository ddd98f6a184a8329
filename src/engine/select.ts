// Which engine a run gets. Native libraries are loaded only here and only when asked for, so that a
// machine without them still runs whatever else it can.

import type { Engine } from './engine';
import { createOnnxEngine } from './onnxruntime/engine';
import { createReferenceEngine } from './reference/engine';

export interface EngineWish {
  /** `auto` is the fastest engine there is; `reference` is exact and slow. */
  readonly name: 'auto' | 'onnxruntime' | 'reference';
  /** Threads within one program run. */
  readonly threads?: number;
}

/** An engine's native library does not load on this machine; `detail` is the loader's own message. */
export class EngineUnavailable extends Error {
  override readonly name = 'EngineUnavailable';

  constructor(
    readonly engine: string,
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(`engine ${engine} does not load: ${detail}`, options);
  }
}

/**
 * @returns the engine and why it was chosen.
 * @throws EngineUnavailable where it does not load. `auto` never becomes `reference`: that would look
 * like a hang.
 */
export async function selectEngine(wish: EngineWish): Promise<{ engine: Engine; reason: string }> {
  if (wish.name === 'reference') return { engine: createReferenceEngine(), reason: 'asked for by name' };
  try {
    const engine = await createOnnxEngine(wish.threads === undefined ? {} : { threads: wish.threads });
    return { engine, reason: wish.name === 'auto' ? 'the fastest engine on a CPU' : 'asked for by name' };
  } catch (error) {
    throw new EngineUnavailable('onnxruntime', error instanceof Error ? error.message : String(error), { cause: error });
  }
}
