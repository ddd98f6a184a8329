#!/usr/bin/env node
// The terminal tool: `fathom <command> …`. It starts trainers and watches run directories; it never
// trains in its own process.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { version } from '../../package.json';
import { Failure } from '../experiment/failure';
import { nearest } from '../experiment/nearest';
import { commandHelp, generalHelp, parseCommand } from './arguments';
import type { Command, Context } from './command';
import { apply } from './commands/apply';
import { check } from './commands/check';
import { describe } from './commands/describe';
import { devices } from './commands/devices';
import { evaluate } from './commands/evaluate';
import { exportRun } from './commands/export';
import { fork } from './commands/fork';
import { generate } from './commands/generate';
import { importModel } from './commands/import';
import { probe } from './commands/probe';
import { runs } from './commands/runs';
import { schema } from './commands/schema';
import { pause, resume, stop } from './commands/steer';
import { study } from './commands/study';
import { train } from './commands/train';
import { Interrupts } from './interrupts';
import { processTerminal } from './terminal';

const COMMANDS: readonly Command[] = [
  train,
  probe,
  study,
  describe,
  check,
  schema,
  devices,
  runs,
  pause,
  resume,
  stop,
  apply,
  fork,
  evaluate,
  generate,
  exportRun,
  importModel,
];
const FAILED = 1;
const MISUSED = 2;

async function main(argv: readonly string[], context: Context): Promise<number> {
  const { terminal } = context;
  const specs = COMMANDS.map(({ spec }) => spec);
  const [name, ...rest] = argv;
  if (name === undefined) {
    terminal.writeError(generalHelp(specs));
    return MISUSED;
  }
  if (name === '--version') terminal.write(`${version}\n`);
  else if (['--help', '-h', 'help'].includes(name)) terminal.write(generalHelp(specs));
  else {
    const command = COMMANDS.find(({ spec }) => spec.name === name);
    if (command === undefined) throw unknownCommand(name, specs);
    const args = parseCommand(command.spec, rest);
    if (!args.help) return await command.run(args, context);
    terminal.write(commandHelp(command.spec));
  }
  return 0;
}

function unknownCommand(name: string, specs: readonly { readonly name: string }[]): Failure {
  const suggestion = nearest(
    name,
    specs.map((spec) => spec.name),
  );
  return suggestion === undefined
    ? new Failure('usage-unknown-command', { value: name })
    : new Failure('usage-unknown-command-nearest', { value: name, suggestion });
}

/** A failure has its own words; anything else is a defect of ours, and its stack is what helps to mend it. */
function tell(error: unknown): number {
  if (error instanceof Failure) {
    processTerminal.writeError(`fathom: ${error.message}\n`);
    return error.code.startsWith('usage-') ? MISUSED : FAILED;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  processTerminal.writeError(`fathom: something unforeseen went wrong; a run that was started goes on.\n${detail}\n`);
  return FAILED;
}

// A reader such as `head` may have seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});

process.exitCode = await main(process.argv.slice(2), {
  terminal: processTerminal,
  cwd: process.cwd(),
  trainer: path.join(path.dirname(fileURLToPath(import.meta.url)), 'trainer.mjs'),
  interrupts: new Interrupts(),
}).catch(tell);
