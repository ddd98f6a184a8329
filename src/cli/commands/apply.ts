// `fathom apply`: other values for a run that trains, from its next step on. What was asked and what came of it
// are files of the run directory, as everywhere.

import { askForEdits } from '../../experiment/askForEdits';
import { Failure } from '../../experiment/failure';
import { liveFields } from '../../experiment/remedy';
import { isEnded } from '../../experiment/run';
import { readRunConfig } from '../../experiment/runConfig';
import { CATALOGUE } from '../../model/catalogue';
import { RunStatusReader } from '../../observe/status';
import { type Command, RUNS_OPTION } from '../command';
import { overridesOf } from '../configuration';
import { findRun, nameOf, runsOf } from '../runs';
import { writeLine } from '../terminal';

/** How long to wait for a trainer's answer; it gives one between two steps. */
const PATIENCE_MS = 15_000;
const LOOK_EVERY_MS = 100;

export const apply: Command = {
  spec: {
    name: 'apply',
    summary: 'Change fields of a run while it trains, from its next step on.',
    words: ['run'],
    options: [
      { name: 'set', value: 'PATH=VALUE', multiple: true, help: 'the new value, such as --set optimiser.learningRate=1e-4' },
      RUNS_OPTION,
    ],
    details: `A running trainer takes ${liveFields().join(', ')}. Other fields want fathom fork or a new run.`,
  },
  async run(args, { cwd, terminal }) {
    const directory = await findRun(args.words[0] ?? '', cwd, runsOf(cwd, args.value(RUNS_OPTION.name)));
    const { record, config } = await readRunConfig(directory, CATALOGUE);
    const values = Object.fromEntries(overridesOf(args).map(({ field, value }) => [field, value]));
    if (Object.keys(values).length === 0) throw new Failure('apply-nothing', {});
    const id = await askForEdits(directory, { record, config }, values, CATALOGUE);
    if (id === undefined) {
      writeLine(terminal, `${nameOf(directory, cwd)} has these values already.`);
      return 0;
    }
    const statuses = new RunStatusReader(directory);
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
      const status = await statuses.look();
      const taken = status.record?.edits?.find((edit) => edit.id === id);
      if (taken) {
        const told = taken.changes.map(({ field, from, to }) => `${field} ${JSON.stringify(from)} → ${JSON.stringify(to)}`);
        writeLine(terminal, `${nameOf(directory, cwd)} from step ${taken.step} on: ${told.join(', ')}.`);
        return 0;
      }
      if (isEnded(status.state)) throw new Failure('apply-ended', { value: record.id, state: status.state });
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    writeLine(terminal, `Asked ${nameOf(directory, cwd)}; it will after the step at work.`);
    return 0;
  },
};
