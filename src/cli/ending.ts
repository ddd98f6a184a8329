// The last words about a run that was watched, and the exit code that they come with.

import { readFile } from 'node:fs/promises';
import { render } from '../experiment/messages';
import { logFile } from '../experiment/runDirectory';
import type { Context } from './command';
import { duration } from './display/durations';
import { type Line, printable } from './display/text';
import { nameOf, shortPath } from './runs';
import { summaryLines } from './summary';
import { writeLine, writeLines } from './terminal';
import type { Watched } from './watch';

const FAILED = 1;

/** @param seconds how long it was watched */
export async function tellEnding(directory: string, { progress, left }: Watched, seconds: number, context: Context): Promise<number> {
  const { terminal, cwd, interrupts } = context;
  const { status, step, steps } = progress;
  const name = nameOf(directory, cwd);
  const resume = ['resume', `fathom resume ${name}`] as const;
  const place = ['run directory', shortPath(directory, cwd)] as const;
  if (left) {
    writeLine(terminal, `Left to itself: the run ends after the step at work. See fathom runs, or ${shortPath(logFile(directory), cwd)}.`);
    return interrupts.exitCode;
  }
  switch (status.state) {
    case 'finished':
      writeLine(terminal, { text: 'Finished', style: 'green' }, ` ${steps} steps in ${duration(seconds)}.`);
      writeLines(terminal, summaryLines(progress, [place]));
      return 0;
    case 'stopped':
      writeLine(terminal, { text: 'Stopped', style: 'yellow' }, ` after step ${step} of ${steps}, with a checkpoint.`);
      writeLines(terminal, summaryLines(progress, [place, resume]));
      return interrupts.count > 0 ? interrupts.exitCode : 0;
    case 'failed':
      tellTrouble(context, status.record?.error?.message ?? render('run-failed-silently', {}), directory);
      writeLines(terminal, summaryLines(progress, [place, ...(step > 0 ? [resume] : [])]));
      return FAILED;
    case 'lost':
      tellTrouble(context, render('run-lost', { step }), directory);
      for (const line of await lastLogLines(directory)) terminal.writeError(`  ${line}\n`);
      writeLines(terminal, summaryLines(progress, [place, resume]));
      return FAILED;
    default:
      tellTrouble(context, render(status.problems[0]?.code ?? 'run-missing', status.problems[0]?.args ?? { path: directory }), directory);
      return FAILED;
  }
}

function tellTrouble({ terminal, cwd }: Context, message: string, directory: string): void {
  terminal.writeError(`fathom: ${printable(message)}\n  log: ${shortPath(logFile(directory), cwd)}\n`);
}

/** What the trainer printed last: a process that was killed could not say more. */
async function lastLogLines(directory: string): Promise<readonly string[]> {
  const text = await readFile(logFile(directory), 'utf8').catch(() => '');
  return text
    .trimEnd()
    .split('\n')
    .slice(-3)
    .filter((line) => line !== '')
    .map(printable);
}

/** Name, depth and size of what a run trains. */
export function titleOf(name: string, facts: readonly string[]): Line {
  return [
    { text: printable(name), style: 'bold' },
    { text: `  ${facts.join(' · ')}`, style: 'dim' },
  ];
}
