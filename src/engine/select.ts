// Which engine a run gets. Native libraries are loaded only here and only when asked for, so that a
// machine without them still runs whatever else it can.

import { onlySoftwareAdapters } from './cards';
import type { Engine } from './engine';
import { createOnnxEngine } from './onnxruntime/engine';
import { createReferenceEngine } from './reference/engine';
import { createTfjsEngine } from './tfjs/engine';
import { isInstalled } from './tfjs/library';
import { createWebGpuEngine } from './webgpu/engine';

/** Every engine there is, in the order in which they are told of. */
export const ENGINE_NAMES = ['onnxruntime', 'webgpu', 'webgpu-software', 'tfjs', 'tfjs-node', 'tfjs-node-gpu', 'reference'] as const;

export type EngineName = (typeof ENGINE_NAMES)[number];

export interface EngineWish {
  /** `auto` is the fastest engine on a processor; a graphics card is asked for by name. */
  readonly name: 'auto' | EngineName;
  /** Threads within one program run, where the engine has a choice. */
  readonly threads?: number;
}

/** What keeps an engine from running: each wants another remedy. */
export type EngineProblem =
  /** Its library does not load. */
  | 'library'
  /** It is a package that people install themselves, and nobody has. */
  | 'not-installed'
  /** There is nothing to compute on. */
  | 'no-adapter'
  /** Not even a pretended card, where one was asked for by name. */
  | 'no-software-adapter'
  /** There is, but only pretended by the processor, which must be asked for by name. */
  | 'software-only';

/** An engine cannot run on this machine; `detail` is the loader's own message. */
export class EngineUnavailable extends Error {
  override readonly name = 'EngineUnavailable';

  constructor(
    readonly engine: EngineName,
    readonly problem: EngineProblem,
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(`engine ${engine} cannot run (${problem}): ${detail}`, options);
  }
}

/**
 * @returns the engine and why it was chosen.
 * @throws EngineUnavailable where it cannot run. Only `auto` may become another engine, and says so; never
 * `reference`: that would look like a hang.
 */
export async function selectEngine({ name, threads }: EngineWish): Promise<{ engine: Engine; reason: string }> {
  if (name !== 'auto') return { engine: await open(name, threads), reason: 'asked for by name' };
  try {
    return {
      engine: await open('onnxruntime', threads),
      reason: 'the fastest engine on a processor; graphics cards are asked for by name',
    };
  } catch (error) {
    if (!(error instanceof EngineUnavailable)) throw error;
    const engine = await open('tfjs').catch(() => {
      throw error;
    });
    return { engine, reason: `onnxruntime, which is faster, does not load here (${error.detail})` };
  }
}

async function open(name: EngineName, threads?: number): Promise<Engine> {
  try {
    return await create(name, threads);
  } catch (error) {
    if (error instanceof EngineUnavailable) throw error;
    const detail = (error instanceof Error ? error.message : String(error)).trim();
    throw new EngineUnavailable(name, problemOf(name, detail), lastSentence(detail), { cause: error });
  }
}

async function create(name: EngineName, threads?: number): Promise<Engine> {
  switch (name) {
    case 'onnxruntime':
      return createOnnxEngine(threads === undefined ? {} : { threads });
    case 'webgpu': {
      const reason = onlySoftwareAdapters();
      if (reason !== undefined) throw new EngineUnavailable(name, 'software-only', reason);
      return createWebGpuEngine({ name, device: 'GPU, WebGPU' });
    }
    case 'webgpu-software':
      return createWebGpuEngine({ name, device: 'WebGPU, software adapter allowed' });
    case 'tfjs':
      return createTfjsEngine(name);
    case 'tfjs-node':
    case 'tfjs-node-gpu':
      if (!isInstalled(name)) throw new EngineUnavailable(name, 'not-installed', `there is no package @tensorflow/${name}`);
      return createTfjsEngine(name);
    case 'reference':
      return createReferenceEngine();
    default:
      throw new Error(`no engine is called '${name satisfies never}'`);
  }
}

function problemOf(name: EngineName, detail: string): EngineProblem {
  const hasNothingToComputeOn = /WebGPU adapter|CUDA device/.test(detail);
  if (!hasNothingToComputeOn || name === 'onnxruntime') return 'library';
  return name === 'webgpu-software' ? 'no-software-adapter' : 'no-adapter';
}

/** Of a library's own message, which may begin with where in its sources it was written. */
function lastSentence(detail: string): string {
  return detail.replace(/^.*was false\. /s, '').replace(/\s*\n\s*/g, ' ');
}
