// Starts a trainer on a run directory and stays to watch, or not.

import type { ExperimentConfig } from '../experiment/config';
import { launchTrainer } from '../experiment/launch';
import type { RunRecord } from '../experiment/run';
import { describeCost } from '../model/cost';
import type { Context } from './command';
import { millions } from './display/numbers';
import { tellEnding, titleOf } from './ending';
import { eventFiles } from './follow';
import { nameOf, shortPath } from './runs';
import { writeLine } from './terminal';
import { type Watched, watchRun } from './watch';

export interface Start {
  readonly directory: string;
  /** As it lies in the directory before the trainer writes it. */
  readonly record: RunRecord;
  readonly config: ExperimentConfig;
}

/** Launches the trainer and says so, and where. */
export async function launch({ directory }: Start, { trainer, terminal, cwd }: Context): Promise<void> {
  await launchTrainer({ directory, node: process.execPath, script: trainer, detached: true });
  writeLine(terminal, { text: `run directory ${shortPath(directory, cwd)}`, style: 'dim' });
}

/** Launches, and watches to the end unless `detach`. Gives the exit code. */
export async function launchAndWatch(start: Start, context: Context, detach: boolean): Promise<number> {
  if (detach) {
    await launch(start, context);
    writeLine(context.terminal, `Training on its own. fathom stop ${nameOf(start.directory, context.cwd)} ends it.`);
    return 0;
  }
  const begun = performance.now();
  const watched = await launchWatched(start, context);
  return await tellEnding(start.directory, watched, (performance.now() - begun) / 1000, context);
}

/** Launches and watches until the run has ended or the person leaves. */
export async function launchWatched(start: Start, context: Context): Promise<Watched> {
  return await watched(start, context, await eventFiles(start.directory), () => launch(start, context));
}

/** Watches a run that somebody else started, from its beginning, until it has ended or the person leaves. */
export async function watchAlive(start: Start, context: Context): Promise<Watched> {
  return await watched(start, context, [], async () => undefined);
}

async function watched(start: Start, context: Context, skip: readonly string[], begin: () => Promise<void>): Promise<Watched> {
  const { terminal, interrupts } = context;
  const { directory, record } = start;
  // From here on Ctrl-C is for the trainer, which must not be left behind by accident.
  interrupts.listen();
  try {
    await begin();
    return await watchRun({ directory, title: titleFor(start), terminal, interrupts, skip, before: record });
  } finally {
    interrupts.close();
  }
}

function titleFor({ config, record }: Start) {
  const { model } = config;
  const { total } = describeCost(config);
  return titleOf(record.name, [`${model.layers} layers`, model.scheme, `${millions(total)} parameters`]);
}
