// From the configuration file that a person named, and what they set on the command line, to a resolved
// configuration; or to the findings that say what to mend.

import path from 'node:path';
import type { ExperimentConfig } from '../experiment/config';
import { applyEdits, editsToSet } from '../experiment/edits';
import { Failure } from '../experiment/failure';
import type { Finding, Severity } from '../experiment/finding';
import { thisMachine } from '../experiment/machine';
import { render } from '../experiment/messages';
import { pacesOf } from '../experiment/pace';
import { findRoot, runsFolder } from '../experiment/runDirectory';
import { probeSources, readConfigurationText, resolveSources } from '../experiment/sources';
import { parse, positionOf } from '../experiment/syntax';
import { type Validation, validate } from '../experiment/validate';
import { CATALOGUE } from '../model/catalogue';
import { foreseeRun } from '../model/cost';
import type { Arguments } from './arguments';
import { type Context, RUNS_OPTION } from './command';
import { paint, printable, type Style } from './display/text';
import { shortPath } from './runs';

export interface SoundConfiguration {
  readonly config: ExperimentConfig;
  /** Absolute path. */
  readonly file: string;
  /** The folder that its runs go to. */
  readonly runs: string;
  /** Warnings and hints; they have been told. */
  readonly findings: readonly Finding[];
}

const SEVERITY_STYLES: Readonly<Record<Severity, Style>> = { error: 'red', warning: 'yellow', hint: 'blue' };

/**
 * Reads the file that the first word names, applies `--set`, validates, applies `--steps`, and tells every
 * finding. Undefined where one is an error. Throws `Failure` `configuration-unreadable`, `usage-set` or
 * `usage-steps`.
 */
export async function soundConfiguration(args: Arguments, context: Context): Promise<SoundConfiguration | undefined> {
  const file = path.resolve(context.cwd, args.words[0] ?? '');
  const steps = stepsOf(args);
  const { config, findings, text, runs } = await checkedConfiguration(file, args, context.cwd);
  for (const finding of findings) tellFinding(finding, { file, ...(text !== undefined && { text }) }, context);
  return config && { config: withSteps(resolveSources(config, path.dirname(file)), steps), file, runs, findings };
}

export interface CheckedConfiguration extends Validation {
  /** What places in findings refer to; absent where `--set` has changed it: such places nobody could look up. */
  readonly text?: string;
  /** The folder that its runs go to. */
  readonly runs: string;
}

/** The findings that an editor shows, with `--set` applied. Throws `Failure` `configuration-unreadable` or `usage-set`. */
export async function checkedConfiguration(file: string, args: Arguments, cwd: string): Promise<CheckedConfiguration> {
  const original = await readConfigurationText(file);
  const overrides = overridesOf(args);
  // Text that is no JSON has no place to put a value: what is wrong with it is said instead.
  const text = 'root' in parse(original) ? overrides.reduce(override, original) : original;
  const named = args.value(RUNS_OPTION.name);
  const runs = named === undefined ? runsFolder(findRoot(file)) : path.resolve(cwd, named);
  const foresee = foreseeRun(thisMachine(), await pacesOf(runs, CATALOGUE));
  const validation = validate(text, CATALOGUE, probeSources(path.dirname(file)), foresee);
  return { ...validation, runs, ...(text === original && { text }) };
}

/**
 * A resolved configuration with what `--set` and `--steps` say; findings about it are told. Undefined where one
 * is an error. Throws `Failure` `usage-set` or `usage-steps`.
 * @param fits throws where what was set, sound or not, is out of the question.
 */
export function editedConfiguration(
  original: ExperimentConfig,
  args: Arguments,
  context: Context,
  fits: (edited: unknown) => void,
): ExperimentConfig | undefined {
  const steps = stepsOf(args);
  const text = overridesOf(args).reduce(override, JSON.stringify(original, undefined, 2));
  fits(JSON.parse(text));
  const { config, findings } = validate(text, CATALOGUE, probeSources(context.cwd));
  for (const finding of findings) if (finding.severity === 'error') tellFinding(finding, { file: original.name }, context);
  return config && withSteps(resolveSources(config, context.cwd), steps);
}

interface Override {
  readonly field: string;
  readonly value: unknown;
}

/** What `--set` says, in its order. Throws `Failure` `usage-set`. */
export function overridesOf(args: Arguments): readonly Override[] {
  return args.values('set').map((text) => {
    const [, field, value] = /^([\w.]+)=(.*)$/s.exec(text) ?? [];
    if (field === undefined || value === undefined) throw new Failure('usage-set', { value: text });
    return { field, value: parseValue(value) };
  });
}

/** What `--steps` says, if it was given. */
function stepsOf(args: Arguments): number | undefined {
  const steps = args.value('steps');
  if (steps !== undefined && !/^[1-9]\d{0,8}$/.test(steps)) throw new Failure('usage-steps', { value: steps });
  return steps === undefined ? undefined : Number(steps);
}

/**
 * The same experiment for fewer or more steps. A look at the first few steps of one with a long warm-up
 * is what `--steps` is for, so this is done after the checks, which a file saying so would not pass.
 */
function withSteps(config: ExperimentConfig, steps: number | undefined): ExperimentConfig {
  return steps === undefined ? config : { ...config, training: { ...config.training, steps } };
}

/** A number, `true`, or whatever else is JSON; any other word is a text. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function override(text: string, { field, value }: Override): string {
  return applyEdits(text, editsToSet(text, field, value));
}

/** `file:line:column: error: …`, as editors and CI recognise it, and what would mend it. */
export function tellFinding(
  { code, args, severity, range, fixes }: Finding,
  { file, text, note = '' }: { file: string; text?: string; note?: string },
  context: Context,
): void {
  const { terminal, cwd } = context;
  const at = text === undefined ? undefined : positionOf(text, range.offset);
  const place = shortPath(file, cwd) + (at === undefined ? '' : `:${at.line}:${at.column}`);
  const line = paint(
    [place, ': ', { text: severity, style: SEVERITY_STYLES[severity] }, `: ${printable(render(code, args) + note)}`],
    terminal.colours,
  );
  terminal.writeError(`${line}\n`);
  for (const fix of fixes) terminal.writeError(`  to mend it: ${printable(render(fix.title, args))}\n`);
}
