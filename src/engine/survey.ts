// Which engines this machine has: each is loaded once to see, so this belongs into a process of its own. What is
// said of one is a code with arguments, for whoever shows it.

import type { EngineIdentity } from './engine';
import { EngineUnavailable, type EngineWish, selectEngine } from './select';

export interface EngineReport {
  /** What `engine.name` in a configuration says to get it. */
  readonly name: Exclude<EngineWish['name'], 'auto'>;
  /** Absent where it does not load. */
  readonly identity?: EngineIdentity;
  /** Whether `auto` chooses it here. */
  readonly auto: boolean;
  /** Why it is chosen, or not, or cannot be used and what to do. */
  readonly why: { readonly code: string; readonly args: Readonly<Record<string, string>> };
}

/** In the order in which `auto` would have them. */
const CANDIDATES: readonly { readonly name: EngineReport['name']; readonly chosen: string; readonly passed: string }[] = [
  { name: 'onnxruntime', chosen: 'device-fastest-cpu', passed: 'device-slower' },
  { name: 'reference', chosen: 'device-by-name', passed: 'device-by-name' },
];

/** Never throws: what does not load is told. */
export async function surveyEngines(): Promise<readonly EngineReport[]> {
  const chosen = await loaded('auto');
  const reports: EngineReport[] = [];
  for (const { name, chosen: why, passed } of CANDIDATES) {
    const found = await loaded(name);
    if ('detail' in found)
      reports.push({ name, auto: false, why: { code: 'device-not-loading', args: { engine: name, detail: found.detail } } });
    else {
      const auto = !('detail' in chosen) && chosen.name === found.name && chosen.device === found.device;
      reports.push({ name, identity: found, auto, why: { code: auto ? why : passed, args: {} } });
    }
  }
  return reports;
}

async function loaded(name: EngineWish['name']): Promise<EngineIdentity | { readonly detail: string }> {
  try {
    const { engine } = await selectEngine({ name });
    const { identity } = engine;
    await engine.dispose();
    return identity;
  } catch (error) {
    if (error instanceof EngineUnavailable) return { detail: error.detail };
    return { detail: error instanceof Error ? error.message : String(error) };
  }
}
