// Runs a command of the terminal tool as a child process, as a person at a terminal would: what it writes
// comes back piece by piece, how far it is as numbers, and it ends when the person has had enough.
// Free of `vscode`, for its tests.
import { spawn } from 'node:child_process';
import { environmentFor } from '../experiment/launch';

export interface ToolCall {
  /** Node, and the tool's script. */
  readonly node: string;
  readonly script: string;
  readonly args: readonly string[];
}

export interface ToolWatcher {
  /** Pieces of standard output, whole characters each. */
  out?(text: string): void;
  /** From `--progress`. */
  progress?(done: number, of: number): void;
}

/**
 * All that the command wrote to standard output, or undefined where `signal` ended it first. Rejects with
 * the command's own words where it failed.
 */
export function callTool({ node, script, args }: ToolCall, watcher: ToolWatcher, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(node, [script, ...args], {
      env: environmentFor(node),
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    let out = '';
    let error = '';
    let line = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      watcher.out?.(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      for (const whole of lines) {
        const progress = progressOf(whole);
        if (progress) watcher.progress?.(...progress);
        else error += `${whole}\n`;
      }
    });
    child.on('error', (reason) => (signal.aborted ? resolve(undefined) : reject(reason)));
    child.on('close', (code) => {
      if (signal.aborted) resolve(undefined);
      else if (code === 0) resolve(out);
      else reject(new Error((error + line).replace(/^fathom: /gm, '').trim() || `exit code ${code}`));
    });
  });
}

function progressOf(line: string): readonly [number, number] | undefined {
  const [, done, of] = /^\{"done":(\d+),"of":(\d+)\}$/.exec(line) ?? [];
  return done === undefined || of === undefined ? undefined : [Number(done), Number(of)];
}
