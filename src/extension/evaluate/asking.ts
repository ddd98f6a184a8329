// How a dashboard asks checkpoints: through the terminal tool, in a workspace that a person trusts.
import type { NodeRuntimes } from '../launch/nodeRuntime';
import { callTool, type ToolWatcher } from '../tool';
import { trusted } from '../trust';
import { chooseTaskFiles } from './taskFiles';

/** @param script the terminal tool's */
export function askingBy(nodes: NodeRuntimes, script: string) {
  return {
    files: chooseTaskFiles,
    /** What the tool wrote; undefined where it was ended, or the person has been told why it cannot run. */
    async call(args: readonly string[], watcher: ToolWatcher, signal: AbortSignal): Promise<string | undefined> {
      const node = trusted() ? await nodes.find() : undefined;
      return node && (await callTool({ node: node.executable, script, args }, watcher, signal));
    },
  };
}
