// Numbers and choices that a person wrote behind an option.

import { WHICH_WEIGHTS, type WhichWeights } from '../experiment/checkpoints';
import { Failure } from '../experiment/failure';
import type { Arguments, CommandSpec } from './arguments';
import { STEP_OPTION, WEIGHTS_OPTION } from './command';

/** A whole number from `least` to 999999999; undefined where the option was not given. Throws `Failure` `usage-number`. */
export function wholeNumber(args: Arguments, option: string, least: number): number | undefined {
  const text = args.value(option);
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw new Failure('usage-number', { option: `--${option}`, value: text, expected: `a whole number from ${least} to 999999999` });
}

/** A number that `fits`; undefined where the option was not given. Throws `Failure` `usage-number`. */
export function numberThat(args: Arguments, option: string, fits: (value: number) => boolean, expected: string): number | undefined {
  const text = args.value(option);
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && fits(value)) return value;
  throw new Failure('usage-number', { option: `--${option}`, value: text, expected });
}

/** What `--weights` asks for. Throws `Failure` `usage-choice`. */
export function whichWeights(args: Arguments): WhichWeights {
  const value = args.value(WEIGHTS_OPTION.name) ?? 'trained';
  const which = WHICH_WEIGHTS.find((known) => known === value);
  if (!which) throw new Failure('usage-choice', { option: '--weights', value, choices: WHICH_WEIGHTS.join(', ') });
  return which;
}

/** What `--weights` and `--step` ask for. Throws `Failure` `usage-choice`, `usage-number`. */
export function whichModel(args: Arguments): { readonly weights: WhichWeights; readonly step?: number } {
  const step = wholeNumber(args, STEP_OPTION.name, 0);
  return { weights: whichWeights(args), ...(step !== undefined && { step }) };
}

/** The value of an option that a command cannot do without. Throws `Failure` `usage-missing-option`. */
export function required(args: Arguments, spec: CommandSpec, name: string): string {
  const value = args.value(name);
  if (value !== undefined) return value;
  const option = spec.options.find((known) => known.name === name);
  throw new Failure('usage-missing-option', {
    command: spec.name,
    option: `--${name}`,
    value: option?.value ?? '',
    help: option?.help ?? '',
  });
}
