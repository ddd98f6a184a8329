// Which program runs the trainer. A real Node is preferred: native engines were never measured inside
// Electron's memory cage, which is only the last resort. Free of `vscode`, for its tests.
import path from 'node:path';
import type { MessageArgs } from '../../experiment/messages';

export interface NodeRuntime {
  readonly executable: string;
  readonly origin: 'setting' | 'path' | 'editor';
  readonly version: string;
}

export interface NodeChoice {
  /** The setting `fathom.node`; empty for none. */
  readonly setting: string;
  /** The `PATH` variable. */
  readonly searchPath: string;
  readonly platform: NodeJS.Platform;
  /** The runtime this very process is, as the fallback. */
  readonly editor: { readonly executable: string; readonly version: string };
  /** The version a program prints for `--version`, such as `v20.1.0`; undefined if it cannot be run. */
  versionOf(executable: string): Promise<string | undefined>;
}

/** Why the setting cannot be used; it is never passed over silently. */
export interface NodeRefusal {
  readonly refused: 'not-absolute' | 'not-runnable' | 'too-old';
  readonly args: MessageArgs;
}

export const OLDEST_NODE = 20;

function major(version: string): number {
  return Number(/^v?(\d+)\./.exec(version.trim())?.[1] ?? 0);
}

/** Absolute candidates only: a relative entry would run whatever a workspace put there. */
export function nodeCandidates(searchPath: string, platform: NodeJS.Platform): readonly string[] {
  const { isAbsolute, join, delimiter } = platform === 'win32' ? path.win32 : path.posix;
  const name = platform === 'win32' ? 'node.exe' : 'node';
  return [...new Set(searchPath.split(delimiter).filter(isAbsolute))].map((folder) => join(folder, name));
}

export async function chooseNode(choice: NodeChoice): Promise<NodeRuntime | NodeRefusal> {
  if (choice.setting !== '') {
    const { isAbsolute } = choice.platform === 'win32' ? path.win32 : path.posix;
    const args = { value: choice.setting, oldest: OLDEST_NODE };
    if (!isAbsolute(choice.setting)) return { refused: 'not-absolute', args };
    const version = await choice.versionOf(choice.setting);
    if (version === undefined) return { refused: 'not-runnable', args };
    if (major(version) < OLDEST_NODE) return { refused: 'too-old', args: { ...args, version: version.trim() } };
    return { executable: choice.setting, origin: 'setting', version: version.trim() };
  }
  for (const executable of nodeCandidates(choice.searchPath, choice.platform)) {
    const version = await choice.versionOf(executable);
    if (version !== undefined && major(version) >= OLDEST_NODE) return { executable, origin: 'path', version: version.trim() };
  }
  return { executable: choice.editor.executable, origin: 'editor', version: choice.editor.version };
}
