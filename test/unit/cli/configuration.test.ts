import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../../src/cli/arguments';
import type { Command } from '../../../src/cli/command';
import { check } from '../../../src/cli/commands/check';
import { describe as describeCommand } from '../../../src/cli/commands/describe';
import { train } from '../../../src/cli/commands/train';
import { soundConfiguration } from '../../../src/cli/configuration';
import { scratch, type TestContext, testContext } from './harness';

const EXAMPLES = path.resolve(import.meta.dirname, '../../../examples');

function run(command: Command, argv: readonly string[], context: TestContext): Promise<number> {
  return command.run(parseCommand(command.spec, argv), context);
}

function withFile(text: string): TestContext {
  const cwd = scratch();
  writeFileSync(path.join(cwd, 'a.fathom.json'), text);
  return testContext('no-trainer.mjs', cwd);
}

function sound(context: TestContext, ...argv: string[]) {
  return soundConfiguration(parseCommand(train.spec, ['a.fathom.json', ...argv]), context);
}

describe('soundConfiguration', () => {
  test('applies what is set on the command line, the last word winning', async () => {
    const context = withFile('{ "model": { "layers": 4, "hidden": 8 }, // why\n "training": { "steps": 9 } }');
    const found = await sound(
      context,
      '--set',
      'model.layers=6',
      '--set',
      'model.scheme=pre-ln',
      '--set',
      'optimiser.clip=0.5',
      '--steps',
      '30',
    );
    expect(found?.config).toMatchObject({ model: { layers: 6, scheme: 'pre-ln' }, optimiser: { clip: 0.5 }, training: { steps: 30 } });
  });

  test('--steps cuts an experiment short, even within its warm-up', async () => {
    const context = withFile('{ "model": { "layers": 4, "hidden": 8 }, "schedule": { "warmup": 100 }, "training": { "steps": 900 } }');
    expect((await sound(context, '--steps', '5'))?.config).toMatchObject({ schedule: { warmup: 100 }, training: { steps: 5 } });
    expect(await sound(context, '--set', 'training.steps=5')).toBeUndefined();
  });

  test('names the folder of runs and makes the source absolute', async () => {
    const context = withFile('{ "model": { "layers": 4, "hidden": 8 }, "data": { "source": "texts/*.txt" } }');
    mkdirSync(path.join(context.cwd, '.fathom'));
    const found = await sound(context);
    expect(found?.config.data.source).toBe(path.join(context.cwd, 'texts/*.txt'));
    expect(found?.runs).toBe(path.join(context.cwd, '.fathom/runs'));
    expect((await sound(context, '--runs', 'kept'))?.runs).toBe(path.join(context.cwd, 'kept'));
  });

  test.each([
    [['--set', 'model.layers'], 'usage-set'],
    [['--set', '=4'], 'usage-set'],
    [['--steps', 'many'], 'usage-steps'],
    [['--steps', '0'], 'usage-steps'],
  ])('%j is refused', async (argv, code) => {
    await expect(sound(withFile('{}'), ...argv)).rejects.toMatchObject({ code });
  });

  test('a missing file is one failure', async () => {
    const context = testContext('no-trainer.mjs', scratch());
    await expect(sound(context)).rejects.toMatchObject({ code: 'configuration-unreadable' });
  });
});

describe('bad input', () => {
  test.each([
    ['{ "model": { "layers": 4, "hidden": 8, "heads": 3 } }', /^a\.fathom\.json:1:\d+: error: model\.heads is 3, .*model\.hidden/m],
    ['{ "model": { "layers": "four", "hidden": 8 } }', /^a\.fathom\.json:1:\d+: error: model\.layers .*number/m],
    ['{ "model": { "layers": 4, "hidden": 8, "scheme": "prelude" } }', /^a\.fathom\.json:1:\d+: error: model\.scheme is .*prelude/m],
    [
      '{ "model": { "layers": 4, "hidden": 8 }, "data": { "source": "gone.txt" } }',
      /^a\.fathom\.json:1:\d+: error: data\.source is .*gone\.txt/m,
    ],
    ['{ "model": { "layers": 4 "hidden": 8 } }', /^a\.fathom\.json:1:\d+: error: /m],
  ])('%s says field, value and remedy, and starts nothing', async (text, words) => {
    const context = withFile(text);
    expect(await run(train, ['a.fathom.json'], context)).toBe(1);
    expect(context.terminal.error).toMatch(words);
    expect(readdirSync(context.cwd)).toEqual(['a.fathom.json']);
  });
});

describe('check and describe', () => {
  test.each(readdirSync(EXAMPLES).filter((name) => name.endsWith('.fathom.json')))('%s is sound', async (name) => {
    const context = testContext('no-trainer.mjs', EXAMPLES);
    expect(await run(check, [name], context)).toBe(0);
    expect(context.terminal.error).not.toContain('error');
  });

  test('GPT-1k has the parameters of the paper', async () => {
    const context = testContext('no-trainer.mjs', EXAMPLES);
    expect(await run(describeCommand, ['gpt-1k.fathom.json'], context)).toBe(0);
    expect(context.terminal.out).toMatch(/total +815,492,096 +815\.49 M/);
    for (const words of ['1,000 layers, hidden 256, 1 head', 'vocabulary 50,257', 'Memory', 'Training FLOPs per token  5.58 G']) {
      expect(context.terminal.out).toContain(words);
    }
  });
});
