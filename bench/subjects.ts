// Subjects as the bench sees them: processes that are asked in turn, so that whatever else a machine does
// falls on all of them alike.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Answer, Ask, Ready } from './dialogue';
import type { Setup } from './setup';

export interface Subject {
  readonly name: string;
  readonly ready: Ready;
  ask(ask: Ask): Promise<Answer>;
  /** Also its process's end. */
  stop(): Promise<void>;
}

/** Fathom's own trainer. @param folder gets the first weights and the batches. */
export function ours(name: string, setup: Setup, folder?: string): Promise<Subject> {
  const script = fileURLToPath(new URL('./subject.mjs', import.meta.url));
  return start(name, process.execPath, [script, JSON.stringify(setup), ...(folder === undefined ? [] : [folder])]);
}

/**
 * @param surroundings variables of the environment beside the bench's own.
 * @throws Error with what the program said where it ends before it is ready or before it answers.
 */
export async function start(
  name: string,
  program: string,
  parameters: readonly string[],
  surroundings: Readonly<Record<string, string>> = {},
): Promise<Subject> {
  const child = spawn(program, parameters, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...surroundings } });
  const said: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
  });
  const next = async <T>(): Promise<T> => {
    const { value, done } = await Promise.race([lines.next(), failed]);
    if (done) throw new Error(`${name} ended: ${said.join('').trim().split('\n').slice(-4).join(' ')}`);
    return JSON.parse(value) as T;
  };
  return {
    name,
    ready: await next<Ready>(),
    ask(ask) {
      child.stdin.write(`${JSON.stringify(ask)}\n`);
      return next<Answer>();
    },
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.stdin?.end();
  const timer = setTimeout(() => child.kill(), 5000);
  await exited;
  clearTimeout(timer);
}
