// `fathom pause`, `resume`, `stop`: what can be asked of a run that somebody started, here or elsewhere.
// `resume` of a run that has ended starts its trainer again from the latest checkpoint.

import { sendCommand } from '../../experiment/controlFiles';
import { Failure } from '../../experiment/failure';
import { deriveState } from '../../experiment/processes';
import { isEnded, type RunRecord, type RunState } from '../../experiment/run';
import { readRun } from '../../experiment/runDirectory';
import { RunStatusReader } from '../../observe/status';
import { type Command, type Context, DETACH_OPTION, RUNS_OPTION } from '../command';
import { launchAndWatch } from '../launching';
import { startAgain } from '../restarting';
import { findRun, nameOf, runsOf } from '../runs';
import { writeLine } from '../terminal';

/** How long to wait for a trainer to obey; it does between two steps. */
const PATIENCE_MS = 15_000;
const LOOK_EVERY_MS = 100;

export const pause: Command = {
  spec: { name: 'pause', summary: 'Pause a run after the step at work; it keeps its memory.', words: ['run'], options: [RUNS_OPTION] },
  async run(args, context) {
    const { directory, record, state } = await open(args.words[0] ?? '', args.value(RUNS_OPTION.name), context);
    if (isEnded(state)) throw new Failure('run-has-ended', { value: record.id, state, command: 'pause' });
    return await ask(directory, record, 'pause', ['paused'], context);
  },
};

export const stop: Command = {
  spec: { name: 'stop', summary: 'Stop a run after the step at work, with a checkpoint.', words: ['run'], options: [RUNS_OPTION] },
  async run(args, context) {
    const { directory, record, state } = await open(args.words[0] ?? '', args.value(RUNS_OPTION.name), context);
    if (isEnded(state)) throw new Failure('run-has-ended', { value: record.id, state, command: 'stop' });
    return await ask(directory, record, 'stop', [], context);
  },
};

export const resume: Command = {
  spec: {
    name: 'resume',
    summary: 'Go on with a paused run, or from the latest checkpoint of one that has ended.',
    words: ['run'],
    options: [RUNS_OPTION, DETACH_OPTION],
  },
  async run(args, context) {
    const { directory, record, state } = await open(args.words[0] ?? '', args.value(RUNS_OPTION.name), context);
    if (isEnded(state)) return await restart(directory, record, context, args.has(DETACH_OPTION.name));
    return await ask(directory, record, 'resume', ['running'], context);
  },
};

async function open(word: string, runs: string | undefined, { cwd }: Context) {
  const directory = await findRun(word, cwd, runsOf(cwd, runs));
  const record = await readRun(directory);
  return { directory, record, state: deriveState(record) };
}

/** Drops a command and waits a while for the state it leads to; a run that ends has obeyed or outrun every command. */
async function ask(
  directory: string,
  record: RunRecord,
  command: 'pause' | 'resume' | 'stop',
  wanted: readonly RunState[],
  context: Context,
) {
  const { terminal, cwd } = context;
  if (record.process === undefined) throw new Failure('run-not-up', { value: record.id });
  await sendCommand(directory, { command }, record.process);
  const statuses = new RunStatusReader(directory);
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
    const { state, record: now } = await statuses.look();
    if (isEnded(state) || (wanted as readonly string[]).includes(state)) {
      writeLine(terminal, `${nameOf(directory, cwd)} is ${state} at step ${now?.step ?? record.step}.`);
      return 0;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  writeLine(terminal, `Asked ${nameOf(directory, cwd)} to ${command}; it will after the step at work.`);
  return 0;
}

async function restart(directory: string, record: RunRecord, context: Context, detach: boolean): Promise<number> {
  return await launchAndWatch(await startAgain(directory, record, context), context, detach);
}
