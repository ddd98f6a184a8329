// From what a person typed to what a command gets: each command says which words and options it takes,
// and parsing, help and "did you mean" all follow from that.

import { parseArgs } from 'node:util';
import { Failure } from '../experiment/failure';
import { nearest } from '../experiment/nearest';

export interface OptionSpec {
  readonly name: string;
  /** What stands for the value in help, such as `N`; an option without one is a switch. */
  readonly value?: string;
  readonly multiple?: boolean;
  readonly help: string;
}

export interface CommandSpec {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** Required words after the command, such as `config`. */
  readonly words: readonly string[];
  /** Whether the last of them may be given again and again. */
  readonly repeats?: boolean;
  /** Words that may follow those. */
  readonly optionalWords?: readonly string[];
  readonly options: readonly OptionSpec[];
  /** More lines for its own help, if one line is not enough. */
  readonly details?: string;
}

export interface Arguments {
  readonly words: readonly string[];
  readonly help: boolean;
  /** Whether a switch was given. */
  has(option: string): boolean;
  /** The last value given. */
  value(option: string): string | undefined;
  values(option: string): readonly string[];
}

const HELP: OptionSpec = { name: 'help', help: 'show this help' };

/**
 * Throws `Failure` `usage-unknown-option`, `usage-option-value`, `usage-option-no-value`,
 * `usage-missing-word` or `usage-too-many-words`.
 */
export function parseCommand(spec: CommandSpec, argv: readonly string[]): Arguments {
  const options = [...spec.options, HELP];
  const config = Object.fromEntries(
    options.map(({ name, value }) => [name, { type: value === undefined ? ('boolean' as const) : ('string' as const), multiple: true }]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options: { ...config, h: { type: 'boolean' } },
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const name = token.name === 'h' ? HELP.name : token.name;
    const option = options.find((known) => known.name === name);
    if (option === undefined) throw unknownOption(spec, token.rawName, options);
    if (option.value === undefined && token.value !== undefined) throw new Failure('usage-option-no-value', { option: token.rawName });
    // A word that looks like an option is a forgotten value; `--set=-1` still says a negative number.
    const missing = option.value !== undefined && (token.value === undefined || (!token.inlineValue && /^--/.test(token.value)));
    if (missing) throw new Failure('usage-option-value', { option: token.rawName, value: option.value ?? '' });
    given.set(name, [...(given.get(name) ?? []), token.value ?? '']);
  }
  const help = given.has(HELP.name);
  if (!help) checkWords(spec, words);
  return {
    words,
    help,
    has: (option) => given.has(option),
    value: (option) => given.get(option)?.at(-1),
    values: (option) => given.get(option) ?? [],
  };
}

function checkWords(spec: CommandSpec, words: readonly string[]): void {
  const missing = spec.words[words.length];
  if (missing !== undefined) throw new Failure('usage-missing-word', { command: spec.name, word: missing, usage: usage(spec) });
  if (spec.repeats) return;
  const extra = words[spec.words.length + (spec.optionalWords ?? []).length];
  if (extra !== undefined) throw new Failure('usage-too-many-words', { command: spec.name, value: extra, usage: usage(spec) });
}

function unknownOption(spec: CommandSpec, option: string, options: readonly OptionSpec[]): Failure {
  const suggestion = nearest(
    option.replace(/^-+/, ''),
    options.map(({ name }) => name),
  );
  const args = { option, command: spec.name };
  return suggestion === undefined
    ? new Failure('usage-unknown-option', args)
    : new Failure('usage-unknown-option-nearest', { ...args, suggestion: `--${suggestion}` });
}

/** `fathom train <config> [options]`. */
function usage({ name, words, repeats, optionalWords = [], options }: CommandSpec): string {
  const optional = [...(repeats ? ['…'] : []), ...optionalWords.map((word) => `[${word}]`)];
  return ['fathom', name, ...words.map((word) => `<${word}>`), ...optional, ...(options.length > 0 ? ['[options]'] : [])].join(' ');
}

/** What `fathom <command> --help` prints. */
export function commandHelp(spec: CommandSpec): string {
  const options = [...spec.options, HELP].map(
    ({ name, value, help }) => [value === undefined ? `--${name}` : `--${name} ${value}`, help] as const,
  );
  const parts = [
    `${spec.summary}\n\nUsage: ${usage(spec)}`,
    ...(spec.details === undefined ? [] : [spec.details]),
    `Options:\n${aligned(options)}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

/** What `fathom --help` prints. */
export function generalHelp(specs: readonly CommandSpec[]): string {
  const commands = specs.map(({ name, words, repeats, optionalWords = [], summary }) => {
    const all = [name, ...words.map((word) => `<${word}>`), ...(repeats ? ['…'] : []), ...optionalWords.map((word) => `[${word}]`)];
    return [all.join(' '), summary] as const;
  });
  return [
    'Fathom trains very deep transformers and shows where in the depth training works or breaks.',
    'Usage: fathom <command> [options]',
    `Commands:\n${aligned(commands)}`,
    'fathom <command> --help tells more about a command.\n',
  ].join('\n\n');
}

function aligned(rows: readonly (readonly [string, string])[]): string {
  const left = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, help]) => `  ${name.padEnd(left)}   ${help}`).join('\n');
}
