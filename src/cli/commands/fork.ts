// `fathom fork`: a new run from a checkpoint of another one, with some fields changed.

import { checkForkModel, createFork, openForkPoint } from '../../experiment/fork';
import { isRecord } from '../../experiment/record';
import { CATALOGUE } from '../../model/catalogue';
import { type Command, DETACH_OPTION, RUNS_OPTION, SET_OPTIONS } from '../command';
import { editedConfiguration } from '../configuration';
import { launchAndWatch } from '../launching';
import { wholeNumber } from '../optionValues';
import { findRun, nameOf, runsOf } from '../runs';
import { writeLine } from '../terminal';

export const fork: Command = {
  spec: {
    name: 'fork',
    summary: 'Start a new run from a checkpoint of another one, with some fields changed.',
    words: ['run'],
    options: [
      { name: 'step', value: 'N', help: 'the checkpoint of this step, instead of the newest' },
      { name: 'name', value: 'NAME', help: 'name of the new run, instead of that of its parent and -fork' },
      ...SET_OPTIONS,
      RUNS_OPTION,
      DETACH_OPTION,
    ],
    details:
      'Weights, moments and place in the data are those of the checkpoint: without --set, the losses are those that the parent\n' +
      'has, or would have had. Model, tokeniser and optimiser stay; --steps counts from the first step of the parent.',
  },
  async run(args, context) {
    const { cwd, terminal } = context;
    const runs = runsOf(cwd, args.value(RUNS_OPTION.name));
    const parent = await findRun(args.words[0] ?? '', cwd, runs);
    const from = await openForkPoint(parent, wholeNumber(args, 'step', 0), CATALOGUE);
    const name = args.value('name') ?? `${from.config.name.replace(/-fork$/, '')}-fork`;
    const config = editedConfiguration({ ...from.config, name }, args, context, (edited) => {
      if (isRecord(edited) && isRecord(edited.model)) checkForkModel(from, edited.model);
    });
    if (config === undefined) return 1;
    const { configuration } = from.parent;
    const made = await createFork({ from, config, runs, ...(configuration !== undefined && { configuration }) });
    writeLine(terminal, `Forked from ${nameOf(parent, cwd)} after step ${from.checkpoint.step}.`);
    return await launchAndWatch({ ...made, config }, context, args.has(DETACH_OPTION.name));
  },
};
