import { describe, expect, test } from 'vitest';
import { type CommandSpec, commandHelp, generalHelp, parseCommand } from '../../../src/cli/arguments';
import { Failure } from '../../../src/experiment/failure';

const spec: CommandSpec = {
  name: 'train',
  summary: 'Train it.',
  words: ['config'],
  options: [
    { name: 'steps', value: 'N', help: 'how many' },
    { name: 'set', value: 'PATH=VALUE', multiple: true, help: 'a field' },
    { name: 'detach', help: 'leave' },
  ],
};

function failureOf(argv: readonly string[]): Failure {
  try {
    parseCommand(spec, argv);
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('no failure');
}

describe('parseCommand', () => {
  test('gives words, values and switches in any order', () => {
    const args = parseCommand(spec, ['--set', 'a=1', 'x.json', '--detach', '--set=b=-2', '--steps', '5']);
    expect(args.words).toEqual(['x.json']);
    expect(args.values('set')).toEqual(['a=1', 'b=-2']);
    expect(args.value('steps')).toBe('5');
    expect(args.has('detach')).toBe(true);
    expect(args.value('runs')).toBeUndefined();
    expect(args.help).toBe(false);
  });

  test('takes what follows -- as words', () => {
    expect(parseCommand(spec, ['--', '--steps']).words).toEqual(['--steps']);
  });

  test.each([['--help'], ['-h']])('%s asks for help, whatever else is missing', (flag) => {
    expect(parseCommand(spec, [flag]).help).toBe(true);
  });

  test.each([
    [['x', '--stepz', '5'], 'usage-unknown-option-nearest', 'Did you mean --steps?'],
    [['x', '--frobnicate'], 'usage-unknown-option', '--frobnicate'],
    [['x', '-q'], 'usage-unknown-option', '-q'],
    [['x', '--steps'], 'usage-option-value', '--steps=N'],
    [['x', '--steps', '--detach'], 'usage-option-value', '--steps=N'],
    [['x', '--detach=yes'], 'usage-option-no-value', '--detach'],
    [[], 'usage-missing-word', 'fathom train <config> [options]'],
    [['x', 'y'], 'usage-too-many-words', 'y'],
  ])('%j says what is wrong', (argv, code, words) => {
    const failure = failureOf(argv);
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(words);
  });
});

describe('help', () => {
  test('names every word and option of a command', () => {
    const help = commandHelp(spec);
    for (const part of ['Usage: fathom train <config> [options]', '--steps N', '--set PATH=VALUE', '--detach', '--help']) {
      expect(help).toContain(part);
    }
  });

  test('lists every command', () => {
    expect(generalHelp([spec])).toMatch(/train <config> +Train it\./);
  });
});
