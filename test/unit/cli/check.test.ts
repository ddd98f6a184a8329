import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../../src/cli/arguments';
import type { Command } from '../../../src/cli/command';
import { check } from '../../../src/cli/commands/check';
import { schema } from '../../../src/cli/commands/schema';
import { scratch, type TestContext, testContext } from './harness';

function withFiles(files: Readonly<Record<string, string>>): TestContext {
  const cwd = scratch();
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(cwd, name), text);
  return testContext('no-trainer.mjs', cwd);
}

const run = (command: Command, argv: readonly string[], context: TestContext) => command.run(parseCommand(command.spec, argv), context);

const SOUND = '{ "model": { "layers": 4, "hidden": 64 } }';
const DOUBTFUL = '{\n  "model": { "layers": 4, "hidden": 64 },\n  "optimiser": { "learningRate": 0 }\n}';
const WRONG = '{ "model": { "layers": 4, "hiden": 64 } } // why';

describe('fathom check', () => {
  test('says file, line and column of every finding in every file, and counts them', async () => {
    const context = withFiles({ 'a.fathom.json': SOUND, 'b.fathom.json': DOUBTFUL, 'c.fathom.json': WRONG });
    expect(await run(check, ['a.fathom.json', 'b.fathom.json', 'c.fathom.json', 'gone.fathom.json'], context)).toBe(1);
    const lines = context.terminal.error.split('\n').filter((line) => !line.startsWith('  '));
    expect(lines[0]).toMatch(/^b\.fathom\.json:3:34: warning: optimiser\.learningRate is 0/);
    expect(lines[1]).toMatch(/^c\.fathom\.json:1:27: error: model\.hiden/);
    expect(lines[2]).toMatch(/^gone\.fathom\.json: error: The configuration .* cannot be read/);
    expect(context.terminal.error).toContain('  to mend it: Rename to hidden\n');
    expect(context.terminal.out).toBe('2 errors, 1 warning in 4 files\n');
  });

  test('ends with 0 where there are only doubts, or nothing', async () => {
    const context = withFiles({ 'a.fathom.json': SOUND, 'b.fathom.json': DOUBTFUL });
    expect(await run(check, ['a.fathom.json'], context)).toBe(0);
    expect(context.terminal.out).toBe('No problems found.\n');
    expect(await run(check, ['b.fathom.json'], context)).toBe(0);
    expect(await run(check, ['a.fathom.json', '--set', 'model.heads=3'], context)).toBe(1);
  });

  test('mends what leaves no choice with --fix, and nothing else', async () => {
    const context = withFiles({ 'b.fathom.json': DOUBTFUL, 'c.fathom.json': WRONG });
    expect(await run(check, ['b.fathom.json', 'c.fathom.json', '--fix'], context)).toBe(0);
    const read = (name: string) => readFileSync(path.join(context.cwd, name), 'utf8');
    expect(read('c.fathom.json')).toBe(WRONG.replace('hiden', 'hidden'));
    expect(read('b.fathom.json')).toBe(DOUBTFUL);
  });
});

describe('fathom check of a study', () => {
  const said = async (context: TestContext, name: string) => {
    const code = await run(check, [name, '--json'], context);
    return {
      code,
      said: JSON.parse(context.terminal.out) as { file: string; line?: number; column?: number; code: string; message: string }[],
    };
  };

  test('tells each finding once: at the axis value that makes it, or in the experiment that all share', async () => {
    const base = '{\n  "model": { "layers": 4, "hidden": 64, "heads": 2 },\n  "optimiser": { "clip": -1 }\n}';
    const study = `{\n  "base": "base.fathom.json",\n  "axes": {\n    "model.heads": [2, 3],\n    "seed": [1, 2]\n  }\n}`;
    const { code, said: found } = await said(withFiles({ 'base.fathom.json': base, 'a.study.json': study }), 'a.study.json');
    expect(code).toBe(1);
    expect(found).toMatchObject([
      { file: 'base.fathom.json', line: 3, column: 26, code: 'below-minimum' },
      { file: 'a.study.json', line: 4, column: 24, code: 'heads-do-not-divide' },
    ]);
    expect(found[0]?.message).not.toContain('cells');
    expect(found[1]?.message).toMatch(/\(2 of 4 cells, such as 3 × 1\)$|\(2 of 4 cells, such as .*3.*\)$/);
  });

  test('finds the place in an experiment that stands in the study itself', async () => {
    const study =
      '{\n  "base": {\n    "model": { "layers": 4, "hidden": 64 },\n    "optimiser": { "clip": -1 }\n  },\n  "axes": { "seed": [1] }\n}';
    const { said: found } = await said(withFiles({ 'a.study.json': study }), 'a.study.json');
    expect(found).toMatchObject([{ file: 'a.study.json', line: 4, column: 28, code: 'below-minimum' }]);
  });

  test.each([
    ['{ "axes": {} }', 'study-axes', 1, 11],
    ['{ "base": {} }', 'study-axes', 1, 1],
    ['{ "base": {},\n "axes": { "seed": [1] },\n "axs": {} }', 'study-unknown-field', 3, 2],
    ['{ "base": {},\n "axes": { "seed": [1],\n "model.hiden": [1] } }', 'study-unknown-axis-nearest', 3, 2],
    ['{ "base": {},\n "axes": { "seed": [1, 1] } }', 'study-axis-twice', 2, 20],
    ['{ "base": "gone.fathom.json",\n "axes": { "seed": [1] } }', 'configuration-unreadable', 1, 11],
    ['{ "base": {} "axes": {} }', 'study-not-json', 1, 14],
  ])('says why %s is no study, and where', async (text, code, line, column) => {
    const result = await said(withFiles({ 'a.study.json': text }), 'a.study.json');
    expect(result).toMatchObject({ code: 1, said: [{ file: 'a.study.json', code, line, column }] });
  });
});

test('fathom schema prints what other editors complete from', async () => {
  const context = testContext('no-trainer.mjs', scratch());
  expect(await run(schema, [], context)).toBe(0);
  expect(JSON.parse(context.terminal.out)).toMatchObject({ properties: { model: { properties: { layers: {} } } } });
});
