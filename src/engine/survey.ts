// Which engines this machine has: each is loaded once to see, so this belongs into a process of its own. What is
// said of one is a code with arguments, for whoever shows it.

import type { EngineIdentity } from './engine';
import { ENGINE_NAMES, type EngineName, type EngineProblem, EngineUnavailable, type EngineWish, selectEngine } from './select';

export interface EngineReport {
  /** What `engine.name` in a configuration says to get it. */
  readonly name: EngineName;
  /** Absent where it cannot run. */
  readonly identity?: EngineIdentity;
  /** Whether `auto` chooses it here. */
  readonly auto: boolean;
  /** Why it is chosen, or not, or cannot be used and what to do. */
  readonly why: { readonly code: string; readonly args: Readonly<Record<string, string>> };
}

/** What is said of an engine that can run and that `auto` does not take. */
const PASSED: Readonly<Record<EngineName, string>> = {
  onnxruntime: 'device-slower',
  webgpu: 'device-card-by-name',
  'webgpu-software': 'device-software-by-name',
  tfjs: 'device-slower',
  'tfjs-node': 'device-slower',
  'tfjs-node-gpu': 'device-card-by-name',
  reference: 'device-by-name',
};

const REFUSED: Readonly<Record<EngineProblem, string>> = {
  library: 'device-not-loading',
  'not-installed': 'device-not-installed',
  'no-adapter': 'device-no-adapter',
  'no-software-adapter': 'device-no-software-adapter',
  'software-only': 'device-software-only',
};

type Found = EngineIdentity | { readonly detail: string; readonly problem: EngineProblem };

/**
 * In the order in which engines are told of. Never throws: what does not load is told.
 * @param names only these are loaded.
 */
export async function surveyEngines(names: readonly EngineName[] = ENGINE_NAMES): Promise<readonly EngineReport[]> {
  const chosen = await loaded('auto');
  const reports: EngineReport[] = [];
  for (const name of names) {
    const found = !('detail' in chosen) && chosen.name === name ? chosen : await loaded(name);
    if ('detail' in found)
      reports.push({ name, auto: false, why: { code: REFUSED[found.problem], args: { engine: name, detail: found.detail } } });
    else {
      const auto = found === chosen;
      const why = !auto ? PASSED[name] : name === 'onnxruntime' ? 'device-fastest-cpu' : 'device-fallback';
      reports.push({ name, identity: found, auto, why: { code: why, args: {} } });
    }
  }
  return reports;
}

async function loaded(name: EngineWish['name']): Promise<Found> {
  try {
    const { engine } = await selectEngine({ name });
    const { identity } = engine;
    await engine.dispose();
    return identity;
  } catch (error) {
    if (error instanceof EngineUnavailable) return { detail: error.detail, problem: error.problem };
    return { detail: error instanceof Error ? error.message : String(error), problem: 'library' };
  }
}
