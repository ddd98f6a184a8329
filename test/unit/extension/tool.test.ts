// The terminal tool as a child of the editor: what comes back, and that it can be ended.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { resultWords } from '../../../src/extension/evaluate/resultWords';
import { callTool } from '../../../src/extension/tool';
import { scratch } from '../cli/harness';

function tool(source: string, ...args: string[]) {
  const script = path.join(scratch(), 'tool.mjs');
  writeFileSync(script, source);
  return { node: process.execPath, script, args };
}

const never = new AbortController().signal;

describe('the terminal tool as a child', () => {
  it('gives its output piece by piece and whole, and its progress as numbers', async () => {
    const pieces: string[] = [];
    const steps: [number, number][] = [];
    const call = tool(
      `process.stderr.write('{"done":1,"of":4}\\n{"done":2,');
       setTimeout(() => { process.stderr.write('"of":4}\\nfathom: an aside\\n'); console.log('– ' + process.argv[2]); }, 20);`,
      'a b',
    );
    const watcher = { out: (text: string) => pieces.push(text), progress: (done: number, of: number) => steps.push([done, of]) };
    expect(await callTool(call, watcher, never)).toBe('– a b\n');
    expect(pieces.join('')).toBe('– a b\n');
    expect(steps).toEqual([
      [1, 4],
      [2, 4],
    ]);
  });

  it('fails with the words of the command', async () => {
    const call = tool(`console.error('fathom: The run has no checkpoint yet.'); process.exitCode = 1;`);
    await expect(callTool(call, {}, never)).rejects.toThrow(/^The run has no checkpoint yet\.$/);
    await expect(callTool({ ...call, node: path.join(scratch(), 'no-node') }, {}, never)).rejects.toThrow(/ENOENT/);
  });

  it('ends when the person has had enough', async () => {
    const ending = new AbortController();
    const call = tool(`console.log('begun'); setInterval(() => {}, 1000);`);
    expect(await callTool(call, { out: () => ending.abort() }, ending.signal)).toBeUndefined();
  });

  it('gets no more of the environment than it needs', async () => {
    process.env.FATHOM_TEST_SECRET = 'secret';
    const call = tool('console.log(process.env.FATHOM_TEST_SECRET ?? "nothing", process.env.PATH !== undefined);');
    expect(await callTool(call, {}, never)).toBe('nothing true\n');
    delete process.env.FATHOM_TEST_SECRET;
  });
});

it('numbers of an evaluation read as papers print them', () => {
  expect(resultWords({ metrics: { accuracy: 0.61254, perplexity: 12.3456, f1: null } })).toBe('accuracy 61.25 %, perplexity 12.35, f1 –');
  expect(resultWords({})).toBe('');
});
