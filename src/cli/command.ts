// What every command is and gets.

import type { Arguments, CommandSpec, OptionSpec } from './arguments';
import type { Interrupts } from './interrupts';
import type { Terminal } from './terminal';

export interface Context {
  readonly terminal: Terminal;
  /** Folder that the command was typed in. */
  readonly cwd: string;
  /** The trainer's script. */
  readonly trainer: string;
  readonly interrupts: Interrupts;
}

export interface Command {
  readonly spec: CommandSpec;
  /** Gives the exit code; throws `Failure` for what a person can mend. */
  run(args: Arguments, context: Context): Promise<number>;
}

export const RUNS_OPTION: OptionSpec = { name: 'runs', value: 'DIR', help: 'folder of runs, instead of the nearest .fathom/runs' };
export const SET_OPTIONS: readonly OptionSpec[] = [
  { name: 'steps', value: 'N', help: 'train this many steps, whatever the configuration says' },
  { name: 'set', value: 'PATH=VALUE', multiple: true, help: 'replace a field, such as --set model.layers=24; may be given again' },
];
export const WEIGHTS_OPTION: OptionSpec = {
  name: 'weights',
  value: 'WHICH',
  help: 'trained, or averaged for the running average that training.averaging keeps; trained unless given',
};
export const STEP_OPTION: OptionSpec = { name: 'step', value: 'N', help: 'the checkpoint of this step; the newest whole one unless given' };
export const DETACH_OPTION: OptionSpec = { name: 'detach', help: 'start and return at once; the run goes on by itself' };
