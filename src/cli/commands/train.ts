// `fathom train`: from a configuration file to a trained model, watched.

import { createRun } from '../../experiment/runDirectory';
import { type Command, DETACH_OPTION, RUNS_OPTION, SET_OPTIONS } from '../command';
import { soundConfiguration } from '../configuration';
import { launchAndWatch } from '../launching';

export const train: Command = {
  spec: {
    name: 'train',
    summary: 'Train what a configuration describes, and watch it.',
    words: ['config'],
    options: [...SET_OPTIONS, RUNS_OPTION, DETACH_OPTION],
    details:
      'The run goes on if this terminal closes. Ctrl-C stops it after the step at work, with a checkpoint;\n' +
      'fathom resume continues it. A second Ctrl-C only stops watching.',
  },
  async run(args, context) {
    const sound = await soundConfiguration(args, context);
    if (sound === undefined) return 1;
    const { config, file, runs } = sound;
    const { directory, record } = await createRun({ runs, name: config.name, config, kind: 'run', configuration: file });
    return await launchAndWatch({ directory, record, config }, context, args.has(DETACH_OPTION.name));
  },
};
